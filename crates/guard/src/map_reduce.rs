//! Many calls at once, the first failure ending all.
//!
//! What go-zero's `core/mr` does, for futures. Calls are made side by side on the caller's
//! task: nothing is spawned, so nothing runs on when the caller goes away, and the first
//! failure ends all others by dropping them. Calls that compute rather than wait belong on
//! threads of their own; let the mapper spawn and await them.
//!
//! | go-zero | here |
//! |---|---|
//! | `Finish` | [`finish`]; [`finish_all`] for every error |
//! | `FinishVoid` | [`for_each`] over futures |
//! | `ForEach` | [`for_each`] |
//! | `MapReduce`, `MapReduceVoid` | [`map_reduce`]; [`map`] for all results in order |
//! | `MapReduceChan` | [`map_reduce_stream`] |
//! | `WithWorkers`, 16 by default | the argument `at_once`, [`AT_ONCE`] |
//! | `WithContext` | drop the future |

use std::num::NonZeroUsize;

use futures::{
    Stream, StreamExt as _, TryStreamExt as _,
    future::join_all,
    stream::{self, FuturesUnordered},
};

/// How many calls are made at once where nothing else is known.
pub const AT_ONCE: NonZeroUsize = NonZeroUsize::new(16).unwrap();

/// Maps every item, `at_once` at a time, and folds the results as they come.
///
/// ```
/// use seawall_guard::map_reduce::{AT_ONCE, map_reduce};
/// # futures::executor::block_on(async {
/// let square = |number: u64| async move { Ok::<_, String>(number * number) };
/// let add = |sum, square| Ok(sum + square);
/// assert_eq!(map_reduce(1..=4, AT_ONCE, square, 0, add).await, Ok(30));
/// # });
/// ```
///
/// # Errors
/// The first of a mapper or of the reducer; the other calls are dropped then.
pub async fn map_reduce<I, M, Fut, U, V, E, R>(
    items: I,
    at_once: NonZeroUsize,
    mapper: M,
    first: V,
    reducer: R,
) -> Result<V, E>
where
    I: IntoIterator,
    M: FnMut(I::Item) -> Fut,
    Fut: Future<Output = Result<U, E>>,
    R: FnMut(V, U) -> Result<V, E>,
{
    map_reduce_stream(stream::iter(items), at_once, mapper, first, reducer).await
}

/// As [`map_reduce`], of items that come one by one. No more are taken out of the stream than
/// there are calls being made.
///
/// # Errors
/// As [`map_reduce`].
pub async fn map_reduce_stream<S, M, Fut, U, V, E, R>(
    items: S,
    at_once: NonZeroUsize,
    mapper: M,
    first: V,
    mut reducer: R,
) -> Result<V, E>
where
    S: Stream,
    M: FnMut(S::Item) -> Fut,
    Fut: Future<Output = Result<U, E>>,
    R: FnMut(V, U) -> Result<V, E>,
{
    let results = items.map(mapper).buffer_unordered(at_once.get());
    results.try_fold(first, |value, result| std::future::ready(reducer(value, result))).await
}

