//! A limit that finds out how many requests the server can work on.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    AlgorithmSettings, Holds, LimitAlgorithm, WindowSample,
    baseline::Baseline,
    settings::Range,
    sounding::{Heard, Sounding},
};
use crate::{settings::InvalidSetting, stat::Ewma, time::Instant};

/// A limit that finds out how many requests the server can work on, and allows for
/// `tolerance` times as many.
///
/// In spirit it is BBR (Cardwell et al., "BBR: Congestion-Based Congestion Control", ACM
/// Queue 14(5), 2016) for requests. `base` is the lowest latency and `best` the highest
/// throughput of the last 30 s; `base * best` is how many are in flight when the server
/// is busy and nobody waits. Each window, with `m` its latency and `L` the limit:
///
/// - `g = clamp(tolerance * base / m, 0.7, 1)`
/// - if `g < 1`: `L = L/2 + max(L * g, tolerance * base * best)/2`
/// - else, if load reached 0.8 of the limit: `L = L + sqrt(L)`
/// - if more than half of the window were timeouts or overload: `L = 0.7 * L` instead
///
/// `m` is the mean, which moves with load as Little's law says, or the 90th percentile
/// where that is lower, because a few stragglers move only the mean. `base` is never of
/// one window but of half a second and more: the lowest of 300 averages of forty requests
/// each is half of the truth.
///
/// That alone climbs in an overload that outlasts its memory, since the lowest latency it
/// then remembers is a queue's, and it sinks to its minimum when the server itself became
/// slower. (Simulated: three times the load leaves 97 % of the capacity in the first half
/// minute and 42 % in the tenth; 10 ms that become 110 ms leave 17 %, for good.) So while
/// load is held down by the limit, `base` is measured on purpose, after half a second at
/// first and every 10 s at last: the limit is lowered to 0.6 of `base * best` until forty
/// requests are answered. If throughput stays, there was a queue, and it is lowered again;
/// if it falls, there was none, and latency is the server's own. That costs a busy server
/// 2 % of its throughput at most and a calm one nothing. (With it, 94 to 98 % in every half
/// minute, and 100 % of the load after 5 s.)
///
/// The limit is also never below what the server does in `burst`, unless load has been
/// at the limit for five windows: a burst is no overload yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdaptiveSettings {
    /// The limit at the start. Default 32.
    pub limit_initial: u32,
    /// The lowest limit. Default 4, at least 1.
    pub limit_min: u32,
    /// The highest limit. Default 4,096.
    pub limit_max: u32,
    /// How many times its latency without load the server may take. More makes better
    /// use of a server whose work varies much and keeps longer queues. Default 2, from
    /// 1.2 to 10.
    pub tolerance: f64,
    /// How long a queue a burst may leave. Milliseconds, default 100, up to 10,000; 0
    /// turns bursts away. Keep it well below the patience of callers.
    #[serde(rename = "burst_ms", with = "crate::time::millis")]
    pub burst: Duration,
}

impl Default for AdaptiveSettings {
    fn default() -> Self {
        Self {
            limit_initial: 32,
            limit_min: 4,
            limit_max: 4_096,
            tolerance: 2.0,
            burst: Duration::from_millis(100),
        }
    }
}

impl AdaptiveSettings {
    pub(super) fn range(&self) -> Range {
        Range { initial: self.limit_initial, min: self.limit_min, max: self.limit_max }
    }

    pub(super) fn validate(&self) -> Result<(), InvalidSetting> {
        self.range().validate()?;
        if !(1.2..=10.0).contains(&self.tolerance) {
            return Err(InvalidSetting { field: "tolerance", allowed: "from 1.2 to 10" });
        }
        if self.burst > Duration::from_secs(10) {
            return Err(InvalidSetting { field: "burst_ms", allowed: "at most 10,000" });
        }
        Ok(())
    }
}

/// Windows in a row at the limit before that is no burst any more and the base is
/// measured, and below it before the next burst is one again.
const BURST_WINDOWS: u32 = 5;
/// Between soundings; each that finds what was known doubles it.
const SOUNDING_FIRST: Duration = Duration::from_secs(1);
const SOUNDING_LAST: Duration = Duration::from_secs(10);
/// A sounding costs up to 40 % of throughput while it lasts: so 2 % at most of all time.
const SOUNDING_SHARE: u32 = 20;
/// A base this many times off is another one.
const BASE_OFF: f64 = 1.5;
/// A throughput this many times as high as it was is rising.
const RISEN: f64 = 1.1;

#[derive(Debug)]
pub(super) struct Adaptive {
    settings: AdaptiveSettings,
    limit: f64,
    baseline: Baseline,
    throughput: Ewma,
    /// The highest throughput lately, and when it last rose.
    risen: (f64, Instant),
    sounding: Option<Sounding>,
    /// When the base was last measured without a queue.
    sounded: Instant,
    /// Until it is measured again.
    interval: Duration,
    /// Windows in a row with load at the limit.
    at_limit: u32,
    /// Windows in a row with load below it.
    below_limit: u32,
    /// Whether a burst would be one.
    is_calm: bool,
}

impl Adaptive {
    pub(super) fn new(settings: &AdaptiveSettings, start: u32) -> Self {
        Self {
            settings: settings.clone(),
            limit: f64::from(start),
            baseline: Baseline::new(),
            throughput: Ewma::new(Duration::from_millis(500)),
            risen: (0.0, Instant::START),
            sounding: None,
            sounded: Instant::START,
            interval: Duration::ZERO,
            at_limit: 0,
            below_limit: 0,
            is_calm: true,
        }
    }

