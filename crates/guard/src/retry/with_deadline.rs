//! Work that ends when nobody waits for it any more.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use crate::time::{Instant, Timer};

/// The time of a request or an attempt ran out first. Whether the other side acted on it
/// is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("no answer within the deadline")]
pub struct Elapsed;

/// Runs `future` until `deadline` and drops it then, wherever it is, so that nothing goes
/// on for a caller who has stopped waiting. A future whose deadline has already come is
/// dropped without being polled. Dropping what this returns drops `future` as well.
///
/// # Errors
///
/// [`Elapsed`] when the deadline comes first. A future that is ready by the time somebody
/// notices counts as in time.
pub async fn with_deadline<T: Timer, F: Future>(
    timer: &T,
    deadline: Instant,
    future: F,
) -> Result<F::Output, Elapsed> {
    if timer.now() >= deadline {
        return Err(Elapsed);
    }
    let mut future = pin!(future);
    let mut sleep = pin!(timer.sleep_until(deadline));
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Ok(output));
        }
        sleep.as_mut().poll(context).map(|()| Err(Elapsed))
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, time::Duration};

    use super::*;
    use crate::time::{Clock as _, ManualTimer};

    /// Counts up when it is dropped.
    struct Dropped<'a>(&'a Cell<u32>);

    impl Drop for Dropped<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    /// A handler of go-zero or of Go's `http.TimeoutHandler` runs on after its timeout
    /// unless it looks at its context, and `fx.DoWithRetry` leaves its goroutine behind.
    #[test]
    fn go_handlers_run_on_after_a_timeout_and_these_do_not() {
        let timer = ManualTimer::default();
        let (steps, dropped) = (Cell::new(0), Cell::new(0));
        let handler = async {
            let _held = Dropped(&dropped);
            for step in 1..=100 {
                timer.sleep_until(at(step * 10)).await;
                steps.set(step);
            }
        };
        let ended = timer.run(with_deadline(&timer, at(35), handler));
        assert_eq!(ended, Some(Err(Elapsed)));
        assert_eq!((timer.now(), steps.get(), dropped.get()), (at(35), 3, 1));
        timer.advance(Duration::from_secs(10));
        assert_eq!(steps.get(), 3, "nothing of it is left to run");
        assert_eq!(timer.next_wake(), None, "not even its timer");
    }

    #[test]
    fn an_answer_in_time_is_the_answer() {
        let timer = ManualTimer::default();
        let work = async {
            timer.sleep_until(at(34)).await;
            7
        };
        assert_eq!(timer.run(with_deadline(&timer, at(35), work)), Some(Ok(7)));
        assert_eq!(timer.next_wake(), None);
    }

    #[test]
    fn what_is_expired_is_not_begun() {
        let timer = ManualTimer::default();
        let begun = Cell::new(false);
        let work = async { begun.set(true) };
        let ended = timer.run(with_deadline(&timer, Instant::START, work));
        assert_eq!((ended, begun.get()), (Some(Err(Elapsed)), false));
    }

    #[test]
    fn dropping_it_drops_the_work() {
        let timer = ManualTimer::default();
        let dropped = Cell::new(0);
        let work = async {
            let _held = Dropped(&dropped);
            std::future::pending::<()>().await;
        };
        // The outer one ends first and takes the inner one with it.
        let inner = with_deadline(&timer, at(500), work);
        assert_eq!(timer.run(with_deadline(&timer, at(1), inner)), Some(Err(Elapsed)));
        assert_eq!((dropped.get(), timer.next_wake()), (1, None));
    }
}
