//! When a second attempt is made.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{retry::DeadlineSettings, settings::InvalidSetting};

/// When a second attempt is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HedgeSettings {
    /// Whether there are any. Default false.
    pub enabled: bool,
    /// The share of first attempts that are answered before a second one would be made.
    /// Default 0.95: at most a twentieth more load. Range 0.5 to 0.999.
    pub quantile: f64,
    /// The latest first attempts that the wait is taken from, in milliseconds. Default
    /// 10000, range 1000 to 600000.
    #[serde(rename = "window_ms", with = "crate::time::millis")]
    pub window: Duration,
    /// How many answers there must be in the window before there are any hedges. Default
    /// 100, range 10 to 1000000.
    pub min_samples: u64,
    /// The shortest wait, in milliseconds. Default 1, range 0 to 60000.
    #[serde(rename = "delay_min_ms", with = "crate::time::millis")]
    pub delay_min: Duration,
    /// The longest wait that a server may ask for, in milliseconds. Default 5000, range 0
    /// to 3600000.
    #[serde(rename = "pushback_max_ms", with = "crate::time::millis")]
    pub pushback_max: Duration,
    /// How long each attempt may take.
    pub deadline: DeadlineSettings,
}

impl Default for HedgeSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            quantile: 0.95,
            window: Duration::from_secs(10),
            min_samples: 100,
            delay_min: Duration::from_millis(1),
            pushback_max: Duration::from_secs(5),
            deadline: DeadlineSettings::default(),
        }
    }
}

impl HedgeSettings {
    /// Whether every value is in its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        let refuse = |field, allowed| Err(InvalidSetting { field, allowed });
        let seconds = Duration::from_secs;
        if !(0.5..=0.999).contains(&self.quantile) {
            return refuse("quantile", "from 0.5 to 0.999");
        }
        if !(seconds(1)..=seconds(600)).contains(&self.window) {
            return refuse("window_ms", "from 1000 to 600000");
        }
        if !(10..=1_000_000).contains(&self.min_samples) {
            return refuse("min_samples", "from 10 to 1000000");
        }
        if self.delay_min > seconds(60) {
            return refuse("delay_min_ms", "from 0 to 60000");
        }
        if self.pushback_max > seconds(3_600) {
            return refuse("pushback_max_ms", "from 0 to 3600000");
        }
        self.deadline.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hedges_are_off_unless_somebody_turns_them_on() {
        let read: HedgeSettings = serde_json::from_str("{}").unwrap();
        assert_eq!(read, HedgeSettings::default());
        assert!(!read.enabled);
        assert_eq!(read.validate(), Ok(()));
    }

    #[test]
    fn values_out_of_range_are_named() {
        let refused = |settings: HedgeSettings| settings.validate().unwrap_err().field;
        let default = HedgeSettings::default;
        assert_eq!(refused(HedgeSettings { quantile: f64::NAN, ..default() }), "quantile");
        assert_eq!(refused(HedgeSettings { window: Duration::ZERO, ..default() }), "window_ms");
        assert_eq!(refused(HedgeSettings { min_samples: 0, ..default() }), "min_samples");
        assert_eq!(
            refused(HedgeSettings { delay_min: Duration::MAX, ..default() }),
            "delay_min_ms"
        );
        let pushback_max = Duration::MAX;
        assert_eq!(refused(HedgeSettings { pushback_max, ..default() }), "pushback_max_ms");
    }
}
