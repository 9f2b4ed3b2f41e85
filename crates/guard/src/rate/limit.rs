//! So many requests in a period.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    gcra::{Bucket, Pace, Quota},
    hoard::Hoards,
};
use crate::{
    admit::{Rejection, Scope},
    settings::InvalidSetting,
    time::Instant,
};

/// The longest period of a rate.
const DAY: Duration = Duration::from_hours(24);

/// How many requests pass in a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimitSettings {
    /// Permits in each period; default 1,000; 0 to 100 for each microsecond of the period.
    /// 0 lets nothing pass.
    pub permits: u32,
    /// The period, in milliseconds; default 1,000; 1 ms to a day. Permits come evenly
    /// through it.
    #[serde(rename = "period_ms", with = "crate::time::millis")]
    pub period: Duration,
    /// Permits that may be saved and taken at once; default 100; from 1 on. In any time `t`
    /// at most `burst + t * permits / period` pass, with a burst from 256 on as many as in
    /// `t` and a millisecond. A request that costs more never passes.
    pub burst: u32,
}

impl Default for RateLimitSettings {
    fn default() -> Self {
        Self { permits: 1_000, period: Duration::from_secs(1), burst: 100 }
    }
}

impl RateLimitSettings {
    /// Whether they can be used.
    ///
    /// # Errors
    /// The first field that is outside of its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        check_rate(self.permits, self.period)?;
        if self.burst == 0 {
            return Err(InvalidSetting { field: "burst", allowed: "at least 1" });
        }
        Ok(())
    }

    pub(super) fn pace(&self) -> Pace {
        Pace::new(self.permits, self.period, self.burst)
    }
}

/// Whether permits can be given out evenly in whole nanoseconds, to a twentieth.
pub(super) fn check_rate(permits: u32, period: Duration) -> Result<(), InvalidSetting> {
    if !(Duration::from_millis(1)..=DAY).contains(&period) {
        return Err(InvalidSetting { field: "period_ms", allowed: "1 ms to a day" });
    }
    if u128::from(permits) * 10 > period.as_nanos() {
        return Err(InvalidSetting { field: "permits", allowed: "at most 100 a microsecond" });
    }
    Ok(())
}

/// So many permits in a period, evenly, with a burst: the generic cell rate algorithm (ITU-T
/// I.371, as in the `governor` crate). No lock, no allocation; threads do not fight over it
/// while there are permits, as each takes a few at once.
///
/// Unlike a counter that starts again with every period (go-zero's `PeriodLimit`), it has no
/// edge around which twice the permits pass.
///
/// ```
/// use seawall_guard::{Instant, rate::{RateLimit, RateLimitSettings}};
///
/// let settings = RateLimitSettings { permits: 10, burst: 2, ..Default::default() };
/// let limit = RateLimit::new(&settings)?;
/// let now = Instant::START;
/// assert!(limit.try_acquire(now).is_ok());
/// assert!(limit.try_acquire(now).is_ok());
/// let rejection = limit.try_acquire(now).unwrap_err();
/// assert!(limit.try_acquire(now + rejection.retry_after).is_ok());
/// # Ok::<(), seawall_guard::settings::InvalidSetting>(())
/// ```
#[derive(Debug)]
pub struct RateLimit {
    quota: Quota,
    bucket: Bucket,
    hoards: Hoards,
    scope: Scope,
}

