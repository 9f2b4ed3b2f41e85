//! Who does the work that is due now and then.

use std::time::Duration;

use crate::{
    sync::{AtomicU64, Ordering},
    time::{Instant, instant::nanos_of},
};

/// Makes one of many callers do what is due once in a period. Asking costs one load.
#[derive(Debug)]
pub struct Tick {
    period_nanos: AtomicU64,
    next: AtomicU64,
}

impl Tick {
    /// Due once in `period`, first one period after `now`. A period of zero is one
    /// nanosecond.
    pub fn new(period: Duration, now: Instant) -> Self {
        let period_nanos = nanos_of(period).max(1);
        let next = now.as_nanos().saturating_add(period_nanos);
        Self { period_nanos: AtomicU64::new(period_nanos), next: AtomicU64::new(next) }
    }

    /// Changes the period from the next one on.
    pub fn set_period(&self, period: Duration) {
        self.period_nanos.store(nanos_of(period).max(1), Ordering::Relaxed);
    }

    /// Counts in another period from `now` on, whenever the current one would have ended.
    pub fn restart(&self, period: Duration, now: Instant) {
        self.set_period(period);
        self.next.store((now + period).as_nanos(), Ordering::Relaxed);
    }

    /// How many periods have gone by since somebody was last told, 0 for all but one
    /// caller a period. More than 1 says that nobody asked in between.
    pub fn due(&self, now: Instant) -> u64 {
        let next = self.next.load(Ordering::Relaxed);
        if now.as_nanos() < next {
            return 0;
        }
        self.claim(now, next)
    }

    /// When the next period ends.
    pub fn next(&self) -> Instant {
        Instant::from_nanos(self.next.load(Ordering::Relaxed))
    }

    #[cold]
    fn claim(&self, now: Instant, next: u64) -> u64 {
        let period = self.period_nanos.load(Ordering::Relaxed);
        let periods = (now.as_nanos() - next) / period + 1;
        let following = next.saturating_add(periods.saturating_mul(period));
        let swap =
            self.next.compare_exchange(next, following, Ordering::Relaxed, Ordering::Relaxed);
        if swap.is_ok() { periods } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn one_caller_a_period_is_told_and_learns_how_many_were_missed() {
        let tick = Tick::new(SECOND, Instant::START);
        let at = |millis| Instant::START + Duration::from_millis(millis);
        assert_eq!(tick.due(at(999)), 0);
        assert_eq!(tick.due(at(1_000)), 1);
        assert_eq!(tick.due(at(1_001)), 0);
        assert_eq!(tick.due(at(4_500)), 3);
        assert_eq!(tick.next(), at(5_000));
        assert_eq!(tick.due(at(2_000)), 0, "a caller with an older time is not told");
    }

    #[test]
    fn a_changed_period_counts_from_the_next_one_on() {
        let tick = Tick::new(SECOND, Instant::START);
        let at = |millis| Instant::START + Duration::from_millis(millis);
        tick.set_period(Duration::from_millis(100));
        assert_eq!((tick.due(at(999)), tick.due(at(1_000))), (0, 1));
        assert_eq!((tick.due(at(1_099)), tick.due(at(1_100))), (0, 1));
    }

    #[test]
    fn a_restart_does_not_wait_for_the_period_to_end() {
        let tick = Tick::new(SECOND * 60, Instant::START);
        let at = |millis| Instant::START + Duration::from_millis(millis);
        tick.restart(SECOND / 10, at(500));
        assert_eq!((tick.due(at(599)), tick.due(at(810))), (0, 3));
    }

    #[test]
    fn of_many_threads_one_is_told() {
        let tick = Tick::new(SECOND, Instant::START);
        let told: u64 = std::thread::scope(|scope| {
            let ask = || (1..=1_000).map(|period| tick.due(Instant::START + SECOND * period)).sum();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or(0_u64)).sum()
        });
        assert_eq!(told, 1_000);
    }
}
