//! Settings of the adaptive policy.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{jitter, share, time, within};
use crate::settings::InvalidSetting;

/// Settings of [`Policy::Sre`](super::Policy::Sre): client-side throttling as in chapter
/// 21 ("Handling Overload") of Google's *Site Reliability Engineering*, equation 21-1,
/// which refuses the share `max(0, (requests - K * accepts) / (requests + 1))` with K = 2
/// over two minutes. The window, the two values of K and the protected calls are those of
/// go-zero (zeromicro/go-zero, core/breaker/googlebreaker.go); what an outage, a slow
/// server and a recovery look like is ours.
///
/// Google and go-zero count what the throttle itself refused among the requests, this
/// does not. So a server of which a third of the calls fail for good is not given up (there
/// the share then grows to nearly all), and nothing has to leave the window before a
/// server that is well again is used. The price: one that answers `calls` of `asked` calls a
/// second, and the others with `Overload`, gets `sqrt(k * calls * asked)` of them instead
/// of `k * calls`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SreSettings {
    /// How far back it looks, in milliseconds; default 10,000, from 1,000 to 600,000. While
    /// calls take longer than half of it the window is stretched, up to 16 times.
    #[serde(rename = "window_ms", with = "crate::time::millis")]
    pub window: Duration,
    /// Into how many parts the window is cut; default 40, from 10 to 400. It judges five
    /// times a part.
    pub buckets: u32,
    /// How many calls may be sent for each that is accepted; default 1.5, from 1 to 10.
    /// A lower one refuses sooner.
    pub k: f64,
    /// What `k` falls to when every part of the window saw only failures; default 1.1,
    /// from 1 to `k`.
    pub k_min: f64,
    /// How many failures in the window are never a reason to refuse; default 5, at most
    /// 1,000,000.
    pub protection: u32,
    /// How long there must have been nothing but failures before it opens altogether, in
    /// milliseconds; default 500, from 1 to 3,600,000. Longer than the pause of a garbage
    /// collector or of a reconnect.
    #[serde(rename = "outage_ms", with = "crate::time::millis")]
    pub outage: Duration,
    /// How many failures there must have been in that time, calls that hang among them;
    /// default 20, from 1 to 1,000,000.
    pub outage_calls: u32,
    /// With which share of slow answers in the last second it opens; default 0.5, above 0
    /// up to 1, `None` for never.
    pub slow_ratio: Option<f64>,
    /// An answer is slow when it took this many times as long as nine in ten usually do;
    /// default 3, from 1.5 to 100.
    pub slow_factor: f64,
    /// No answer below this is slow, in milliseconds; default 50, from 1 to 3,600,000.
    #[serde(rename = "slow_floor_ms", with = "crate::time::millis")]
    pub slow_floor: Duration,
    /// How many answers that share needs; default 20, from 1 to 1,000,000. When the last
    /// second had fewer, those before it count too, as far as the window reaches.
    pub slow_calls: u32,
    /// After what time a call in flight counts as a failure when nothing is answered and
    /// it is not known from what time on an answer is slow, or slowness does not matter,
    /// in milliseconds; default 10,000, from 1 to 3,600,000. Where calls take longer than
    /// that, set it higher.
    #[serde(rename = "patience_ms", with = "crate::time::millis")]
    pub patience: Duration,
    /// When the first probe of an outage passes, in milliseconds; default 250, from 1 to
    /// 3,600,000. The next ones take twice as long each time, up to `probe_gap`.
    #[serde(rename = "probe_interval_ms", with = "crate::time::millis")]
    pub probe_interval: Duration,
    /// The longest time without a probe, jitter included, in milliseconds; default 1,000,
    /// from `probe_interval` to 3,600,000. Also when a probe that hangs is given up.
    #[serde(rename = "probe_gap_ms", with = "crate::time::millis")]
    pub probe_gap: Duration,
    /// The share of a probe's time that chance may add; default 0.5, from 0 to 100.
    pub probe_jitter: f64,
}

impl Default for SreSettings {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(10),
            buckets: 40,
            k: 1.5,
            k_min: 1.1,
            protection: 5,
            outage: Duration::from_millis(500),
            outage_calls: 20,
            slow_ratio: Some(0.5),
            slow_factor: 3.0,
            slow_floor: Duration::from_millis(50),
            slow_calls: 20,
            patience: Duration::from_secs(10),
            probe_interval: Duration::from_millis(250),
            probe_gap: Duration::from_secs(1),
            probe_jitter: 0.5,
        }
    }
}

impl SreSettings {
    /// The time of one part of the window.
    pub(in crate::breaker) fn bucket(&self) -> Duration {
        self.window / self.buckets.max(1)
    }

    pub(super) fn validate(&self) -> Result<(), InvalidSetting> {
        let (least, most) = (Duration::from_secs(1), Duration::from_secs(600));
        within("window_ms", self.window, (least, most), "from 1 second to 10 minutes")?;
        within("buckets", self.buckets, (10, 400), "from 10 to 400")?;
        within("k", self.k, (1.0, 10.0), "from 1 to 10")?;
        within("k_min", self.k_min, (1.0, self.k), "from 1 to k")?;
        within("protection", self.protection, (0, 1_000_000), "at most 1,000,000")?;
        time("outage_ms", self.outage)?;
        calls("outage_calls", self.outage_calls)?;
        share("slow_ratio", self.slow_ratio)?;
        within("slow_factor", self.slow_factor, (1.5, 100.0), "from 1.5 to 100")?;
        time("slow_floor_ms", self.slow_floor)?;
        calls("slow_calls", self.slow_calls)?;
        time("patience_ms", self.patience)?;
        time("probe_interval_ms", self.probe_interval)?;
        time("probe_gap_ms", self.probe_gap)?;
        let shortest = (self.probe_interval, Duration::MAX);
        within("probe_gap_ms", self.probe_gap, shortest, "at least probe_interval_ms")?;
        jitter("probe_jitter", self.probe_jitter)
    }
}

fn calls(field: &'static str, value: u32) -> Result<(), InvalidSetting> {
    within(field, value, (1, 1_000_000), "from 1 to 1,000,000")
}
