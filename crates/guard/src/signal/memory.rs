//! How full the memory is that this process may use.

use super::{
    Files, Measured, Source,
    cgroup::{Branch, Place, Version, is_without, value_of},
    files::{Text, whole_line, whole_lines},
};

/// The memory this process may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Memory {
    /// The used share of whichever limit is nearest to being used up. Pages of files that
    /// the kernel would drop first do not count as used.
    pub used: Measured,
    /// The tightest of all limits, in bytes.
    pub limit_bytes: u64,
}

/// Reads all limits that hold for a process, of its cgroups and of the machine. `None`
/// when one of them cannot be read: it may be the one that is reached.
pub(super) fn read(files: &dyn Files, place: &Place) -> Option<Memory> {
    let machine = Use::of_machine(files);
    let mut tightest = machine;
    let mut limit_bytes = machine.map(|machine| machine.limit);
    if let Some(branch) = &place.memory {
        for folder in &branch.folders {
            let Some(level) = Use::of_cgroup(files, branch, folder)? else { continue };
            if machine.is_some_and(|machine| level.limit >= machine.limit) {
                continue;
            }
            limit_bytes = limit_bytes.into_iter().chain([level.limit]).min();
            tightest = match tightest {
                Some(other) if other.share() >= level.share() => Some(other),
                _ => Some(level),
            };
        }
    }
    let tightest = tightest?;
    let used = Measured { share: tightest.share(), source: tightest.source };
    Some(Memory { used, limit_bytes: limit_bytes? })
}

/// What is used of one limit, in bytes.
#[derive(Debug, Clone, Copy)]
struct Use {
    used: u64,
    limit: u64,
    source: Source,
}

impl Use {
    fn share(&self) -> f64 {
        (self.used as f64 / self.limit.max(1) as f64).min(1.0)
    }

    /// `MemTotal` and `MemAvailable` of `/proc/meminfo` (proc.rst, "meminfo").
    fn of_machine(files: &dyn Files) -> Option<Self> {
        let text = files.read("/proc/meminfo").ok()?;
        let bytes = |key| {
            let line = whole_lines(&text).find_map(|line| line.strip_prefix(key))?;
            line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
        };
        let (limit, available) = (bytes("MemTotal:")?, bytes("MemAvailable:")?);
        let used = limit.checked_sub(available).filter(|_| limit > 0)?;
        Some(Self { used, limit, source: Source::Host })
    }

    /// `None` when what is there cannot be read; `Some(None)` when there is no limit.
    fn of_cgroup(files: &dyn Files, branch: &Branch, folder: &str) -> Option<Option<Self>> {
        let text = |name| Text::of(files, &format!("{folder}/{name}"));
        let read = |name| match text(name) {
            Text::Read(text) => Some(text),
            Text::Missing | Text::Failed => None,
        };
        let (limit_name, used_name, cached_key) = match branch.version {
            Version::V2 => ("memory.max", "memory.current", "inactive_file"),
            Version::V1 => {
                ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            }
        };
        let source = match branch.version {
            Version::V2 => Source::CgroupV2,
            Version::V1 => Source::CgroupV1,
        };
        let limit: u64 = match text(limit_name) {
            Text::Read(text) if text == "max\n" => return Some(None),
            Text::Read(text) => whole_line(&text)?.parse().ok()?,
            Text::Missing if branch.version == Version::V2 => {
                return is_without(files, folder, "memory").then_some(None);
            }
            Text::Missing | Text::Failed => return None,
        };
        let stat = read("memory.stat")?;
        // Ancestors that are not visible limit as well, and the first version says so
        // (cgroup-v1/memory.rst, "stat file").
        let limit =
            value_of(&stat, "hierarchical_memory_limit").map_or(limit, |above| limit.min(above));
        if limit >= UNLIMITED {
            return Some(None);
        }
        let used: u64 = whole_line(&read(used_name)?)?.parse().ok()?;
        let used = used.saturating_sub(value_of(&stat, cached_key)?);
        Some(Some(Self { used, limit, source }))
    }
}

