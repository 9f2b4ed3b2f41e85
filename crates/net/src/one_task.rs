//! A connection and all its requests in one task.
//!
//! hyper starts a task for each HTTP/2 request. On a runtime with several workers that
//! wakes another thread for most of them, and an answer's head, message and trailers
//! leave in up to three writes, because the task that writes is woken by the first.
//! Here the task that reads requests also answers them and then writes once.
//!
//! Requests of one connection therefore share a core. They wait for nothing but each
//! other's computing: whatever takes long (a password, a disk) is done elsewhere and
//! awaited.

use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures::{
    stream::{FuturesUnordered, StreamExt as _},
    task::AtomicWaker,
};
use hyper::rt::Executor;
use parking_lot::Mutex;

/// How often one turn of the task goes round before others get theirs.
const ROUNDS_MAX: u32 = 8;

type Request = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Takes in the requests that hyper would start tasks for. Their number is bounded by
/// the connection's `concurrent_streams_max`.
#[derive(Clone, Default)]
pub(crate) struct Requests(Arc<Mutex<Vec<Request>>>);

impl<F> Executor<F> for Requests
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, request: F) {
        self.0.lock().push(Box::pin(request));
    }
}

/// A connection that can be asked to end when its open requests are answered.
pub(crate) trait Connection: Future {
    /// Takes no more requests, finishes those that are open, then ends.
    fn finish(self: Pin<&mut Self>);
}

/// Drives `connection` and the requests it hands to `requests`, and after each turn lets
/// `send` write out what the turn gathered. Asks it to finish when `drain` is ready; gives `None` when
/// `cut` is ready before it has ended, or when nothing can be sent any more.
pub(crate) async fn drive<C: Connection>(
    mut connection: Pin<&mut C>,
    requests: &Requests,
    mut send: impl FnMut(&mut Context<'_>) -> Poll<io::Result<()>>,
    drain: impl Future<Output = ()>,
    cut: impl Future<Output = ()>,
) -> Option<C::Output> {
    let (mut drain, mut cut) = (pin!(drain), pin!(cut));
    let mut drained = false;
    let mut open = FuturesUnordered::new();
    let parts = Arc::new(Parts::default());
    let wakers = [Part::SIGNALS, Part::CONNECTION, Part::REQUESTS].map(|part| parts.waker(part));
    let [on_signal, on_connection, on_request] = &wakers;
    poll_fn(|cx| {
        let turned = parts.turn(cx, |woken| {
            if woken.has(Part::SIGNALS) {
                let cx = &mut Context::from_waker(on_signal);
                if cut.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(None);
                }
                if !drained && drain.as_mut().poll(cx).is_ready() {
                    drained = true;
                    connection.as_mut().finish();
                    on_connection.wake_by_ref();
                }
            }
            if woken.has(Part::CONNECTION) {
                let cx = &mut Context::from_waker(on_connection);
                if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                    return Poll::Ready(Some(ended));
                }
            }
            let known = open.len();
            open.extend(requests.0.lock().drain(..));
            if open.len() > known || woken.has(Part::REQUESTS) {
                let cx = &mut Context::from_waker(on_request);
                while let Poll::Ready(Some(())) = open.poll_next_unpin(cx) {}
            }
            Poll::Pending
        });
        match send(&mut Context::from_waker(on_connection)) {
            Poll::Ready(Err(_)) if turned.is_pending() => Poll::Ready(None),
            _ => turned,
        }
    })
    .await
}

/// What of the whole was woken: a set of bits.
#[derive(Debug, Clone, Copy)]
struct Part(u8);

impl Part {
    const SIGNALS: Self = Self(1);
    const CONNECTION: Self = Self(1 << 1);
    const REQUESTS: Self = Self(1 << 2);
    const ALL: Self = Self(0b111);
    /// Set while the task polls: then it looks itself, and need not be woken.
    const POLLED: Self = Self(1 << 7);

    const fn has(self, part: Self) -> bool {
        self.0 & part.0 != 0
    }
}

/// Remembers which parts were woken, and wakes the task only from outside its turn.
#[derive(Debug)]
struct Parts {
    woken: AtomicU8,
    task: AtomicWaker,
}

impl Default for Parts {
    /// With every part to be polled.
    fn default() -> Self {
        Self { woken: AtomicU8::new(Part::ALL.0), task: AtomicWaker::new() }
    }
}

impl Parts {
    fn waker(self: &Arc<Self>, part: Part) -> Waker {
        Arc::new(PartWaker { part, parts: self.clone() }).into()
    }

