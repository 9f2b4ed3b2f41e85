//! How a breaker judges, and how it comes back.

mod classic;
mod consecutive;
mod sre;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use classic::{ClassicSettings, Span};
pub use consecutive::ConsecutiveSettings;
pub use sre::SreSettings;

use crate::settings::InvalidSetting;

/// Settings of a [`Breaker`](super::Breaker).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BreakerSettings {
    /// Whether it may refuse anything; default true. A breaker that is not enabled lets
    /// every call pass and counts none, so each store can be left without one (which
    /// go-zero's users miss: go-zero#3580).
    pub enabled: bool,
    /// How it judges; default [`Policy::Sre`].
    pub policy: Policy,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { enabled: true, policy: Policy::default() }
    }
}

impl BreakerSettings {
    /// With this policy, enabled.
    pub const fn new(policy: Policy) -> Self {
        Self { enabled: true, policy }
    }

    /// Refuses what is out of range.
    ///
    /// # Errors
    ///
    /// The first setting that is, and its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        match &self.policy {
            Policy::Sre(sre) => sre.validate(),
            Policy::Classic(classic) => classic.validate(),
            Policy::Consecutive(consecutive) => consecutive.validate(),
        }
    }
}

/// How a breaker judges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Policy {
    /// Refuses a share of the calls that grows with the share that fails, and all but
    /// probes when nothing is answered or most answers are too slow.
    Sre(SreSettings),
    /// Open or closed by the share (or number) of failed or slow calls in a window, as in
    /// resilience4j and Sentinel.
    Classic(ClassicSettings),
    /// Open after so many failures in a row, as in linkerd and Finagle.
    Consecutive(ConsecutiveSettings),
}

impl Default for Policy {
    fn default() -> Self {
        Self::Sre(SreSettings::default())
    }
}

impl Policy {
    /// How long it stays open before it is tried again.
    pub(super) fn hold(&self) -> Hold {
        match self {
            Self::Sre(sre) => Hold {
                first: sre.probe_interval,
                last: sre.probe_gap,
                longest: sre.probe_gap,
                jitter: sre.probe_jitter,
            },
            Self::Classic(classic) => Hold {
                first: classic.open,
                last: classic.open_max.max(classic.open),
                longest: Duration::MAX,
                jitter: classic.open_jitter,
            },
            Self::Consecutive(consecutive) => Hold {
                first: consecutive.open,
                last: consecutive.open_max,
                longest: consecutive.open_max,
                jitter: consecutive.open_jitter,
            },
        }
    }

    /// How it is tried again.
    pub(super) fn trial(&self) -> Trial {
        match self {
            Self::Sre(sre) => Trial { probes: 1, failures: 1, gap: sre.probe_gap },
            Self::Classic(classic) => {
                let share = classic.failure_ratio.unwrap_or(0.0);
                let failures = (share * f64::from(classic.probes)).ceil() as u8;
                Trial { probes: classic.probes, failures: failures.max(1), gap: classic.open }
            }
            Self::Consecutive(consecutive) => {
                Trial { probes: 1, failures: 1, gap: consecutive.open }
            }
        }
    }

    /// Whether an answer may be too slow to count as a good one.
    pub(super) const fn minds_slowness(&self) -> bool {
        match self {
            Self::Sre(sre) => sre.slow_ratio.is_some(),
            Self::Classic(classic) => classic.slow_ratio.is_some(),
            Self::Consecutive(_) => false,
        }
    }

    /// How many failures in a row open it; 0 when that does not matter.
    pub(super) const fn streak(&self) -> u32 {
        match self {
            Self::Consecutive(consecutive) => consecutive.failures,
            Self::Sre(_) | Self::Classic(_) => 0,
        }
    }
}

/// How long a breaker stays open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hold {
    first: Duration,
    /// What doubling ends at.
    last: Duration,
    /// What it never exceeds with its jitter.
    longest: Duration,
    jitter: f64,
}

impl Hold {
    /// The time for the opening after `before` others in a row: twice as long each time,
    /// plus a share `draw` (0 to 1) of the jitter.
    pub(super) fn time(&self, before: u32, draw: f64) -> Duration {
        let doubled = self.first.saturating_mul(1_u32.checked_shl(before).unwrap_or(u32::MAX));
        let base = doubled.min(self.last);
        // At most 100 times at most an hour: no overflow.
        (base + base.mul_f64(self.jitter * draw)).min(self.longest)
    }
}

/// How a breaker is tried again once it was open for long enough.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trial {
    /// How many calls pass.
    pub(super) probes: u8,
    /// With how many failures among them it opens again, at least one.
    pub(super) failures: u8,
    /// When a probe is given up for lost and another one passes.
    pub(super) gap: Duration,
}

impl Trial {
    /// With how many good answers there can be no longer too many failures.
    pub(super) const fn successes(self) -> u8 {
        (self.probes.saturating_sub(self.failures)).saturating_add(1)
    }
}

/// `value` is from `least` to `most`, or `field` is at fault.
fn within<T: PartialOrd>(
    field: &'static str,
    value: T,
    (least, most): (T, T),
    allowed: &'static str,
) -> Result<(), InvalidSetting> {
    if value >= least && value <= most { Ok(()) } else { Err(InvalidSetting { field, allowed }) }
}

/// A share that may be left out: above 0 up to 1.
fn share(field: &'static str, value: Option<f64>) -> Result<(), InvalidSetting> {
    let allowed = "above 0 and at most 1, or none";
    within(field, value.unwrap_or(1.0), (f64::MIN_POSITIVE, 1.0), allowed)
}

const MILLISECOND: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// A time that is neither nothing nor endless.
fn time(field: &'static str, value: Duration) -> Result<(), InvalidSetting> {
    within(field, value, (MILLISECOND, HOUR), "from 1 ms to 1 hour")
}

/// A jitter, as linkerd limits it.
fn jitter(field: &'static str, value: f64) -> Result<(), InvalidSetting> {
    within(field, value, (0.0, 100.0), "from 0 to 100")
}

#[cfg(test)]
mod tests;
