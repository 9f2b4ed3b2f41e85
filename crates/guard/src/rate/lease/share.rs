//! What a share is worth when it cannot be renewed.

use std::time::Duration;

use super::LeaseSettings;
use crate::time::Instant;

/// A share of a limit, in permits a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Share {
    pub(super) rate: f64,
    /// What it comes to in time.
    pub(super) fair: f64,
    /// From when on it can have counted, by the clock of whoever has this.
    pub(super) from: Instant,
    /// Until when it is as good as new.
    pub(super) until: Instant,
}

impl Share {
    /// What its node may let pass. After its term it goes towards the fair share: at once
    /// where that is less, and two of the longest terms later where it is more, so that the
    /// store has taken as much back from those it can reach before it is used. If no node
    /// reaches the store, their sum stays below the limit too, as all go the same way.
    pub(super) fn rate(&self, now: Instant, settings: &LeaseSettings) -> f64 {
        let start = if self.falls() { self.until } else { self.until + 2 * settings.longest_term };
        self.lapsed_for(now - start, settings)
    }

    /// The most that its node can be letting pass, whenever its term began by the node's
    /// clock: a node believes no answer that comes after the term, so that was not over when
    /// the store gave it.
    pub(super) fn most(&self, now: Instant, settings: &LeaseSettings) -> f64 {
        let start = if self.falls() { self.until } else { self.from + 2 * settings.longest_term };
        self.lapsed_for(now - start, settings)
    }

    fn falls(&self) -> bool {
        self.rate >= self.fair
    }

    fn lapsed_for(&self, time: Duration, settings: &LeaseSettings) -> f64 {
        let left = (-time.as_secs_f64() / settings.decay.as_secs_f64()).exp();
        self.fair + (self.rate - self.fair) * left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    #[test]
    fn a_share_holds_for_its_term_and_then_comes_to_the_fair_one() {
        let settings = LeaseSettings::default();
        let large = Share { rate: 800.0, fair: 200.0, from: at(0), until: at(1_000) };
        assert_eq!(large.rate(at(1_000), &settings), 800.0);
        let later = large.rate(at(11_000), &settings);
        assert!((later - (200.0 + 600.0 / std::f64::consts::E)).abs() < 1e-9);
        assert!((large.rate(at(200_000), &settings) - 200.0).abs() < 1e-3);

        let small = Share { rate: 50.0, ..large };
        assert_eq!(small.rate(at(3_000), &settings), 50.0);
        assert!((50.0..70.0).contains(&small.rate(at(4_000), &settings)));
        assert!((small.rate(at(200_000), &settings) - 200.0).abs() < 1e-3);
    }
}
