//! Where those who run for themselves read the time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{Instant, instant::nanos_of};

/// A monotonic clock.
pub trait Clock: Send + Sync + 'static {
    /// The time now: never earlier than an answer given before.
    fn now(&self) -> Instant;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Instant {
        (**self).now()
    }
}

/// The machine's monotonic clock, read from the processor's own counter where that is
/// steady and from the system elsewhere (the `quanta` crate). Clones share one start.
#[derive(Debug, Clone)]
pub struct MonotonicClock {
    clock: quanta::Clock,
    start: quanta::Instant,
}

impl MonotonicClock {
    /// A clock that starts now.
    pub fn new() -> Self {
        let clock = quanta::Clock::new();
        let start = clock.now();
        Self { clock, start }
    }
}

impl Default for MonotonicClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for MonotonicClock {
    fn now(&self) -> Instant {
        Instant::START + self.clock.now().duration_since(self.start)
    }
}

/// A clock that stands still until it is told to move: for tests and simulations.
/// Clones share one time.
#[derive(Debug, Clone, Default)]
pub struct ManualClock {
    nanos: Arc<AtomicU64>,
}

impl ManualClock {
    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.nanos.fetch_add(nanos_of(by), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        Instant::from_nanos(self.nanos.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_when_it_is_told_and_its_clones_with_it() {
        let clock = ManualClock::default();
        let clone = clock.clone();
        clock.advance(Duration::from_millis(3));
        assert_eq!(clone.now(), Instant::from_nanos(3_000_000));
    }

    #[test]
    fn the_monotonic_clock_never_goes_back() {
        let clock = MonotonicClock::new();
        let mut last = clock.now();
        for _ in 0..10_000 {
            let now = clock.now();
            assert!(now >= last);
            last = now;
        }
    }
}
