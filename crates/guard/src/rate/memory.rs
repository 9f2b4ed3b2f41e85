//! Fewer requests as memory fills.

use serde::{Deserialize, Serialize};

use crate::settings::InvalidSetting;

/// How many permits there are for how much memory is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MemoryThresholdSettings {
    /// Memory up to which nothing is held back, in bytes; default 1 GiB; from 1 on.
    pub low_water_bytes: u64,
    /// Memory from which on `permits_at_high` hold, in bytes; default 2 GiB; more than
    /// `low_water_bytes`.
    pub high_water_bytes: u64,
    /// Permits a second while memory is below the low mark; default 1,000; more than
    /// `permits_at_high`.
    pub permits_at_low: u32,
    /// Permits a second while memory is above the high mark; default 100; from 0 on.
    pub permits_at_high: u32,
}

impl Default for MemoryThresholdSettings {
    fn default() -> Self {
        Self {
            low_water_bytes: 1 << 30,
            high_water_bytes: 2 << 30,
            permits_at_low: 1_000,
            permits_at_high: 100,
        }
    }
}

impl MemoryThresholdSettings {
    /// Whether they can be used.
    ///
    /// # Errors
    /// The first field that is outside of its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        if self.low_water_bytes == 0 {
            return Err(InvalidSetting { field: "low_water_bytes", allowed: "at least 1" });
        }
        if self.high_water_bytes <= self.low_water_bytes {
            let allowed = "more than low_water_bytes";
            return Err(InvalidSetting { field: "high_water_bytes", allowed });
        }
        if self.permits_at_low <= self.permits_at_high {
            let allowed = "more than permits_at_high";
            return Err(InvalidSetting { field: "permits_at_low", allowed });
        }
        Ok(())
    }

    /// Permits a second with so much memory in use, linear between the marks
    /// (sentinel-golang `core/flow/tc_adaptive.go`). As many as may be when nobody knows how
    /// much is used, because a missing signal is not an emergency. For
    /// [`RateLimit::set_rate`](super::RateLimit::set_rate), by whoever samples memory.
    pub fn permits_per_second(&self, used_bytes: Option<u64>) -> f64 {
        let (most, fewest) = (f64::from(self.permits_at_low), f64::from(self.permits_at_high));
        let Some(used) = used_bytes else { return most };
        let above = used.saturating_sub(self.low_water_bytes) as f64;
        let between = self.high_water_bytes.saturating_sub(self.low_water_bytes).max(1) as f64;
        most + (fewest - most) * (above / between).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of sentinel-golang's test of its memory-adaptive calculator.
    #[test]
    fn sentinel_known_values_of_the_memory_threshold() {
        let settings = MemoryThresholdSettings {
            low_water_bytes: 1_024,
            high_water_bytes: 2_048,
            permits_at_low: 1_000,
            permits_at_high: 100,
        };
        settings.validate().unwrap();
        let permits =
            [100, 1_024, 1_536, 2_048, 3_072].map(|used| settings.permits_per_second(Some(used)));
        assert_eq!(permits, [1_000.0, 1_000.0, 550.0, 100.0, 100.0]);
        assert_eq!(settings.permits_per_second(None), 1_000.0);
    }

    #[test]
    fn marks_and_permits_the_wrong_way_round_are_refused_by_name() {
        let refused = |settings: MemoryThresholdSettings| settings.validate().unwrap_err().field;
        let default = MemoryThresholdSettings::default;
        default().validate().unwrap();
        let high_water_bytes = 1 << 30;
        assert_eq!(
            refused(MemoryThresholdSettings { high_water_bytes, ..default() }),
            "high_water_bytes"
        );
        assert_eq!(
            refused(MemoryThresholdSettings { permits_at_low: 100, ..default() }),
            "permits_at_low"
        );
        assert_eq!(
            refused(MemoryThresholdSettings { low_water_bytes: 0, ..default() }),
            "low_water_bytes"
        );
    }
}