    /// One turn of the task: goes round until no part was woken meanwhile.
    fn turn<T>(&self, cx: &Context<'_>, mut round: impl FnMut(Part) -> Poll<T>) -> Poll<T> {
        self.task.register(cx.waker());
        for _ in 0..ROUNDS_MAX {
            let woken = Part(self.woken.swap(Part::POLLED.0, Ordering::AcqRel));
            if let Poll::Ready(done) = round(woken) {
                return Poll::Ready(done);
            }
            let asleep =
                self.woken.compare_exchange(Part::POLLED.0, 0, Ordering::AcqRel, Ordering::Acquire);
            if asleep.is_ok() {
                return Poll::Pending;
            }
        }
        self.woken.fetch_and(!Part::POLLED.0, Ordering::AcqRel);
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

struct PartWaker {
    part: Part,
    parts: Arc<Parts>,
}

impl Wake for PartWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.parts.woken.fetch_or(self.part.0, Ordering::AcqRel) == 0 {
            self.parts.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::AtomicUsize,
        task::{Context, Poll},
    };

    use tokio::sync::oneshot;

    use super::*;

    /// A connection that opens its requests at its first poll and ends when told to
    /// finish and all are answered.
    struct Scripted {
        to_open: Vec<Request>,
        requests: Requests,
        finishing: bool,
        answered: Arc<AtomicUsize>,
        expected: usize,
    }

    impl Future for Scripted {
        type Output = &'static str;

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
            let opened: Vec<Request> = self.to_open.drain(..).collect();
            for request in opened {
                let waker = cx.waker().clone();
                // As h2 does: an answer wakes the connection, which then writes it.
                self.requests.execute(async move {
                    request.await;
                    waker.wake();
                });
            }
            let all = self.answered.load(Ordering::SeqCst) == self.expected;
            if self.finishing && all { Poll::Ready("ended") } else { Poll::Pending }
        }
    }

    impl Connection for Scripted {
        fn finish(mut self: Pin<&mut Self>) {
            self.finishing = true;
        }
    }

    fn scripted(
        requests: &Requests,
        to_open: Vec<Request>,
        answered: &Arc<AtomicUsize>,
    ) -> Scripted {
        Scripted {
            expected: to_open.len(),
            to_open,
            requests: requests.clone(),
            finishing: false,
            answered: answered.clone(),
        }
    }

    /// There is nothing to send.
    fn sent(_: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn answering(answered: &Arc<AtomicUsize>, when: oneshot::Receiver<()>) -> Request {
        let answered = answered.clone();
        Box::pin(async move {
            let _ = when.await;
            answered.fetch_add(1, Ordering::SeqCst);
        })
    }

    #[tokio::test]
    async fn requests_are_answered_in_any_order_and_a_drain_waits_for_them() {
        let (requests, answered) = (Requests::default(), Arc::default());
        let (asks, whens): (Vec<_>, Vec<_>) = (0..3).map(|_| oneshot::channel()).unzip();
        let to_open = whens.into_iter().map(|when| answering(&answered, when)).collect();
        let mut connection = pin!(scripted(&requests, to_open, &answered));
        let (begin, begun) = oneshot::channel::<()>();
        let begun = async { begun.await.unwrap_or_default() };
        let driven = drive(connection.as_mut(), &requests, sent, begun, std::future::pending());
        let answer_all = async {
            begin.send(()).unwrap();
            for ask in asks.into_iter().rev() {
                tokio::task::yield_now().await;
                ask.send(()).unwrap();
            }
        };
        let (ended, ()) = tokio::join!(driven, answer_all);
        assert_eq!(ended, Some("ended"));
        assert_eq!(answered.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_cut_ends_everything_at_once_and_drops_what_is_open() {
        let (requests, answered) = (Requests::default(), Arc::default());
        let (mut ask, when) = oneshot::channel();
        let to_open = vec![answering(&answered, when)];
        let mut connection = pin!(scripted(&requests, to_open, &answered));
        let (cut, is_cut) = oneshot::channel::<()>();
        let is_cut = async { is_cut.await.unwrap_or_default() };
        let driven = drive(connection.as_mut(), &requests, sent, std::future::pending(), is_cut);
        let cutting = async {
            tokio::task::yield_now().await;
            cut.send(()).unwrap();
        };
        let (ended, ()) = tokio::join!(driven, cutting);
        assert_eq!(ended, None);
        ask.closed().await;
    }

    #[tokio::test]
    async fn a_connection_that_cannot_send_is_over() {
        let (requests, answered) = (Requests::default(), Arc::default());
        let mut connection = pin!(scripted(&requests, Vec::new(), &answered));
        let broken = |_: &mut Context<'_>| Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        let (never, uncut) = (std::future::pending(), std::future::pending());
        assert_eq!(drive(connection.as_mut(), &requests, broken, never, uncut).await, None);
    }

    #[tokio::test]
    async fn a_request_that_always_has_more_to_do_leaves_others_their_turn() {
        let (requests, answered) = (Requests::default(), Arc::default());
        let busy: Request = Box::pin(poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::Pending
        }));
        let mut connection = pin!(scripted(&requests, vec![busy], &answered));
        let (cut, is_cut) = oneshot::channel::<()>();
        let is_cut = async { is_cut.await.unwrap_or_default() };
        let driven = drive(connection.as_mut(), &requests, sent, std::future::pending(), is_cut);
        let other = async {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            cut.send(()).unwrap();
        };
        assert_eq!(tokio::join!(driven, other).0, None);
    }

    #[tokio::test]
    async fn wakes_from_other_threads_are_never_lost() {
        let (requests, answered) = (Requests::default(), Arc::default());
        let (asks, whens): (Vec<_>, Vec<_>) = (0..1_000).map(|_| oneshot::channel()).unzip();
        let to_open = whens.into_iter().map(|when| answering(&answered, when)).collect();
        let mut connection = pin!(scripted(&requests, to_open, &answered));
        let drain = std::future::ready(());
        let asking = std::thread::spawn(move || {
            for ask in asks {
                ask.send(()).unwrap();
            }
        });
        let driven = drive(connection.as_mut(), &requests, sent, drain, std::future::pending());
        let ended = tokio::time::timeout(std::time::Duration::from_secs(20), driven).await;
        assert_eq!(ended.unwrap(), Some("ended"));
        asking.join().unwrap();
    }
}
