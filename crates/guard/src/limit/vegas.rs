//! TCP Vegas for requests.

use serde::{Deserialize, Serialize};

use super::{AlgorithmSettings, LimitAlgorithm, WindowSample, settings::Range};
use crate::settings::InvalidSetting;

/// TCP Vegas for requests: from latency, and what it is without load, it works out how
/// many requests are queued, and moves the limit until that is a few. Formulas and
/// constants are those of Netflix/concurrency-limits, `VegasLimit.java`, once a window.
///
/// Unlike there, the latency without load is measured again only in a window that has
/// little load. `VegasLimit` takes whatever latency it sees when a measurement is due;
/// under load that is a queue's, the next limit allows more of it, and the limit climbs
/// by itself (Netflix/concurrency-limits#165).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VegasSettings {
    /// The limit at the start. Default 20.
    pub limit_initial: u32,
    /// The lowest limit. Default 1, at least 1.
    pub limit_min: u32,
    /// The highest limit. Default 1,000.
    pub limit_max: u32,
    /// After how many samples, as a multiple of the limit, the latency without load is
    /// to be measured again. Default 30, above 0.
    pub probe_multiplier: u32,
    /// How much of a new limit counts, the rest being the old one. Default 1, above 0
    /// and up to 1.
    pub smoothing: f64,
}

impl Default for VegasSettings {
    fn default() -> Self {
        Self {
            limit_initial: 20,
            limit_min: 1,
            limit_max: 1_000,
            probe_multiplier: 30,
            smoothing: 1.0,
        }
    }
}

impl VegasSettings {
    pub(super) fn range(&self) -> Range {
        Range { initial: self.limit_initial, min: self.limit_min, max: self.limit_max }
    }

    pub(super) fn validate(&self) -> Result<(), InvalidSetting> {
        self.range().validate()?;
        if self.probe_multiplier == 0 {
            return Err(InvalidSetting { field: "probe_multiplier", allowed: "above 0" });
        }
        validate_smoothing(self.smoothing)
    }
}

pub(super) fn validate_smoothing(smoothing: f64) -> Result<(), InvalidSetting> {
    if smoothing > 0.0 && smoothing <= 1.0 {
        return Ok(());
    }
    Err(InvalidSetting { field: "smoothing", allowed: "above 0 and up to 1" })
}

/// With a limit this low no queue of ours is left that could be measured by mistake: it
/// is where the limit comes down to when the server itself became slower.
const HARDLY_ANY: f64 = 12.0;

#[derive(Debug)]
pub(super) struct Vegas {
    settings: VegasSettings,
    limit: f64,
    /// Nanoseconds.
    without_load: Option<f64>,
    samples_since_probe: u64,
}

impl Vegas {
    pub(super) fn new(settings: &VegasSettings, start: u32) -> Self {
        Self {
            settings: settings.clone(),
            limit: f64::from(start),
            without_load: None,
            samples_since_probe: 0,
        }
    }

    /// Measures the latency without load again when that is due and possible.
    fn probe(&mut self, window: &WindowSample) {
        self.samples_since_probe += window.answered;
        // In the middle of the range that the original draws from: it must keep nodes
        // apart, because its probes disturb; ours do not.
        let due = 0.75 * f64::from(self.settings.probe_multiplier) * self.limit;
        let is_due = self.samples_since_probe as f64 >= due;
        if is_due && (window.is_unloaded() || self.limit <= HARDLY_ANY) {
            self.samples_since_probe = 0;
            self.without_load = None;
        }
    }

    fn next(&self, window: &WindowSample, latency: f64, without_load: f64) -> f64 {
        let (limit, step) = (self.limit, log10(self.limit));
        let queued = (limit * (1.0 - without_load / latency)).ceil();
        if f64::from(window.in_flight_max) * 2.0 < limit {
            limit
        } else if queued <= step {
            limit + 6.0 * step
        } else if queued < 3.0 * step {
            limit + step
        } else if queued > 6.0 * step {
            limit - step
        } else {
            limit
        }
    }

    fn set(&mut self, limit: f64) -> u32 {
        let limit = self.settings.range().hold(limit);
        self.limit += (limit - self.limit) * self.settings.smoothing;
        self.limit as u32
    }
}

/// `Log10RootIntFunction.java`: whole, and at least 1.
fn log10(limit: f64) -> f64 {
    limit.log10().floor().max(1.0)
}

impl LimitAlgorithm for Vegas {
    fn update(&mut self, window: &WindowSample) -> u32 {
        if window.is_drop() {
            return self.set(self.limit - log10(self.limit));
        }
        let Some(latency) = window.latency else { return self.limit as u32 };
        let latency = latency.mean.as_nanos() as f64;
        self.probe(window);
        let without_load = match self.without_load {
            Some(without_load) if without_load <= latency => without_load,
            _ => {
                self.without_load = Some(latency);
                return self.limit as u32;
            }
        };
        let next = self.next(window, latency, without_load);
        self.set(next)
    }

    fn reconfigure(&mut self, settings: &AlgorithmSettings) -> Option<u32> {
        let AlgorithmSettings::Vegas(settings) = settings else { return None };
        self.settings = settings.clone();
        self.limit = self.settings.range().hold(self.limit);
        Some(self.limit as u32)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn window(limit: u32, in_flight_max: u32, micros: u64) -> WindowSample {
        WindowSample::of(limit, in_flight_max, 20, Duration::from_micros(micros))
    }

    /// At a limit of 20 and 10 ms without load; a step is log10(20), so 1.
    fn next(in_flight_max: u32, micros: u64) -> u32 {
        let mut vegas = Vegas::new(&VegasSettings::default(), 20);
        assert_eq!(vegas.update(&window(20, 20, 10_000)), 20, "it learns first");
        vegas.update(&window(20, in_flight_max, micros))
    }

    #[test]
    fn the_limit_moves_by_how_many_are_queued() {
        assert_eq!(next(20, 10_500), 26, "1 of 20: six steps up");
        assert_eq!(next(20, 11_000), 21, "2 of 20: one step up");
        assert_eq!(next(20, 13_000), 20, "5 of 20: as it should be");
        assert_eq!(next(20, 16_000), 19, "8 of 20: one step down");
        assert_eq!(next(9, 10_500), 20, "load is low: nothing to learn");
        assert_eq!(next(20, 9_000), 20, "faster than ever: that is the new base");
    }

    #[test]
    fn a_window_of_timeouts_is_one_step_down_and_no_latency() {
        let mut vegas = Vegas::new(&VegasSettings::default(), 20);
        vegas.update(&window(20, 20, 10_000));
        assert_eq!(vegas.update(&WindowSample::of_timeouts(20, 10)), 19);
        assert_eq!(vegas.without_load, Some(1e7));
    }

    #[test]
    fn the_base_is_measured_again_where_there_is_little_load_and_nowhere_else() {
        let mut vegas = Vegas::new(&VegasSettings::default(), 20);
        vegas.update(&window(20, 20, 10_000));
        // 0.75 * 30 * 20 samples make it due, and load is high.
        assert!((0..100).all(|_| vegas.update(&window(20, 20, 13_000)) == 20));
        assert_eq!(vegas.without_load, Some(1e7));
        vegas.update(&window(20, 10, 13_000));
        assert_eq!(vegas.without_load, Some(1.3e7));
    }
}
