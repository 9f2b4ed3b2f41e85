//! This process's use of what it may use.

use super::{Cpus, level::Level, process::Process};
use crate::{
    signal::{
        Files, SignalSettings, Source,
        cgroup::{Place, Version},
    },
    time::Instant,
};

/// The chain of sources for the CPU that this process shares with nobody, or with those
/// under the same limits: its cgroups, else itself.
#[derive(Debug)]
pub(in crate::signal) struct OwnCpu {
    settings: SignalSettings,
    source: Source,
    /// The process's own cgroup first. Empty when none is visible.
    levels: Vec<Level>,
    /// When they last said something.
    levels_at: Instant,
    process: Process,
}

impl OwnCpu {
    pub(in crate::signal) fn new(settings: &SignalSettings) -> Self {
        let process = Process::new(settings.stale_after);
        Self {
            settings: settings.clone(),
            source: Source::Process,
            levels: Vec::new(),
            levels_at: Instant::START,
            process,
        }
    }

    /// The process is in these cgroups now.
    pub(in crate::signal) fn move_to(&mut self, now: Instant, place: &Place, files: &dyn Files) {
        self.levels.clear();
        self.levels_at = now;
        let Some(cpu) = &place.cpu else { return };
        let (source, counted) = match cpu.version {
            Version::V2 => (Source::CgroupV2, Some(cpu)),
            Version::V1 => {
                let counted = place.cpuacct.as_ref().filter(|cpuacct| cpuacct.is_beside(cpu));
                // Otherwise all that is known of is what the process itself uses.
                let source = if counted.is_some() { Source::CgroupV1 } else { Source::Process };
                (source, counted)
            }
        };
        self.source = source;
        for (number, folder) in cpu.folders.iter().enumerate() {
            let counted = counted.and_then(|branch| branch.folders.get(number)).map(String::as_str);
            self.levels.extend(Level::find(cpu.version, folder, counted, files, &self.settings));
        }
    }

    /// Whether there are cgroups to be seen, or none that should be.
    pub(in crate::signal) const fn has_settled(&self, place: &Place) -> bool {
        place.cpu.is_none() || !self.levels.is_empty()
    }

    /// Reads the limits anew: they may be changed at any time.
    pub(in crate::signal) fn read_limits(&mut self, now: Instant, files: &dyn Files) {
        for level in &mut self.levels {
            level.read_bandwidth(now, files);
        }
    }

    /// Processors' worth of time this process may use: the tightest of all limits. `None`
    /// when one of them is not known, because then none of them can be said to hold.
    pub(in crate::signal) fn limit(&self, cpus: &Cpus) -> Option<f64> {
        self.levels.iter().try_fold(cpus.allowed, |tightest, level| {
            Some(level.bandwidth()?.cores().map_or(tightest, |cores| cores.min(tightest)))
        })
    }

    /// The used share since the last time, of whichever limit is nearest to being used up;
    /// above 1 for moments. `None` when there is nothing new or nothing to be trusted.
    pub(in crate::signal) fn share(
        &mut self,
        now: Instant,
        files: &dyn Files,
        cpus: &Cpus,
    ) -> Option<(f64, Source)> {
        let limit = self.limit(cpus)?;
        // A process that was pinned to some of its cgroup's processors may fill them
        // while the cgroup has others left.
        let is_pinned = cpus.allowed < cpus.granted;
        let needs_process = self.levels.iter().any(Level::needs_process);
        // A moment's silence of the cgroups is waited out: the process's own use is
        // something else, and one average of both would be of neither.
        let are_silent = now - self.levels_at > self.settings.stale_after / 2;
        let mut process = None;
        if is_pinned || needs_process || are_silent || self.levels.is_empty() {
            process = self.process.cores(now, files);
        }
        let cgroup = self.cgroup_share(now, files, cpus, process);
        if cgroup.is_some() {
            self.levels_at = now;
        }
        let process = process.map(|cores| cores / limit);
        match (cgroup, process) {
            (Some(cgroup), process) if is_pinned => {
                Some((process.map_or(cgroup, |process| process.max(cgroup)), Source::Process))
            }
            (Some(cgroup), _) => Some((cgroup, self.source)),
            (None, Some(process)) if are_silent || self.levels.is_empty() => {
                Some((process, Source::Process))
            }
            (None, _) => None,
        }
    }

    /// The largest share of any level. All of them or none: the one that could not be
    /// read may be the one that is used up.
    fn cgroup_share(
        &mut self,
        now: Instant,
        files: &dyn Files,
        cpus: &Cpus,
        process: Option<f64>,
    ) -> Option<f64> {
        let mut largest: Option<f64> = None;
        let mut all_known = true;
        for (number, level) in self.levels.iter_mut().enumerate() {
            let limit = level.bandwidth()?.cores();
            let cores = match (number, limit) {
                (0, limit) => limit.map_or(cpus.granted, |limit| limit.min(cpus.granted)),
                (_, Some(limit)) => limit,
                (_, None) => continue,
            };
            // Each is asked, also behind one that is not known, or its counter would
            // fall behind.
            let share = level.share(now, files, cores, process);
            all_known &= share.is_some();
            largest = largest.into_iter().chain(share).reduce(f64::max);
        }
        if all_known { largest } else { None }
    }
}
