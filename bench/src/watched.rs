//! A process seen through `/proc`: its processor time and its memory.

use std::time::Duration;

use anyhow::Context as _;

/// The process whose cost is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched {
    pid: u32,
}

impl Watched {
    /// The process with this id.
    pub(crate) const fn new(pid: u32) -> Self {
        Self { pid }
    }

    /// Processor time of all its threads since it started, in user and kernel mode.
    pub(crate) fn processor_time(self) -> anyhow::Result<Duration> {
        let path = format!("/proc/{}/stat", self.pid);
        let stat = std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        let ticks = ticks(&stat).with_context(|| format!("parsing {path}"))?;
        let per_second = rustix::param::clock_ticks_per_second();
        Ok(Duration::from_secs_f64(as_f64(ticks) / as_f64(per_second)))
    }

    /// Resident memory in bytes.
    pub(crate) fn resident_bytes(self) -> anyhow::Result<u64> {
        let path = format!("/proc/{}/status", self.pid);
        let status = std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        resident(&status).with_context(|| format!("no VmRSS in {path}"))
    }
}

/// A count as a float; counts here are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "ticks and bytes here are far below 2^53")]
pub(crate) const fn as_f64(count: u64) -> f64 {
    count as f64
}

/// Fields 14 and 15 (utime, stime) of proc(5)'s stat. The second field is a name in
/// parentheses that may hold anything, so counting starts after the last one.
fn ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let kernel: u64 = fields.next()?.parse().ok()?;
    Some(user + kernel)
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_a_name_with_parentheses() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 10 0 0 0 350 150 7 8 20 0 4 0 99";
        assert_eq!(ticks(stat), Some(500));
        assert_eq!(ticks("42 (cut"), None);
    }

    #[test]
    fn our_own_process_has_memory_and_processor_time() {
        let own = Watched::new(std::process::id());
        assert!(own.resident_bytes().unwrap() > 100 * 1024);
        assert!(own.processor_time().is_ok());
    }
}