impl RateLimit {
    /// A limit of a resource, with its whole burst saved.
    ///
    /// # Errors
    /// See [`RateLimitSettings::validate`].
    pub fn new(settings: &RateLimitSettings) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        let quota = Quota::new(settings.pace());
        let (bucket, hoards) = (Bucket::full(), Hoards::new());
        Ok(Self { quota, bucket, hoards, scope: Scope::Resource })
    }

    /// With another scope in its refusals.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Takes one permit.
    ///
    /// # Errors
    /// [`Rejected::RateLimited`](crate::Rejected::RateLimited), with the time after which it
    /// would pass if nobody else asked.
    pub fn try_acquire(&self, now: Instant) -> Result<(), Rejection> {
        self.try_acquire_n(now, 1)
    }

    /// Takes `cost` permits, all or none. A cost of 0 always passes.
    ///
    /// # Errors
    /// As [`RateLimit::try_acquire`]; with a time of zero when the cost is more than the
    /// burst, or nothing may pass at all.
    pub fn try_acquire_n(&self, now: Instant, cost: u32) -> Result<(), Rejection> {
        let taken = self.hoards.take(&self.bucket, self.quota.pace(), now, cost);
        taken.map_err(|empty| empty.rejection(self.scope))
    }

    /// How many permits could be taken at once, but for the few that threads have at hand.
    pub fn available(&self, now: Instant) -> u32 {
        self.bucket.available(self.quota.pace(), now)
    }

    /// Other settings from now on. What was taken counts as the time it takes to be earned
    /// back at the old rate, and at worst as the whole of the new burst.
    ///
    /// # Errors
    /// See [`RateLimitSettings::validate`]; the old settings stay.
    pub fn reconfigure(
        &self,
        now: Instant,
        settings: &RateLimitSettings,
    ) -> Result<(), InvalidSetting> {
        settings.validate()?;
        self.set_pace(now, settings.pace());
        Ok(())
    }

    /// Another rate and burst from now on, for whoever computes them. A rate of 0, less or
    /// not a number lets nothing pass.
    pub fn set_rate(&self, now: Instant, per_second: f64, burst: u32) {
        self.set_pace(now, Pace::per_second(per_second, burst));
    }

    fn set_pace(&self, now: Instant, pace: Pace) {
        self.quota.set(pace);
        self.bucket.settle(pace, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admit::Rejected;

    #[test]
    fn a_refusal_says_when_to_come_back_and_keeps_its_word() {
        let limit = RateLimit::new(&RateLimitSettings::default()).unwrap().scope(Scope::Caller);
        let now = Instant::START + Duration::from_secs(9);
        assert_eq!(limit.try_acquire_n(now, 100), Ok(()));
        let rejection = limit.try_acquire_n(now, 5).unwrap_err();
        assert_eq!(rejection.reason, Rejected::RateLimited);
        assert_eq!(rejection.scope, Scope::Caller);
        assert_eq!(rejection.retry_after, Duration::from_millis(5));
        let early = now + Duration::from_micros(4_999);
        assert!(limit.try_acquire_n(early, 5).is_err());
        assert_eq!(limit.try_acquire_n(now + rejection.retry_after, 5), Ok(()));
        assert_eq!(limit.try_acquire_n(now, 101).unwrap_err().retry_after, Duration::ZERO);
    }

    #[test]
    fn other_settings_keep_what_was_taken() {
        let limit = RateLimit::new(&RateLimitSettings::default()).unwrap();
        let now = Instant::START;
        limit.try_acquire_n(now, 100).unwrap();
        let faster = RateLimitSettings { permits: 2_000, ..Default::default() };
        limit.reconfigure(now, &faster).unwrap();
        assert!(limit.try_acquire(now).is_err(), "a new limit would have been full");
        // 100 ms of permits were taken, at any rate.
        assert_eq!(limit.available(now + Duration::from_millis(100)), 100);
        let none = RateLimitSettings { permits: 0, ..Default::default() };
        limit.reconfigure(now, &none).unwrap();
        assert!(limit.try_acquire(now + DAY).is_err());
        limit.set_rate(now, 0.5, 1);
        assert_eq!(limit.try_acquire(now + DAY), Ok(()));
        assert_eq!(limit.try_acquire(now + DAY).unwrap_err().retry_after, Duration::from_secs(2));
    }

    #[test]
    fn settings_out_of_range_are_refused_by_name() {
        let refused = |settings: RateLimitSettings| settings.validate().unwrap_err().field;
        let default = RateLimitSettings::default;
        assert_eq!(refused(RateLimitSettings { burst: 0, ..default() }), "burst");
        assert_eq!(refused(RateLimitSettings { period: Duration::ZERO, ..default() }), "period_ms");
        assert_eq!(refused(RateLimitSettings { permits: u32::MAX, ..default() }), "permits");
        assert_eq!(RateLimit::new(&default()).unwrap().available(Instant::START), 100);
    }

    #[test]
    fn settings_are_read_with_defaults_and_unknown_keys_are_refused() {
        let read: RateLimitSettings =
            serde_json::from_str(r#"{"permits": 5, "period_ms": 60000}"#).unwrap();
        let period = Duration::from_secs(60);
        assert_eq!(read, RateLimitSettings { permits: 5, period, burst: 100 });
        assert!(serde_json::from_str::<RateLimitSettings>(r#"{"permit": 5}"#).is_err());
    }

    #[test]
    fn threads_together_take_no_more_than_there_is() {
        let settings = RateLimitSettings { permits: 1, burst: 1_000, ..Default::default() };
        let limit = RateLimit::new(&settings).unwrap();
        let take = || (0..1_000).filter(|_| limit.try_acquire(Instant::START).is_ok()).count();
        let taken: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum()
        });
        assert_eq!(taken, 1_000);
    }
}