    /// Counts how long load has been at the limit or below.
    fn watch_load(&mut self, window: &WindowSample) {
        if window.is_limited() {
            (self.at_limit, self.below_limit) = (self.at_limit.saturating_add(1), 0);
        } else {
            self.at_limit = 0;
            // Still above what would hold after the burst: neither.
            let is_below = f64::from(window.in_flight_max) < 0.8 * self.limit;
            self.below_limit = if is_below { self.below_limit.saturating_add(1) } else { 0 };
        }
        if self.at_limit >= BURST_WINDOWS {
            self.is_calm = false;
        } else if self.below_limit >= BURST_WINDOWS {
            self.is_calm = true;
            if window.holds == Holds::Nobody {
                // What is not touched is the server's own.
                (self.sounded, self.interval) = (window.ended, SOUNDING_FIRST);
            }
        }
    }

    fn listen(&mut self, sounding: Sounding, window: &WindowSample, latency: f64) {
        match sounding.hear(window, latency) {
            Heard::Nothing(sounding) => self.sounding = Some(sounding),
            Heard::Silence => self.sounded = window.ended,
            Heard::Base(base, took) => {
                let known = self.baseline.base().map_or(base.latency, |base| base.latency);
                let off = (base.latency / known).max(known / base.latency);
                self.interval = if off < BASE_OFF {
                    (self.interval * 2).clamp(SOUNDING_FIRST, SOUNDING_LAST)
                } else {
                    SOUNDING_FIRST
                };
                self.interval = self.interval.max(took * SOUNDING_SHARE);
                self.sounded = window.ended;
                self.risen.0 = base.throughput;
                self.baseline.replace(base);
                self.limit = self.settings.tolerance * base.in_flight();
            }
        }
    }

    fn control(&mut self, window: &WindowSample, latency: f64) {
        let is_reached = f64::from(window.in_flight_max) >= 0.8 * self.limit;
        let Some(base) = self.baseline.base() else {
            if is_reached {
                self.limit += self.limit.sqrt();
            }
            return;
        };
        if f64::from(window.in_flight_max) <= base.in_flight() {
            // Without a queue every window measures the base.
            (self.sounded, self.interval) = (window.ended, SOUNDING_FIRST);
        }
        if self.is_sounding_due(window.ended, latency) {
            let throughput = self.throughput.value().unwrap_or(base.throughput);
            let limits = (self.limit, self.settings.limit_min);
            let began = (window.ended, Duration::from_secs_f64(latency));
            self.sounding = Some(Sounding::new(began, limits, throughput, base));
            return;
        }
        let gradient = (self.settings.tolerance * base.latency / latency).clamp(0.7, 1.0);
        if gradient < 1.0 {
            let enough = self.settings.tolerance * base.in_flight();
            self.limit = 0.5 * self.limit + 0.5 * (self.limit * gradient).max(enough);
        } else if is_reached {
            self.limit += self.limit.sqrt();
        }
    }

    /// Whether load has been at the limit for a while, and throughput no longer rises with
    /// it: while it does, there is room, and what a limit was good for shows only once the
    /// requests that it admitted are answered.
    fn is_sounding_due(&self, now: Instant, latency: f64) -> bool {
        let settled = now - self.risen.1;
        self.at_limit >= BURST_WINDOWS
            && now - self.sounded >= self.interval
            && settled.as_secs_f64() >= 2.0 * latency
    }

    fn follow_throughput(&mut self, window: &WindowSample) {
        self.throughput.add(window.ended, window.throughput());
        let throughput = self.throughput.value().unwrap_or_default();
        if throughput >= RISEN * self.risen.0 {
            self.risen = (throughput, window.ended);
        }
    }

    fn next(&mut self) -> u32 {
        let range = self.settings.range();
        self.limit = range.hold(self.limit);
        if let Some(sounding) = &self.sounding {
            return range.hold(sounding.limit()) as u32;
        }
        let burst = match self.baseline.base() {
            Some(base) if self.is_calm => base.throughput * self.settings.burst.as_secs_f64(),
            _ => 0.0,
        };
        range.hold(self.limit.max(burst)) as u32
    }
}

impl LimitAlgorithm for Adaptive {
    fn update(&mut self, window: &WindowSample) -> u32 {
        self.watch_load(window);
        if window.is_drop() {
            self.sounding = None;
            self.is_calm = false;
            self.limit = self.limit.min(f64::from(window.limit)) * 0.7;
            return self.next();
        }
        let Some(latency) = window.latency else {
            self.sounding = None;
            return self.next();
        };
        let mean = latency.mean.as_secs_f64().max(1e-9);
        if let Some(sounding) = self.sounding.take() {
            self.listen(sounding, window, mean);
        } else {
            self.follow_throughput(window);
            self.baseline.learn(window, mean);
            self.control(window, mean.min(latency.p90.as_secs_f64()));
        }
        self.next()
    }

    fn is_measuring(&self) -> bool {
        self.sounding.is_some()
    }

    fn reconfigure(&mut self, settings: &AlgorithmSettings) -> Option<u32> {
        let AlgorithmSettings::Adaptive(settings) = settings else { return None };
        self.settings = settings.clone();
        self.sounding = None;
        Some(self.next())
    }
}
