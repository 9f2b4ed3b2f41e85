//! How a shedder works, as settings.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::GateSettings;
use crate::{
    limit::{AdaptiveSettings, AlgorithmSettings, LimitSettings},
    settings::InvalidSetting,
};

/// How a [`Shedder`](super::Shedder) works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShedSettings {
    /// The most that may ever be in flight. Default 4,096, from 1 to 1,000,000. Whoever
    /// knows how much memory a request takes sets
    /// [`ShedSettings::in_flight_for`] of it.
    pub in_flight_max: u32,
    /// How much work may queue before anything is refused, as the time that the service
    /// takes for it. Milliseconds, default 500, from 0 to 60,000. It should be less than
    /// callers wait. With 0 nothing may queue: the limit holds all the time.
    #[serde(rename = "burst_ms", with = "crate::time::millis")]
    pub burst: Duration,
    /// A queue whose work takes the service less than this is none, and may stand for
    /// ever: so many callers who each wait for their answer before they ask again are no
    /// overload. Milliseconds, default 20, from 0 to 1,000.
    #[serde(rename = "tolerance_ms", with = "crate::time::millis")]
    pub tolerance: Duration,
    /// How long a longer queue may stand. Milliseconds, default 3,000, from 100 to 60,000.
    #[serde(rename = "patience_ms", with = "crate::time::millis")]
    pub patience: Duration,
    /// How long hardly anything must have been refused before a burst may queue again.
    /// Milliseconds, default 1,000, from 100 to 60,000.
    #[serde(rename = "calm_ms", with = "crate::time::millis")]
    pub calm: Duration,
    /// How many may be in flight while it sheds.
    pub limit: LimitSettings,
    /// Who is refused first.
    pub gate: GateSettings,
}

impl Default for ShedSettings {
    fn default() -> Self {
        Self {
            in_flight_max: 4_096,
            burst: Duration::from_millis(500),
            tolerance: Duration::from_millis(20),
            patience: Duration::from_secs(3),
            calm: Duration::from_secs(1),
            limit: LimitSettings {
                // The shedder's own burst is another, which ends at once when it is full.
                algorithm: AlgorithmSettings::Adaptive(AdaptiveSettings {
                    burst: Duration::ZERO,
                    ..AdaptiveSettings::default()
                }),
                ..LimitSettings::default()
            },
            gate: GateSettings::default(),
        }
    }
}

impl ShedSettings {
    /// How many requests that take `request_bytes` each may be in flight in a process
    /// that may have `memory_bytes`: they get a quarter of it, and are never more than
    /// 4,096.
    pub fn in_flight_for(memory_bytes: u64, request_bytes: u64) -> u32 {
        let fit = memory_bytes / 4 / request_bytes.max(1);
        u32::try_from(fit).unwrap_or(u32::MAX).clamp(1, 4_096)
    }

    /// Whether every field is in its range.
    ///
    /// # Errors
    ///
    /// Names the first field that is not.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        if !(1..=1_000_000).contains(&self.in_flight_max) {
            return Err(InvalidSetting { field: "in_flight_max", allowed: "from 1 to 1,000,000" });
        }
        if self.burst > Duration::from_secs(60) {
            return Err(InvalidSetting { field: "burst_ms", allowed: "from 0 to 60,000" });
        }
        if self.tolerance > Duration::from_secs(1) {
            return Err(InvalidSetting { field: "tolerance_ms", allowed: "from 0 to 1,000" });
        }
        let lasts = Duration::from_millis(100)..=Duration::from_secs(60);
        for (field, time) in [("patience_ms", self.patience), ("calm_ms", self.calm)] {
            if !lasts.contains(&time) {
                return Err(InvalidSetting { field, allowed: "from 100 to 60,000" });
            }
        }
        self.limit.validate()?;
        self.gate.validate()
    }
}
