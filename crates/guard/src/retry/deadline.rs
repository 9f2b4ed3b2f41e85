//! How long a request and each of its attempts may take.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{settings::InvalidSetting, time::Instant};

/// How long a request and each attempt of it may take.
///
/// A deadline is an [`Instant`] of the local clock (see [`Ctx`](crate::Ctx)). Between
/// processes it travels as the time that is left, never as a time of day: clocks of
/// machines differ (see [`wire`](super::wire)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeadlineSettings {
    /// The longest a request may take, whatever its caller asks for, in milliseconds.
    /// Default 2000, range 1 to 86400000.
    #[serde(rename = "request_ms", with = "crate::time::millis")]
    pub request: Duration,
    /// The longest one attempt to ask somebody else may take, in milliseconds. Default
    /// 1000, range 1 to 86400000.
    #[serde(rename = "attempt_ms", with = "crate::time::millis")]
    pub attempt: Duration,
    /// What is kept of the remaining time for the way back, in milliseconds: an attempt
    /// ends so much before its request does, so that its failure can still be told.
    /// Default 10, range 0 to 1000.
    #[serde(rename = "margin_ms", with = "crate::time::millis")]
    pub margin: Duration,
}

impl Default for DeadlineSettings {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(2),
            attempt: Duration::from_secs(1),
            margin: Duration::from_millis(10),
        }
    }
}

impl DeadlineSettings {
    /// When a request that comes in at `now` ends: after its own time here or, if that is
    /// shorter, after the time its caller says that it waits.
    pub fn of_request(&self, now: Instant, asked: Option<Duration>) -> Instant {
        now + asked.map_or(self.request, |asked| asked.min(self.request))
    }

    /// When an attempt that is made at `now` ends: after its own time or, if that is
    /// shorter, [`margin`](Self::margin) before its request does. `None` if no time is
    /// left for it.
    pub fn of_attempt(&self, now: Instant, request: Option<Instant>) -> Option<Instant> {
        let Some(request) = request else { return Some(now + self.attempt) };
        let left = (request - now).saturating_sub(self.margin);
        (!left.is_zero()).then(|| now + left.min(self.attempt))
    }

    /// When an attempt that does not end itself at its deadline is dropped: half of
    /// [`margin`](Self::margin) later. Whoever holds a permit while it waits ends itself,
    /// because a breaker has to hear of a timeout and a permit that is dropped is one that
    /// was cancelled; that must not be a race.
    pub fn drop_of_attempt(&self, deadline: Instant) -> Instant {
        deadline + self.margin / 2
    }

    /// Whether every value is in its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        let whole = Duration::from_millis(1)..=DAY;
        if !whole.contains(&self.request) {
            return Err(InvalidSetting { field: "request_ms", allowed: "from 1 to 86400000" });
        }
        if !whole.contains(&self.attempt) {
            return Err(InvalidSetting { field: "attempt_ms", allowed: "from 1 to 86400000" });
        }
        if self.margin > Duration::from_secs(1) {
            return Err(InvalidSetting { field: "margin_ms", allowed: "from 0 to 1000" });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn at(time: u64) -> Instant {
        Instant::START + millis(time)
    }

    #[test]
    fn a_request_ends_when_the_first_of_the_two_stops_waiting() {
        let settings = DeadlineSettings::default();
        assert_eq!(settings.of_request(at(100), None), at(2_100));
        assert_eq!(settings.of_request(at(100), Some(millis(300))), at(400));
        assert_eq!(settings.of_request(at(100), Some(Duration::MAX)), at(2_100));
        assert_eq!(settings.of_request(at(100), Some(Duration::ZERO)), at(100));
    }

    #[test]
    fn an_attempt_leaves_time_for_the_way_back() {
        let settings = DeadlineSettings::default();
        assert_eq!(settings.of_attempt(at(0), None), Some(at(1_000)));
        assert_eq!(settings.of_attempt(at(0), Some(at(1_500))), Some(at(1_000)));
        assert_eq!(settings.of_attempt(at(0), Some(at(500))), Some(at(490)));
        assert_eq!(settings.of_attempt(at(490), Some(at(500))), None);
        assert_eq!(settings.of_attempt(at(600), Some(at(500))), None);
    }

    #[test]
    fn each_hop_has_less_time_than_the_one_before() {
        let settings = DeadlineSettings::default();
        let mut ends = settings.of_request(at(0), Some(millis(45)));
        let mut hops = Vec::new();
        while let Some(attempt) = settings.of_attempt(at(0), Some(ends)) {
            hops.push((attempt - at(0)).as_millis());
            ends = settings.of_request(at(0), Some(attempt - at(0)));
        }
        assert_eq!(hops, [35, 25, 15, 5]);
    }

    #[test]
    fn values_out_of_range_are_named() {
        let refused = |settings: DeadlineSettings| settings.validate().unwrap_err().field;
        let default = DeadlineSettings::default;
        assert_eq!(default().validate(), Ok(()));
        assert_eq!(refused(DeadlineSettings { request: millis(0), ..default() }), "request_ms");
        assert_eq!(refused(DeadlineSettings { attempt: Duration::MAX, ..default() }), "attempt_ms");
        assert_eq!(refused(DeadlineSettings { margin: millis(1_001), ..default() }), "margin_ms");
    }
}