/// Maps every item, `at_once` at a time; the results are in the order of the items.
///
/// # Errors
/// The first to come; the other calls are dropped then.
pub async fn map<I, M, Fut, U, E>(
    items: I,
    at_once: NonZeroUsize,
    mut mapper: M,
) -> Result<Vec<U>, E>
where
    I: IntoIterator,
    M: FnMut(I::Item) -> Fut,
    Fut: Future<Output = Result<U, E>>,
{
    let numbered = |(number, item)| {
        let call = mapper(item);
        async move { Ok((number, call.await?)) }
    };
    let push = |mut results: Vec<(usize, U)>, result| {
        results.push(result);
        Ok(results)
    };
    let items = items.into_iter().enumerate();
    let mut results = map_reduce(items, at_once, numbered, Vec::new(), push).await?;
    results.sort_unstable_by_key(|(number, _)| *number);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// Calls `each` with every item, `at_once` at a time.
pub async fn for_each<I, M, Fut>(items: I, at_once: NonZeroUsize, each: M)
where
    I: IntoIterator,
    M: FnMut(I::Item) -> Fut,
    Fut: Future<Output = ()>,
{
    stream::iter(items).for_each_concurrent(at_once.get(), each).await;
}

/// Waits for all of some calls, made at once.
///
/// # Errors
/// The first to come; the other calls are dropped then.
pub async fn finish<I, E>(calls: I) -> Result<(), E>
where
    I: IntoIterator<Item: Future<Output = Result<(), E>>>,
{
    let calls: FuturesUnordered<_> = calls.into_iter().collect();
    calls.try_collect().await
}

/// Waits for all of some calls, made at once, whether or not others fail.
///
/// # Errors
/// All that came, in the order of the calls.
pub async fn finish_all<I, E>(calls: I) -> Result<(), Vec<E>>
where
    I: IntoIterator<Item: Future<Output = Result<(), E>>>,
{
    let errors: Vec<E> = join_all(calls).await.into_iter().filter_map(Result::err).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::{Cell, RefCell},
        rc::Rc,
    };

    use futures::{
        FutureExt as _,
        channel::oneshot::{self, Receiver, Sender},
        executor::block_on,
        future::BoxFuture,
    };

    use super::*;

    type Answer = Result<u32, &'static str>;

    /// Calls that end when they are told to, and count themselves.
    #[derive(Default)]
    struct Calls {
        open: RefCell<Vec<(u32, Sender<Answer>)>>,
        begun: Cell<u32>,
        ended: Cell<u32>,
    }

    struct Ends(Rc<Calls>);

    impl Drop for Ends {
        fn drop(&mut self) {
            self.0.ended.set(self.0.ended.get() + 1);
        }
    }

    fn call(calls: &Rc<Calls>, number: u32) -> impl Future<Output = Answer> {
        let (send, receive): (_, Receiver<Answer>) = oneshot::channel();
        calls.open.borrow_mut().push((number, send));
        calls.begun.set(calls.begun.get() + 1);
        let ends = Ends(Rc::clone(calls));
        async move {
            let _ends = ends;
            receive.await.unwrap_or(Err("nobody answers"))
        }
    }

    fn answer(calls: &Calls, answer: Answer) {
        let (_, send) = calls.open.borrow_mut().remove(0);
        send.send(answer).unwrap();
    }

    #[test]
    fn so_many_calls_are_made_at_once_and_no_more() {
        let calls = Rc::new(Calls::default());
        let four = NonZeroUsize::new(4).unwrap();
        let sum = |sum, result| Ok(sum + result);
        let mut all = Box::pin(map_reduce(0..100, four, |number| call(&calls, number), 0, sum));
        for done in 0..100 {
            assert!((&mut all).now_or_never().is_none());
            assert_eq!(calls.begun.get(), (done + 4).min(100));
            answer(&calls, Ok(done));
        }
        assert_eq!(all.now_or_never(), Some(Ok(4_950)));
        assert_eq!(AT_ONCE.get(), 16);
    }

    #[test]
    fn the_first_failure_ends_all_others_and_begins_none() {
        let calls = Rc::new(Calls::default());
        let mut all = Box::pin(map(0..100, AT_ONCE, |number| call(&calls, number)));
        assert!((&mut all).now_or_never().is_none());
        answer(&calls, Err("broken"));
        assert_eq!(all.now_or_never(), Some(Err("broken")));
        assert_eq!((calls.begun.get(), calls.ended.get()), (16, 16));
    }

    #[test]
    fn dropped_all_calls_end() {
        let calls = Rc::new(Calls::default());
        let mut all =
            Box::pin(finish((0..9).map(|number| call(&calls, number).map(|_| Ok::<_, ()>(())))));
        assert!((&mut all).now_or_never().is_none());
        drop(all);
        assert_eq!((calls.begun.get(), calls.ended.get()), (9, 9));
    }

    #[test]
    fn results_are_in_the_order_of_the_items_however_they_come() {
        let calls = Rc::new(Calls::default());
        let mut all = Box::pin(map(0..3, AT_ONCE, |number| call(&calls, number)));
        assert!((&mut all).now_or_never().is_none());
        let mut results = None;
        for (number, send) in calls.open.take().into_iter().rev() {
            assert_eq!(results, None);
            send.send(Ok(number * 10)).unwrap();
            results = (&mut all).now_or_never();
        }
        assert_eq!(results, Some(Ok(vec![0, 10, 20])));
    }

    #[test]
    fn a_reducer_that_fails_ends_all() {
        let calls = Rc::new(Calls::default());
        let refuse = |_: u32, result| if result == 1 { Err("enough") } else { Ok(result) };
        let mut all = Box::pin(map_reduce(0..9, AT_ONCE, |number| call(&calls, number), 0, refuse));
        assert!((&mut all).now_or_never().is_none());
        answer(&calls, Ok(1));
        assert_eq!(all.now_or_never(), Some(Err("enough")));
        assert_eq!(calls.ended.get(), 9);
    }

    #[test]
    fn a_stream_is_read_as_far_as_calls_are_made() {
        let read = Cell::new(0);
        let numbers = stream::iter(0..1_000).inspect(|_| read.set(read.get() + 1));
        let pending = |_: u32| std::future::pending::<Result<u32, ()>>();
        let all = map_reduce_stream(numbers, AT_ONCE, pending, 0, |sum, it| Ok(sum + it));
        assert!(all.now_or_never().is_none());
        assert_eq!(read.get(), 16);
    }

    #[test]
    fn finish_gives_the_first_error_and_finish_all_every_one() {
        type Call = BoxFuture<'static, Result<(), u32>>;
        let calls = || -> [Call; 4] {
            [
                async { Ok(()) }.boxed(),
                async { Err(1) }.boxed(),
                async { Ok(()) }.boxed(),
                async { Err(3) }.boxed(),
            ]
        };
        assert!(block_on(finish(calls())).is_err());
        assert_eq!(block_on(finish_all(calls())), Err(vec![1, 3]));
        let none: [Call; 0] = [];
        assert_eq!(block_on(finish(none)), Ok(()));
        let seen = RefCell::new(Vec::new());
        block_on(for_each(0..5, AT_ONCE, |number| {
            seen.borrow_mut().push(number);
            std::future::ready(())
        }));
        assert_eq!(seen.into_inner(), [0, 1, 2, 3, 4]);
    }
}