/// Without a limit the first version answers the most its counters hold, whole pages: a
/// little less than 2^63.
const UNLIMITED: u64 = 1 << 62;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::signal::FixtureFiles;

    const MIB: u64 = 1 << 20;

    fn machine() -> FixtureFiles {
        let files = FixtureFiles::default();
        let text = "MemTotal:       8388608 kB\nMemFree: 1 kB\nMemAvailable:    6291456 kB\n";
        files.write("/proc/meminfo", text);
        files
    }

    fn v2(files: &FixtureFiles, folder: &str, max: &str, current: u64, inactive_file: u64) {
        files.write(&format!("{folder}/cgroup.controllers"), "memory\n");
        files.write(&format!("{folder}/cgroup.type"), "domain\n");
        files.write(&format!("{folder}/memory.max"), format!("{max}\n"));
        files.write(&format!("{folder}/memory.current"), format!("{current}\n"));
        let stat = format!("anon 1\ninactive_file {inactive_file}\nactive_file 3\n");
        files.write(&format!("{folder}/memory.stat"), stat);
    }

    fn place_v2() -> Place {
        Place::parse("0::/pod/app\n", "30 23 0:26 / /cg rw - cgroup2 cgroup2 rw\n")
    }

    fn found(memory: Option<Memory>) -> Option<(f64, Source, u64)> {
        memory.map(|memory| (memory.used.share, memory.used.source, memory.limit_bytes / MIB))
    }

    #[test]
    fn of_nested_limits_the_tightest_is_told_and_the_fullest() {
        let files = machine();
        files.write("/cg/cgroup.controllers", "memory\n");
        v2(&files, "/cg/pod", &(1024 * MIB).to_string(), 900 * MIB, 4 * MIB);
        v2(&files, "/cg/pod/app", &(512 * MIB).to_string(), 300 * MIB, 44 * MIB);
        assert_eq!(found(read(&files, &place_v2())), Some((0.875, Source::CgroupV2, 512)));
        v2(&files, "/cg/pod/app", "max", 300 * MIB, 44 * MIB);
        assert_eq!(found(read(&files, &place_v2())), Some((0.875, Source::CgroupV2, 1024)));
        v2(&files, "/cg/pod", "max", 900 * MIB, 0);
        assert_eq!(found(read(&files, &place_v2())), Some((0.25, Source::Host, 8192)));
    }

    #[test]
    fn the_first_version_tells_of_limits_that_are_not_visible() {
        let files = machine();
        let place =
            Place::parse("3:memory:/a\n", "30 23 0:26 /a /cg rw - cgroup cgroup rw,memory\n");
        let write = |limit: u64, above: u64| {
            files.write("/cg/memory.limit_in_bytes", format!("{limit}\n"));
            files.write("/cg/memory.usage_in_bytes", format!("{}\n", 96 * MIB));
            let stat = format!(
                "inactive_file 5\nhierarchical_memory_limit {above}\ntotal_inactive_file {}\n",
                32 * MIB
            );
            files.write("/cg/memory.stat", stat);
        };
        write(256 * MIB, 128 * MIB);
        assert_eq!(found(read(&files, &place)), Some((0.5, Source::CgroupV1, 128)));
        write(9_223_372_036_854_771_712, 9_223_372_036_854_771_712);
        assert_eq!(found(read(&files, &place)), Some((0.25, Source::Host, 8192)));
        files.remove("/cg");
        assert_eq!(read(&files, &place), None, "a limit that cannot be seen any more");
    }

    #[test]
    fn a_limit_that_cannot_be_read_is_not_taken_for_none() {
        let files = machine();
        for folder in ["/cg", "/cg/pod", "/cg/pod/app"] {
            v2(&files, folder, "max", 0, 0);
        }
        for bad in ["", "x", "-1", "18446744073709551616"] {
            v2(&files, "/cg/pod", bad, 0, 0);
            assert_eq!(read(&files, &place_v2()), None, "{bad:?}");
        }
        v2(&files, "/cg/pod", "1048576", 0, 0);
        for file in ["memory.max", "memory.stat", "memory.current"] {
            files.remove(&format!("/cg/pod/{file}"));
            assert_eq!(read(&files, &place_v2()), None, "{file}");
            v2(&files, "/cg/pod", "1048576", 0, 0);
        }
        assert!(read(&files, &place_v2()).is_some());
        files.write("/proc/meminfo", "MemTotal: 5");
        assert_eq!(found(read(&files, &place_v2())), Some((0.0, Source::CgroupV2, 1)));
        assert_eq!(read(&files, &Place::default()), None);
    }

    proptest! {
        #[test]
        fn any_texts_are_memory_or_not(
            max in "max\n|[0-9]*\n|.*", current in "[0-9]*\n|.*",
            stat in "inactive_file [0-9]*\n|.*", meminfo in "MemTotal: [0-9]* kB\nMemAvailable: [0-9]* kB\n|.*",
        ) {
            let files = machine();
            files.write("/proc/meminfo", meminfo);
            for (file, text) in [("memory.max", max), ("memory.current", current), ("memory.stat", stat)] {
                files.write(&format!("/cg/pod/app/{file}"), text);
            }
            for folder in ["/cg", "/cg/pod"] {
                v2(&files, folder, "max", 0, 0);
            }
            let share = read(&files, &place_v2()).map(|memory| memory.used.share);
            prop_assert!(share.is_none_or(|share| (0.0..=1.0).contains(&share)));
        }
    }
}
