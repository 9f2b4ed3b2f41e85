//! Counters of the kernel, and how fast they grow.

use std::time::Duration;

use crate::time::Instant;

/// A counter that only grows, as long as nobody resets it. What it grew by is told a
/// second; a first reading, one that goes back, and one whose predecessor is too old to
/// say anything of now tell nothing.
#[derive(Debug, Clone)]
pub(super) struct Counter {
    last: Option<(Instant, u64)>,
    age_max: Duration,
}

impl Counter {
    pub(super) const fn new(age_max: Duration) -> Self {
        Self { last: None, age_max }
    }

    /// Growth a second since the last reading.
    pub(super) fn rate(&mut self, now: Instant, value: u64) -> Option<f64> {
        let (at, last) = self.last.replace((now, value))?;
        let elapsed = now - at;
        if elapsed.is_zero() || elapsed > self.age_max {
            return None;
        }
        Some(value.checked_sub(last)? as f64 / elapsed.as_secs_f64())
    }

    /// Growth a second since the counter last moved. While it stands still this says
    /// nothing rather than zero: whoever reads a counter of its own CPU time moves it, so
    /// one that never moves counts nothing (gVisor answers a constant 0, for one).
    pub(super) fn rate_when_moved(&mut self, now: Instant, value: u64) -> Option<f64> {
        if self.last.is_some_and(|(_, last)| last == value) { None } else { self.rate(now, value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    #[test]
    fn growth_is_told_a_second_and_not_at_first_nor_backwards_nor_after_a_gap() {
        let mut counter = Counter::new(Duration::from_secs(1));
        assert_eq!(counter.rate(at(0), 100), None);
        assert_eq!(counter.rate(at(0), 100), None, "no time has passed");
        assert_eq!(counter.rate(at(500), 150), Some(100.0));
        assert_eq!(counter.rate(at(600), 150), Some(0.0));
        assert_eq!(counter.rate(at(700), 3), None, "it went back");
        assert_eq!(counter.rate(at(800), 13), Some(100.0), "and counts from there");
        assert_eq!(counter.rate(at(1_900), 1_013), None, "what it did long ago is not now");
    }

    #[test]
    fn a_counter_that_stands_still_says_nothing_and_then_counts_the_whole_pause() {
        let mut counter = Counter::new(Duration::from_secs(1));
        assert_eq!(counter.rate_when_moved(at(0), 0), None);
        assert_eq!(counter.rate_when_moved(at(50), 0), None);
        assert_eq!(counter.rate_when_moved(at(100), 10), Some(100.0));
        assert_eq!(counter.rate_when_moved(at(150), 10), None);
        assert_eq!(counter.rate_when_moved(at(200), 20), Some(100.0));
    }
}
