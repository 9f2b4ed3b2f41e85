//! Numbers for items, contents and history entries.

use std::sync::atomic::{AtomicU64, Ordering};

use seawall_clock::WallTime;

/// Numbers a millisecond has room for before they run ahead of the clock.
const PER_MILLI: u64 = 1_000;

/// Gives out numbers that only grow and follow the wall clock, so that they go on
/// growing after a restart. In milliseconds times 1,000 they stay below 2^53 until
/// the year 2255.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    last: AtomicU64,
}

impl Numbers {
    /// Numbers given out from now on are greater than `seen`.
    pub(crate) fn observe(&self, seen: u64) {
        self.last.fetch_max(seen, Ordering::Relaxed);
    }

    /// The next number.
    pub(crate) fn next(&self, now: WallTime) -> u64 {
        let at_least = now.as_millis().saturating_mul(PER_MILLI);
        let step = |last: u64| Some(at_least.max(last.saturating_add(1)));
        let before = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
        at_least.max(before.unwrap_or_else(|last| last).saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_whatever_the_clock_does() {
        let numbers = Numbers::default();
        let at = WallTime::from_millis;
        assert_eq!(numbers.next(at(5)), 5_000);
        assert_eq!(numbers.next(at(5)), 5_001);
        assert_eq!(numbers.next(at(1)), 5_002);
        numbers.observe(9_000);
        assert_eq!(numbers.next(at(6)), 9_001);
        assert_eq!(numbers.next(at(10)), 10_000);
    }
}
