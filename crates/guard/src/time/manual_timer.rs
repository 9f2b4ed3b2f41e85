//! Sleep that takes no time.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use parking_lot::Mutex;

use super::{Clock, Instant, ManualClock, Timer};

/// A timer whose time stands still until it is told to move: for tests and simulations.
/// Clones share one time.
///
/// ```
/// use std::time::Duration;
/// use seawall_guard::{Clock as _, Instant, ManualTimer, Timer as _};
///
/// let timer = ManualTimer::default();
/// let an_hour = Duration::from_secs(3_600);
/// let woken = timer.run(async {
///     timer.sleep_until(Instant::START + an_hour).await;
///     timer.now()
/// });
/// assert_eq!(woken, Some(Instant::START + an_hour));
/// ```
#[derive(Debug, Clone, Default)]
pub struct ManualTimer {
    clock: ManualClock,
    sleepers: Arc<Mutex<Sleepers>>,
}

/// Who is woken when; those of one moment in the order in which they fell asleep.
#[derive(Debug, Default)]
struct Sleepers {
    by_time: BTreeMap<(Instant, u64), Waker>,
    numbers: u64,
}

impl ManualTimer {
    /// Moves the time forward and wakes everybody whose moment has come.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
        let now = self.now();
        // Woken outside of the lock: a waker may run whom it wakes.
        while let Some(waker) = self.take_due(now) {
            waker.wake();
        }
    }

    /// The first moment at which somebody wants to be woken.
    pub fn next_wake(&self) -> Option<Instant> {
        self.sleepers.lock().by_time.first_key_value().map(|((at, _), _)| *at)
    }

    /// Runs a future, moving the time to the next sleeper's moment whenever it waits.
    /// `None` if it waits and nobody sleeps, so that it would wait forever.
    pub fn run<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return Some(output);
            }
            let next = self.next_wake()?;
            self.advance(next - self.now());
        }
    }

    fn take_due(&self, now: Instant) -> Option<Waker> {
        let mut sleepers = self.sleepers.lock();
        let first = sleepers.by_time.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}

impl Clock for ManualTimer {
    fn now(&self) -> Instant {
        self.clock.now()
    }
}

impl Timer for ManualTimer {
    type Sleep = ManualSleep;

    fn sleep_until(&self, at: Instant) -> ManualSleep {
        ManualSleep { timer: self.clone(), at, number: None }
    }
}

/// See [`ManualTimer`].
#[derive(Debug)]
pub struct ManualSleep {
    timer: ManualTimer,
    at: Instant,
    number: Option<u64>,
}

impl Future for ManualSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.at <= self.timer.now() {
            return Poll::Ready(());
        }
        let mut sleepers = self.timer.sleepers.lock();
        let number = self.number.unwrap_or_else(|| {
            sleepers.numbers += 1;
            sleepers.numbers
        });
        sleepers.by_time.insert((self.at, number), context.waker().clone());
        drop(sleepers);
        self.number = Some(number);
        Poll::Pending
    }
}

impl Drop for ManualSleep {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.timer.sleepers.lock().by_time.remove(&(self.at, number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleepers_are_woken_in_order_and_forgotten_when_dropped() {
        let timer = ManualTimer::default();
        let at = |millis| Instant::START + Duration::from_millis(millis);
        let woken = timer.run(async {
            timer.sleep_until(at(0)).await;
            let mut unused = Box::pin(timer.sleep_until(at(1)));
            assert!(futures_poll(unused.as_mut()).is_pending());
            assert_eq!(timer.next_wake(), Some(at(1)));
            drop(unused);
            timer.sleep_until(at(5)).await;
            let first = timer.now();
            timer.sleep_until(at(9)).await;
            (first, timer.now())
        });
        assert_eq!(woken, Some((at(5), at(9))));
        assert_eq!(timer.next_wake(), None);
    }

    #[test]
    fn what_waits_for_nobody_does_not_run_forever() {
        let timer = ManualTimer::default();
        assert_eq!(timer.run(std::future::pending::<()>()), None);
    }

    fn futures_poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }
}
