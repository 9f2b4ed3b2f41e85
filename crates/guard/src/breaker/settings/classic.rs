//! Settings of the policy with a window and thresholds.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{HOUR, MILLISECOND, jitter, share, time, within};
use crate::settings::InvalidSetting;

/// Settings of [`Policy::Classic`](super::Policy::Classic). The defaults are those of
/// resilience4j (resilience4j/resilience4j, CircuitBreakerConfig.java), plus a jitter, so
/// that a fleet does not probe in step. A threshold is met when it is reached, also at 1
/// (a slow ratio of 1 never opened Sentinel's breakers: Sentinel#1769).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassicSettings {
    /// What is looked at; default the last 100 calls.
    pub window: Span,
    /// With which share of failures it opens; default 0.5, above 0 up to 1, `None` for
    /// never.
    pub failure_ratio: Option<f64>,
    /// With how many failures it opens; default `None`, from 1 to 1,000,000.
    pub failure_count: Option<u32>,
    /// With which share of slow answers it opens; default 1, above 0 up to 1, `None` for
    /// never.
    pub slow_ratio: Option<f64>,
    /// From which time on an answer is slow, in milliseconds; default 60,000, from 1 to
    /// 3,600,000.
    #[serde(rename = "slow_call_ms", with = "crate::time::millis")]
    pub slow_call: Duration,
    /// With fewer calls in the window it never opens; default 100, from 1 to 1,000,000.
    /// No more than the window's calls are asked for.
    pub min_calls: u32,
    /// How long it stays open, in milliseconds; default 60,000, from 1 to 3,600,000.
    #[serde(rename = "open_ms", with = "crate::time::millis")]
    pub open: Duration,
    /// The longest it stays open when it opens again and again, each time for twice as
    /// long, in milliseconds; default 0, up to 3,600,000. What is below `open_ms` is
    /// that: always as long.
    #[serde(rename = "open_max_ms", with = "crate::time::millis")]
    pub open_max: Duration,
    /// The share of that time that chance adds at most; default 0.1, from 0 to 100.
    pub open_jitter: f64,
    /// How many calls pass then to see how it goes; default 10, from 1 to 100. It closes
    /// or opens again as soon as the share of failures among them is decided.
    pub probes: u8,
}

impl Default for ClassicSettings {
    fn default() -> Self {
        Self {
            window: Span::Calls(100),
            failure_ratio: Some(0.5),
            failure_count: None,
            slow_ratio: Some(1.0),
            slow_call: Duration::from_secs(60),
            min_calls: 100,
            open: Duration::from_secs(60),
            open_max: Duration::ZERO,
            open_jitter: 0.1,
            probes: 10,
        }
    }
}

/// What a window holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// The last so many calls, from 1 to 100,000, and up to a 32nd of them more; when
    /// several came at once, all of those.
    Calls(u32),
    /// The last so many milliseconds, from 100 to 600,000, to a tenth.
    #[serde(rename = "ms")]
    Time(#[serde(with = "crate::time::millis")] Duration),
}

impl ClassicSettings {
    /// As a degrade rule of Sentinel (alibaba/Sentinel, DegradeRule.java): one second, at
    /// least five calls, one probe, no threshold yet.
    pub fn sentinel(open: Duration) -> Self {
        Self {
            window: Span::Time(Duration::from_secs(1)),
            failure_ratio: None,
            failure_count: None,
            slow_ratio: None,
            min_calls: 5,
            open,
            probes: 1,
            ..Self::default()
        }
    }

    /// How many calls there must be.
    pub(in crate::breaker) fn least_calls(&self) -> u64 {
        let calls = match self.window {
            Span::Calls(calls) => self.min_calls.min(calls),
            Span::Time(_) => self.min_calls,
        };
        u64::from(calls)
    }

    pub(super) fn validate(&self) -> Result<(), InvalidSetting> {
        match self.window {
            Span::Calls(calls) => {
                within("window", calls, (1, 100_000), "from 1 to 100,000 calls")?;
            }
            Span::Time(span) => {
                let range = (MILLISECOND * 100, Duration::from_secs(600));
                within("window", span, range, "from 100 ms to 10 minutes")?;
            }
        }
        share("failure_ratio", self.failure_ratio)?;
        let (most, allowed) = (1_000_000, "from 1 to 1,000,000");
        within("failure_count", self.failure_count.unwrap_or(1), (1, most), allowed)?;
        share("slow_ratio", self.slow_ratio)?;
        time("slow_call_ms", self.slow_call)?;
        within("min_calls", self.min_calls, (1, most), allowed)?;
        time("open_ms", self.open)?;
        within("open_max_ms", self.open_max, (Duration::ZERO, HOUR), "at most 1 hour")?;
        jitter("open_jitter", self.open_jitter)?;
        within("probes", self.probes, (1, 100), "from 1 to 100")
    }
}
