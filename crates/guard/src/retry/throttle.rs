//! No retries while too much fails.

use serde::{Deserialize, Serialize};

use crate::{
    settings::InvalidSetting,
    sync::{AtomicU32, Ordering},
};

/// When retries stop: gRPC's `retryThrottling` (A6-client-retries.md of grpc/proposal).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryThrottleSettings {
    /// How many tokens there are at most, and at the start. A failure takes one; no
    /// retries at or below half of them. Default 10, range 1 to 1000.
    pub max_tokens: u32,
    /// How many tokens a success gives back, to a thousandth: about the share of failures
    /// from which on there are no retries. Default 0.1, range 0.001 to 1.
    pub token_ratio: f64,
}

impl Default for RetryThrottleSettings {
    fn default() -> Self {
        Self { max_tokens: 10, token_ratio: 0.1 }
    }
}

impl RetryThrottleSettings {
    /// Whether every value is in its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        if !(1..=1_000).contains(&self.max_tokens) {
            return Err(InvalidSetting { field: "max_tokens", allowed: "from 1 to 1000" });
        }
        if !(0.001..=1.0).contains(&self.token_ratio) {
            return Err(InvalidSetting { field: "token_ratio", allowed: "from 0.001 to 1" });
        }
        Ok(())
    }
}

/// Stops retries to a server while too large a share of what is asked of it fails: gRPC's
/// retry throttling. One belongs to one server name, shared by all its methods.
///
/// A [`RetryBudget`](super::RetryBudget) bounds how much retries add to the load; this
/// says that they help nobody while hardly anything succeeds. Where both are used, both
/// must allow a retry.
#[derive(Debug)]
pub struct RetryThrottle {
    max_millis: u32,
    ratio_millis: u32,
    /// Thousandths of a token, as in gRPC's own implementation.
    millis: AtomicU32,
}

const TOKEN: u32 = 1_000;

impl RetryThrottle {
    /// With all its tokens.
    ///
    /// # Errors
    ///
    /// A setting that is out of range.
    pub fn new(settings: &RetryThrottleSettings) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        let max_millis = settings.max_tokens * TOKEN;
        let ratio_millis = (settings.token_ratio * f64::from(TOKEN)).round() as u32;
        Ok(Self { max_millis, ratio_millis, millis: AtomicU32::new(max_millis) })
    }

    /// One with other settings and the same share of its tokens.
    ///
    /// # Errors
    ///
    /// A setting that is out of range.
    pub fn reconfigured(&self, settings: &RetryThrottleSettings) -> Result<Self, InvalidSetting> {
        let made = Self::new(settings)?;
        let share = f64::from(self.millis.load(Ordering::Relaxed)) / f64::from(self.max_millis);
        made.millis.store((share * f64::from(made.max_millis)) as u32, Ordering::Relaxed);
        Ok(made)
    }

    /// Counts a success. Costs one load while all tokens are there.
    pub fn succeeded(&self) {
        if self.millis.load(Ordering::Relaxed) < self.max_millis {
            self.change(|millis| millis.saturating_add(self.ratio_millis).min(self.max_millis));
        }
    }

    /// Counts a failure that a retry might mend, or an answer that asks for no retry.
    pub fn failed(&self) {
        self.change(|millis| millis.saturating_sub(TOKEN));
    }

    /// Whether there may be retries.
    pub fn allows(&self) -> bool {
        self.millis.load(Ordering::Relaxed) > self.max_millis / 2
    }

    /// The tokens that are left, for metrics.
    pub fn tokens(&self) -> f64 {
        f64::from(self.millis.load(Ordering::Relaxed)) / f64::from(TOKEN)
    }

    fn change(&self, next: impl Fn(u32) -> u32) {
        let change = |millis| Some(next(millis));
        // It always has a next value, so this cannot fail.
        let _ = self.millis.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle(max_tokens: u32, token_ratio: f64) -> RetryThrottle {
        RetryThrottle::new(&RetryThrottleSettings { max_tokens, token_ratio }).unwrap()
    }

    #[test]
    fn grpc_a6_retries_stop_at_half_the_tokens_and_successes_bring_them_back() {
        let throttle = throttle(10, 0.1);
        for _ in 0..4 {
            throttle.failed();
            assert!(throttle.allows());
        }
        throttle.failed();
        assert!(!throttle.allows(), "5 of 10 is not above the half");
        throttle.succeeded();
        assert!(throttle.allows(), "5.1 is");
        for _ in 0..1_000 {
            throttle.succeeded();
        }
        assert_eq!(throttle.tokens(), 10.0, "never above all");
        for _ in 0..1_000 {
            throttle.failed();
        }
        assert_eq!(throttle.tokens(), 0.0, "never below none");
        for _ in 0..50 {
            assert!(!throttle.allows());
            throttle.succeeded();
        }
        throttle.succeeded();
        assert!(throttle.allows());
    }

    #[test]
    fn other_settings_keep_the_share_of_tokens() {
        let throttle = throttle(10, 0.1);
        for _ in 0..8 {
            throttle.failed();
        }
        let settings = RetryThrottleSettings { max_tokens: 100, token_ratio: 1.0 };
        let larger = throttle.reconfigured(&settings).unwrap();
        assert_eq!((larger.tokens(), larger.allows()), (20.0, false));
    }

    #[test]
    fn values_out_of_range_are_named() {
        let refused = |max_tokens, token_ratio| {
            RetryThrottle::new(&RetryThrottleSettings { max_tokens, token_ratio })
                .unwrap_err()
                .field
        };
        assert_eq!(refused(0, 0.1), "max_tokens");
        assert_eq!(refused(1_001, 0.1), "max_tokens");
        assert_eq!(refused(10, 0.0), "token_ratio");
        assert_eq!(refused(10, f64::NAN), "token_ratio");
    }
}
