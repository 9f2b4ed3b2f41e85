//! Settings of the policy that counts failures in a row.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{jitter, time, within};
use crate::settings::InvalidSetting;

/// Settings of [`Policy::Consecutive`](super::Policy::Consecutive). The defaults are those
/// of linkerd (linkerd/linkerd2, the annotations `failure-accrual-consecutive-*`);
/// Finagle's are 5 failures and 5 s to 300 s (twitter/finagle, FailureAccrualFactory).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConsecutiveSettings {
    /// How many failures in a row open it; default 7, from 1 to 1,000,000.
    pub failures: u32,
    /// How long it stays open the first time, in milliseconds; default 1,000, from 1 to
    /// 3,600,000. Each probe that fails doubles it. Also when a probe that hangs is given
    /// up for lost and another one passes.
    #[serde(rename = "open_ms", with = "crate::time::millis")]
    pub open: Duration,
    /// The longest it stays open, jitter included, in milliseconds; default 60,000, from
    /// `open_ms` to 3,600,000.
    #[serde(rename = "open_max_ms", with = "crate::time::millis")]
    pub open_max: Duration,
    /// The share of that time that chance may add; default 0.5, from 0 to 100.
    pub open_jitter: f64,
}

impl Default for ConsecutiveSettings {
    fn default() -> Self {
        Self {
            failures: 7,
            open: Duration::from_secs(1),
            open_max: Duration::from_secs(60),
            open_jitter: 0.5,
        }
    }
}

impl ConsecutiveSettings {
    pub(super) fn validate(&self) -> Result<(), InvalidSetting> {
        within("failures", self.failures, (1, 1_000_000), "from 1 to 1,000,000")?;
        time("open_ms", self.open)?;
        time("open_max_ms", self.open_max)?;
        within("open_max_ms", self.open_max, (self.open, Duration::MAX), "at least open_ms")?;
        jitter("open_jitter", self.open_jitter)
    }
}
