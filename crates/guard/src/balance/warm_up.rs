//! How an endpoint grows to its full share.

use super::settings::BalanceSettings;
use crate::time::Instant;

/// A growth with the square of the time, as in Alibaba's MSE: Envoy's slow start with an
/// aggression of 1/2.
#[derive(Debug, Clone, Copy)]
pub(super) struct WarmUp {
    since: Instant,
    new: bool,
}

impl WarmUp {
    /// Of an endpoint that is new: nobody misses what it cannot carry yet.
    pub(super) const fn of_new(now: Instant) -> Self {
        Self { since: now, new: true }
    }

    /// Of an endpoint that is back: until it is warm, others carry what it did before.
    pub(super) const fn of_returned(now: Instant) -> Self {
        Self { since: now, new: false }
    }

    /// The share of its weight that it can carry.
    pub(super) fn share(self, now: Instant, settings: &BalanceSettings) -> f64 {
        let whole = settings.warm_up.as_secs_f64();
        if whole <= 0.0 {
            return 1.0;
        }
        let part = (now - self.since).as_secs_f64() / whole;
        (part * part).clamp(settings.warm_up_from, 1.0)
    }

    /// The share of its weight that is expected of it.
    pub(super) fn expected(self, now: Instant, settings: &BalanceSettings) -> f64 {
        if self.new { self.share(now, settings) } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_grows_with_the_square_of_the_time() {
        let settings = BalanceSettings::default();
        let start = Instant::from_nanos(77);
        for (seconds, share) in [(0, 0.1), (6, 0.1), (15, 0.25), (24, 0.64), (30, 1.0), (99, 1.0)] {
            let now = start + Duration::from_secs(seconds);
            let (new, returned) = (WarmUp::of_new(start), WarmUp::of_returned(start));
            assert!((new.share(now, &settings) - share).abs() < 1e-9, "{seconds}");
            assert!((new.expected(now, &settings) - share).abs() < 1e-9, "{seconds}");
            assert_eq!(returned.share(now, &settings), new.share(now, &settings));
            assert_eq!(returned.expected(now, &settings), 1.0);
        }
        let at_once = BalanceSettings { warm_up: Duration::ZERO, ..settings };
        assert_eq!(WarmUp::of_new(start).share(start, &at_once), 1.0);
    }
}
