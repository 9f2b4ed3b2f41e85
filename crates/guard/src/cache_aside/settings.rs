//! How long things are kept.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{settings::InvalidSetting, single_flight::SingleFlightSettings};

/// How long values and their absence are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CacheAsideSettings {
    /// How long a value is fresh, in milliseconds; default 604,800,000 (7 days); 1 ms to 365
    /// days.
    #[serde(rename = "expiry_ms", with = "crate::time::millis")]
    pub expiry: Duration,
    /// How long it is remembered that there is no value, in milliseconds; default 60,000;
    /// 1 ms to 365 days.
    #[serde(rename = "not_found_expiry_ms", with = "crate::time::millis")]
    pub not_found_expiry: Duration,
    /// By what share of them these times are longer or shorter by chance, so that what was
    /// stored together does not expire together; default 0.05; 0 to 0.5.
    pub jitter: f64,
    /// How long after its expiry a value may still be given while it cannot be loaded, in
    /// milliseconds; default 0: never; up to 365 days. It is kept for that much longer.
    #[serde(rename = "stale_ms", with = "crate::time::millis")]
    pub stale: Duration,
    /// Whether to load when the cache fails; default false: its errors are given back, as
    /// the store behind was not made for all of the requests (go-zero does the same).
    pub load_without_cache: bool,
    /// How many loads there may be at once, and how many callers may wait for one.
    pub flights: SingleFlightSettings,
}

impl Default for CacheAsideSettings {
    fn default() -> Self {
        Self {
            expiry: Duration::from_hours(7 * 24),
            not_found_expiry: Duration::from_mins(1),
            jitter: 0.05,
            stale: Duration::ZERO,
            load_without_cache: false,
            flights: SingleFlightSettings::default(),
        }
    }
}

impl CacheAsideSettings {
    /// Whether they can be used.
    ///
    /// # Errors
    /// The first field that is outside of its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        const YEAR: Duration = Duration::from_hours(365 * 24);
        let range = Duration::from_millis(1)..=YEAR;
        let allowed = "1 ms to 365 days";
        if !range.contains(&self.expiry) {
            return Err(InvalidSetting { field: "expiry_ms", allowed });
        }
        if !range.contains(&self.not_found_expiry) {
            return Err(InvalidSetting { field: "not_found_expiry_ms", allowed });
        }
        if !(0.0..=0.5).contains(&self.jitter) {
            return Err(InvalidSetting { field: "jitter", allowed: "0 to 0.5" });
        }
        if self.stale > YEAR {
            return Err(InvalidSetting { field: "stale_ms", allowed: "at most 365 days" });
        }
        self.flights.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_refused_by_name() {
        let default = CacheAsideSettings::default;
        default().validate().unwrap();
        let zero = Duration::ZERO;
        let no_flights = SingleFlightSettings { max_flights: 0, ..Default::default() };
        let wrong = [
            ("expiry_ms", CacheAsideSettings { expiry: zero, ..default() }),
            ("not_found_expiry_ms", CacheAsideSettings { not_found_expiry: zero, ..default() }),
            ("jitter", CacheAsideSettings { jitter: f64::NAN, ..default() }),
            ("stale_ms", CacheAsideSettings { stale: Duration::MAX, ..default() }),
            ("max_flights", CacheAsideSettings { flights: no_flights, ..default() }),
        ];
        for (field, settings) in wrong {
            assert_eq!(settings.validate().unwrap_err().field, field);
        }
        let read: CacheAsideSettings = serde_json::from_str(r#"{"stale_ms": 5000}"#).unwrap();
        assert_eq!(read, CacheAsideSettings { stale: Duration::from_secs(5), ..default() });
    }
}
