//! Which limit, as settings.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    AdaptiveSettings, FixedSettings, Gradient2Settings, LimitAlgorithm, QueueSettings,
    VegasSettings, adaptive::Adaptive, fixed::Fixed, gate::LIMIT_MAX, gradient2::Gradient2,
    vegas::Vegas,
};
use crate::settings::InvalidSetting;

/// How a [`ConcurrencyLimit`](super::ConcurrencyLimit) works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// What decides the limit. Default [`AlgorithmSettings::Adaptive`].
    pub algorithm: AlgorithmSettings,
    /// How long a window lasts at least; the limit moves at its end. Milliseconds,
    /// default 100, from 10 to 60,000.
    #[serde(rename = "window_ms", with = "crate::time::millis")]
    pub window: Duration,
    /// How many requests a window must have seen the end of; with fewer it goes on.
    /// Default 10, at least 1.
    pub samples_min: u64,
    /// Who may wait in front. Default nobody.
    pub queue: QueueSettings,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            algorithm: AlgorithmSettings::default(),
            window: Duration::from_millis(100),
            samples_min: 10,
            queue: QueueSettings::default(),
        }
    }
}

impl LimitSettings {
    /// A limit that stays where it is.
    pub fn fixed(limit: u32) -> Self {
        Self { algorithm: AlgorithmSettings::Fixed(FixedSettings { limit }), ..Self::default() }
    }

    /// Whether every field is in its range.
    ///
    /// # Errors
    ///
    /// Names the first field that is not.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        if !(Duration::from_millis(10)..=Duration::from_secs(60)).contains(&self.window) {
            return Err(InvalidSetting { field: "window_ms", allowed: "from 10 to 60,000" });
        }
        if self.samples_min == 0 {
            return Err(InvalidSetting { field: "samples_min", allowed: "at least 1" });
        }
        self.algorithm.validate()?;
        self.queue.validate()
    }
}

/// What decides a limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlgorithmSettings {
    /// It stays where it is set.
    Fixed(FixedSettings),
    /// TCP Vegas: keeps a few requests queued.
    Vegas(VegasSettings),
    /// Netflix's gradient of latency against its long average.
    Gradient2(Gradient2Settings),
    /// Ours.
    Adaptive(AdaptiveSettings),
}

impl Default for AlgorithmSettings {
    fn default() -> Self {
        Self::Adaptive(AdaptiveSettings::default())
    }
}

impl AlgorithmSettings {
    /// The algorithm, and the limit it starts at: its own, or the nearest it allows to
    /// one that already holds.
    pub(super) fn start(&self, holds: Option<u32>) -> (Box<dyn LimitAlgorithm>, u32) {
        match self {
            Self::Fixed(settings) => (Box::new(Fixed::new(settings)), settings.limit),
            Self::Vegas(settings) => {
                let start = settings.range().start(holds);
                (Box::new(Vegas::new(settings, start)), start)
            }
            Self::Gradient2(settings) => {
                let start = settings.range().start(holds);
                (Box::new(Gradient2::new(settings, start)), start)
            }
            Self::Adaptive(settings) => {
                let start = settings.range().start(holds);
                (Box::new(Adaptive::new(settings, start)), start)
            }
        }
    }

    fn validate(&self) -> Result<(), InvalidSetting> {
        match self {
            Self::Fixed(settings) => settings.validate(),
            Self::Vegas(settings) => settings.validate(),
            Self::Gradient2(settings) => settings.validate(),
            Self::Adaptive(settings) => settings.validate(),
        }
    }
}

/// Where a limit starts, and how far it may move.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) initial: u32,
    pub(super) min: u32,
    pub(super) max: u32,
}

impl Range {
    /// The initial limit, or the nearest to the one that holds.
    pub(super) fn start(self, holds: Option<u32>) -> u32 {
        // Not `clamp`: these may be unchecked, and it panics when they are crossed.
        holds.unwrap_or(self.initial).min(self.max).max(self.min)
    }

    pub(super) fn hold(self, limit: f64) -> f64 {
        limit.min(f64::from(self.max)).max(f64::from(self.min))
    }

    pub(super) fn validate(self) -> Result<(), InvalidSetting> {
        if self.min == 0 || self.min > self.max {
            return Err(InvalidSetting { field: "limit_min", allowed: "from 1 to limit_max" });
        }
        if self.max > LIMIT_MAX {
            return Err(InvalidSetting { field: "limit_max", allowed: "below 2^31" });
        }
        if !(self.min..=self.max).contains(&self.initial) {
            return Err(InvalidSetting {
                field: "limit_initial",
                allowed: "from limit_min to limit_max",
            });
        }
        Ok(())
    }
}
