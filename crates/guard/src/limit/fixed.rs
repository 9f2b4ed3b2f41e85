//! A limit that stays where it is.

use serde::{Deserialize, Serialize};

use super::{AlgorithmSettings, LimitAlgorithm, WindowSample, gate::LIMIT_MAX};
use crate::settings::InvalidSetting;

/// A limit that stays where it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FixedSettings {
    /// How many may be in flight. Default 32; 0 admits nobody.
    pub limit: u32,
}

impl Default for FixedSettings {
    fn default() -> Self {
        Self { limit: 32 }
    }
}

impl FixedSettings {
    pub(super) fn validate(&self) -> Result<(), InvalidSetting> {
        if self.limit > LIMIT_MAX {
            return Err(InvalidSetting { field: "limit", allowed: "below 2^31" });
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(super) struct Fixed {
    limit: u32,
}

impl Fixed {
    pub(super) fn new(settings: &FixedSettings) -> Self {
        Self { limit: settings.limit }
    }
}

impl LimitAlgorithm for Fixed {
    fn update(&mut self, _window: &WindowSample) -> u32 {
        self.limit
    }

    fn reconfigure(&mut self, settings: &AlgorithmSettings) -> Option<u32> {
        let AlgorithmSettings::Fixed(settings) = settings else { return None };
        self.limit = settings.limit;
        Some(self.limit)
    }
}
