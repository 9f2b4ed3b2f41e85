//! Netflix's gradient of latency.

use serde::{Deserialize, Serialize};

use super::{
    AlgorithmSettings, LimitAlgorithm, WindowSample, settings::Range, vegas::validate_smoothing,
};
use crate::settings::InvalidSetting;

/// Netflix's gradient: while the latency of a window is within `tolerance` of its long
/// average the limit grows, beyond that it shrinks in proportion. Formulas and constants
/// are those of Netflix/concurrency-limits, `Gradient2Limit.java` in `WindowedLimit.java`.
///
/// Three things are different, each because the original climbs to its maximum in an
/// overload that lasts. The room for a queue is added only while latency is within the
/// tolerance: added always, the limit still grows at a gradient of 0.8
/// (Netflix/concurrency-limits#134). A window of timeouts halves the limit, as a gradient
/// of 0.5 does, and is no latency (Netflix/concurrency-limits#137). And the long average
/// follows a higher latency only in windows with little load or at the lowest limit;
/// otherwise a queue that stands long enough becomes what is normal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gradient2Settings {
    /// The limit at the start. Default 20.
    pub limit_initial: u32,
    /// The lowest limit. Default 20, at least 1.
    pub limit_min: u32,
    /// The highest limit. Default 200.
    pub limit_max: u32,
    /// How much of a new limit counts, the rest being the old one. Default 0.2, above 0
    /// and up to 1.
    pub smoothing: f64,
    /// How many windows the long average spans. Default 600, at least 1.
    pub long_window: u32,
    /// How far above the long average latency may be. Default 1.5, at least 1.
    pub tolerance: f64,
    /// How much the limit grows while latency is low, before smoothing. Default 4.
    pub queue_size: u32,
}

impl Default for Gradient2Settings {
    fn default() -> Self {
        Self {
            limit_initial: 20,
            limit_min: 20,
            limit_max: 200,
            smoothing: 0.2,
            long_window: 600,
            tolerance: 1.5,
            queue_size: 4,
        }
    }
}

impl Gradient2Settings {
    pub(super) fn range(&self) -> Range {
        Range { initial: self.limit_initial, min: self.limit_min, max: self.limit_max }
    }

    pub(super) fn validate(&self) -> Result<(), InvalidSetting> {
        self.range().validate()?;
        validate_smoothing(self.smoothing)?;
        if self.long_window == 0 {
            return Err(InvalidSetting { field: "long_window", allowed: "at least 1" });
        }
        if !(self.tolerance >= 1.0 && self.tolerance.is_finite()) {
            return Err(InvalidSetting { field: "tolerance", allowed: "at least 1" });
        }
        Ok(())
    }
}

/// `ExpAvgMeasurement.java`: a plain average of the first so many samples, then one that
/// forgets.
const WARM_UP: u32 = 10;

#[derive(Debug)]
pub(super) struct Gradient2 {
    settings: Gradient2Settings,
    limit: f64,
    /// The long average, nanoseconds.
    long: f64,
    long_samples: u32,
}

impl Gradient2 {
    pub(super) fn new(settings: &Gradient2Settings, start: u32) -> Self {
        let settings = settings.clone();
        Self { settings, limit: f64::from(start), long: 0.0, long_samples: 0 }
    }

    fn follow(&mut self, window: &WindowSample, latency: f64) {
        if self.long_samples < WARM_UP {
            self.long_samples += 1;
            self.long += (latency - self.long) / f64::from(self.long_samples);
            return;
        }
        let is_lowest = window.limit <= self.settings.limit_min;
        if latency <= self.long || is_lowest || window.is_unloaded() {
            self.long += (latency - self.long) * 2.0 / (f64::from(self.settings.long_window) + 1.0);
        }
        // Back from a time of high latency: do not wait for the average to come down.
        if self.long > 2.0 * latency {
            self.long *= 0.95;
        }
    }

    fn set(&mut self, limit: f64) -> u32 {
        self.limit += (limit - self.limit) * self.settings.smoothing;
        self.limit = self.settings.range().hold(self.limit);
        self.limit as u32
    }
}

impl LimitAlgorithm for Gradient2 {
    fn update(&mut self, window: &WindowSample) -> u32 {
        if window.is_drop() {
            return self.set(self.limit * 0.5);
        }
        let Some(latency) = window.latency else { return self.limit as u32 };
        let latency = (latency.mean.as_nanos() as f64).max(1.0);
        self.follow(window, latency);
        if f64::from(window.in_flight_max) < self.limit / 2.0 {
            return self.limit as u32;
        }
        let gradient = (self.settings.tolerance * self.long / latency).clamp(0.5, 1.0);
        let room = if gradient < 1.0 { 0.0 } else { f64::from(self.settings.queue_size) };
        self.set(self.limit * gradient + room)
    }

    fn reconfigure(&mut self, settings: &AlgorithmSettings) -> Option<u32> {
        let AlgorithmSettings::Gradient2(settings) = settings else { return None };
        self.settings = settings.clone();
        self.limit = self.settings.range().hold(self.limit);
        Some(self.limit as u32)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn window(in_flight_max: u32, millis: u64) -> WindowSample {
        WindowSample::of(100, in_flight_max, 100, Duration::from_millis(millis))
    }

    /// At a limit of 100, after ten windows of 10 ms.
    fn warm() -> Gradient2 {
        let mut gradient2 = Gradient2::new(&Gradient2Settings::default(), 100);
        (0..10).for_each(|_| assert_eq!(gradient2.update(&window(10, 10)), 100));
        gradient2
    }

    #[test]
    fn the_limit_grows_within_the_tolerance_and_shrinks_in_proportion_beyond() {
        // A fifth of 4 more.
        assert!((limit_after(15) - 100.8).abs() < 1e-9);
        // A fifth of a quarter, of a half, and of no more than a half less.
        assert!((limit_after(20) - 95.0).abs() < 1e-9);
        assert!((limit_after(30) - 90.0).abs() < 1e-9);
        assert!((limit_after(90) - 90.0).abs() < 1e-9);
    }

    fn limit_after(millis: u64) -> f64 {
        let mut gradient2 = warm();
        gradient2.update(&window(100, millis));
        gradient2.limit
    }

    #[test]
    fn a_window_of_timeouts_is_a_gradient_of_a_half_and_no_latency() {
        let mut gradient2 = warm();
        assert_eq!(gradient2.update(&WindowSample::of_timeouts(100, 10)), 90);
        assert!((gradient2.long - 1e7).abs() < 1.0);
    }

    #[test]
    fn the_long_average_follows_a_queue_nowhere_and_a_slower_server_where_it_shows() {
        let mut gradient2 = warm();
        let mut long_after = |in_flight_max, millis| {
            for _ in 0..50 {
                gradient2.update(&window(in_flight_max, millis));
            }
            gradient2.long / 1e6
        };
        assert_eq!(long_after(100, 14), 10.0, "load is at the limit");
        assert!(long_after(50, 14) > 10.5, "load is low");
        assert!(long_after(10, 4) < 9.0, "faster than half of it: it comes down quickly");
    }
}
