//! One cgroup's use of the CPU.

use std::time::Duration;

use super::bandwidth::Bandwidth;
use crate::{
    signal::{
        Files, SignalSettings,
        cgroup::{Version, is_without, value_of},
        counter::Counter,
        files::{Text, whole_line},
    },
    time::Instant,
};

/// The most that one tick may say. A tick of half a period may see two periods' quota
/// used, and must be allowed to: the next tick sees none, and their mean is the truth.
/// More than that is a clock that slipped.
const SHARE_MAX: f64 = 4.0;
const NANOS: f64 = 1e9;

/// A cgroup that this process is in, its own or one above.
#[derive(Debug)]
pub(super) struct Level {
    version: Version,
    folder: String,
    /// Where its use is counted. `None` when that hierarchy does not hold the same
    /// cgroups as the one of limits: then the process's own use stands in.
    usage_folder: Option<String>,
    bandwidth: Option<Bandwidth>,
    bandwidth_at: Instant,
    usage: Counter,
    throttled: Counter,
    throttled_until: Instant,
    throttled_share: f64,
    stale_after: Duration,
}

/// What the counters say at one moment, in nanoseconds.
#[derive(Debug, Default)]
struct Counts {
    usage: Option<u64>,
    throttled: Option<u64>,
}

impl Level {
    /// `None` when there is no such cgroup to be seen.
    pub(super) fn find(
        version: Version,
        folder: &str,
        usage_folder: Option<&str>,
        files: &dyn Files,
        settings: &SignalSettings,
    ) -> Option<Self> {
        let level = Self {
            version,
            folder: folder.to_owned(),
            usage_folder: usage_folder.map(str::to_owned),
            bandwidth: None,
            bandwidth_at: Instant::START,
            usage: Counter::new(settings.stale_after),
            throttled: Counter::new(settings.stale_after),
            throttled_until: Instant::START,
            throttled_share: settings.throttled,
            stale_after: settings.stale_after,
        };
        level.is_there(files).then_some(level)
    }

    /// Whether the folder is a cgroup, whatever controllers it has. One that cannot be
    /// read is there as well.
    fn is_there(&self, files: &dyn Files) -> bool {
        let names = match self.version {
            Version::V2 => ["cgroup.controllers", "cpu.stat"],
            Version::V1 => ["cpu.shares", "cpu.cfs_quota_us"],
        };
        let text = |name: &&str| Text::of(files, &format!("{}/{name}", self.folder));
        names.iter().any(|name| !matches!(text(name), Text::Missing))
    }

    /// Reads the limit. One that cannot be read stays as it was for a while.
    pub(super) fn read_bandwidth(&mut self, now: Instant, files: &dyn Files) {
        let read = self.bandwidth_now(files);
        if read.is_some() {
            self.bandwidth_at = now;
        }
        if read.is_some() || now - self.bandwidth_at > self.stale_after {
            self.bandwidth = read;
        }
    }

    /// `None` when it cannot be told. A missing file is no limit only where none should be.
    fn bandwidth_now(&self, files: &dyn Files) -> Option<Bandwidth> {
        let text = |name: &str| Text::of(files, &format!("{}/{name}", self.folder));
        match self.version {
            Version::V2 => match text("cpu.max") {
                Text::Read(text) => Bandwidth::parse_v2(&text),
                Text::Missing => {
                    is_without(files, &self.folder, "cpu").then_some(Bandwidth::Unlimited)
                }
                Text::Failed => None,
            },
            Version::V1 => match (text("cpu.cfs_quota_us"), text("cpu.cfs_period_us")) {
                (Text::Read(quota), Text::Read(period)) => Bandwidth::parse_v1(&quota, &period),
                // A kernel built without bandwidth control.
                (Text::Missing, Text::Missing) => {
                    self.is_there(files).then_some(Bandwidth::Unlimited)
                }
                _ => None,
            },
        }
    }

    /// `None` while the limit is not known.
    pub(super) const fn bandwidth(&self) -> Option<Bandwidth> {
        self.bandwidth
    }

    /// Whether the process itself must be asked for its use.
    pub(super) const fn needs_process(&self) -> bool {
        self.usage_folder.is_none()
    }

    /// The used share of `cores` since the last time; above 1 for moments. 1 at least
    /// while the cgroup is held back: whatever its average, work waits that could run.
    pub(super) fn share(
        &mut self,
        now: Instant,
        files: &dyn Files,
        cores: f64,
        process: Option<f64>,
    ) -> Option<f64> {
        let counts = self.counts(files);
        if let Some(Bandwidth::Limited { period, .. }) = self.bandwidth {
            let held_back = counts.throttled.and_then(|nanos| self.throttled.rate(now, nanos));
            if held_back.is_some_and(|nanos| nanos / NANOS > self.throttled_share) {
                // Time is counted when the cgroup is let go, once a period.
                self.throttled_until = now + period;
            }
        }
        let used = match counts.usage {
            Some(nanos) => self.usage.rate_when_moved(now, nanos).map(|nanos| nanos / NANOS),
            None if self.needs_process() => process,
            None => None,
        };
        let share = used.map(|used| (used / cores).min(SHARE_MAX));
        if now < self.throttled_until { Some(share.unwrap_or(1.0).max(1.0)) } else { share }
    }

    /// `usage_usec` and `throttled_usec` of `cpu.stat` (cgroup-v2.rst, "CPU Interface
    /// Files"); `cpuacct.usage` (cpuacct.rst) and `throttled_time` of `cpu.stat`
    /// (sched-bwc.rst, "Statistics").
    fn counts(&self, files: &dyn Files) -> Counts {
        let is_limited = matches!(self.bandwidth, Some(Bandwidth::Limited { .. }));
        let stat = || files.read(&format!("{}/cpu.stat", self.folder)).ok();
        match self.version {
            Version::V2 => stat().map_or_else(Counts::default, |stat| {
                let nanos = |key| value_of(&stat, key)?.checked_mul(1_000);
                Counts { usage: nanos("usage_usec"), throttled: nanos("throttled_usec") }
            }),
            Version::V1 => {
                let usage =
                    self.usage_folder.as_ref().map(|folder| format!("{folder}/cpuacct.usage"));
                let usage =
                    usage.and_then(|path| whole_line(&files.read(&path).ok()?)?.parse().ok());
                let stat = if is_limited { stat() } else { None };
                let throttled = stat.and_then(|stat| value_of(&stat, "throttled_time"));
                Counts { usage, throttled }
            }
        }
    }
}
