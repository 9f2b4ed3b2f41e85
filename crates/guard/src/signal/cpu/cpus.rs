//! Which processors there are for this process.

use crate::signal::{
    Files,
    cgroup::{Branch, Version},
    cpu_list::CpuList,
    files::{whole_line, whole_lines},
};

/// The processors this process's cgroup was given, and those of them it may run on.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::signal) struct Cpus {
    /// How many its cgroup has.
    pub(super) granted: f64,
    /// How many it may use itself: fewer when it was pinned.
    pub(super) allowed: f64,
    /// Which those are, when that is known.
    pub(in crate::signal) list: Option<CpuList>,
}

impl Cpus {
    /// Asks the cgroup, the process's affinity and the machine, in that order, which are
    /// meant to be subsets of one another. Without an answer from any of them it is
    /// `parallelism` that counts, and without that nothing is known.
    pub(in crate::signal) fn read(
        files: &dyn Files,
        cpuset: Option<&Branch>,
        parallelism: Option<usize>,
    ) -> Option<Self> {
        let online = files.read("/sys/devices/system/cpu/online").ok();
        let online = online.and_then(|text| CpuList::parse(whole_line(&text)?));
        let granted = meet(cpuset.and_then(|branch| granted(files, branch)), online);
        let allowed = meet(affinity(files), granted.clone());
        let count = |list: &Option<CpuList>| match list {
            Some(list) => Some(list.count() as f64),
            None => parallelism.map(|count| count.max(1) as f64),
        };
        Some(Self { granted: count(&granted)?, allowed: count(&allowed)?, list: allowed })
    }
}

/// Those in both; of two lists that have nothing in common the first.
fn meet(first: Option<CpuList>, second: Option<CpuList>) -> Option<CpuList> {
    match (first, second) {
        (Some(first), Some(second)) => Some(first.intersection(&second).unwrap_or(first)),
        (first, second) => first.or(second),
    }
}

/// The nearest cgroup that says something: without the controller there is no file, and
/// its ancestors' holds.
fn granted(files: &dyn Files, branch: &Branch) -> Option<CpuList> {
    let names: &[&str] = match branch.version {
        Version::V2 => &["cpuset.cpus.effective"],
        Version::V1 => &["cpuset.effective_cpus", "cpuset.cpus"],
    };
    let mut texts = branch
        .folders
        .iter()
        .flat_map(|folder| names.iter().map(move |name| format!("{folder}/{name}")));
    texts.find_map(|path| CpuList::parse(whole_line(&files.read(&path).ok()?)?))
}

/// `Cpus_allowed_list` of `/proc/self/status` (proc.rst, table 1-2).
fn affinity(files: &dyn Files) -> Option<CpuList> {
    let status = files.read("/proc/self/status").ok()?;
    CpuList::parse(whole_lines(&status).find_map(|line| line.strip_prefix("Cpus_allowed_list:\t"))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::{FixtureFiles, cgroup::Place};

    fn counts(files: &FixtureFiles, parallelism: Option<usize>) -> Option<(f64, f64)> {
        let mount = "30 23 0:26 / /cg rw - cgroup2 cgroup2 rw\n";
        let place = Place::parse("0::/a/b\n", mount);
        let cpus = Cpus::read(files, place.cpuset.as_ref(), parallelism)?;
        Some((cpus.granted, cpus.allowed))
    }

    #[test]
    fn each_view_narrows_the_one_before() {
        let files = FixtureFiles::default();
        assert_eq!(counts(&files, None), None);
        assert_eq!(counts(&files, Some(3)), Some((3.0, 3.0)));
        files.write("/sys/devices/system/cpu/online", "0-7\n");
        assert_eq!(counts(&files, Some(3)), Some((8.0, 8.0)));
        files.write("/cg/cpuset.cpus.effective", "0-7\n");
        files.write("/cg/a/cpuset.cpus.effective", "4-7\n");
        assert_eq!(counts(&files, None), Some((4.0, 4.0)), "the parent's, as b has none");
        files.write("/proc/self/status", "Name:\tx\nCpus_allowed_list:\t5\n");
        assert_eq!(counts(&files, None), Some((4.0, 1.0)), "pinned");
        files.write("/proc/self/status", "Cpus_allowed_list:\t0-127\n");
        assert_eq!(counts(&files, None), Some((4.0, 4.0)), "processors that could be plugged in");
        files.write("/cg/a/cpuset.cpus.effective", "\n");
        assert_eq!(counts(&files, None), Some((8.0, 8.0)));
        files.write("/cg/a/cpuset.cpus.effective", "0-");
        files.write("/cg/cpuset.cpus.effective", "9-10\n");
        assert_eq!(
            counts(&files, None),
            Some((2.0, 2.0)),
            "the cgroup's word outweighs the machine's"
        );
    }
}
