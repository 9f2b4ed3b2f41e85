//! How busy the processors are, whoever uses them.

use crate::signal::{Files, cpu_list::CpuList, files::whole_lines};

/// The share of processor time that is used, by anybody. A hog outside this process's
/// cgroup shows here and nowhere else.
#[derive(Debug, Default)]
pub(in crate::signal) struct HostCpu {
    last: Option<(Option<CpuList>, Times)>,
}

impl HostCpu {
    /// The share that was used since it was last read, of the processors in `cpus` alone
    /// when they are known: that others are idle is of no use to a process that may not
    /// run on them.
    pub(in crate::signal) fn share(
        &mut self,
        files: &dyn Files,
        cpus: Option<&CpuList>,
    ) -> Option<f64> {
        let times = Times::parse(&files.read("/proc/stat").ok()?, cpus)?;
        let (last_cpus, last) = self.last.replace((cpus.cloned(), times))?;
        if last_cpus.as_ref() != cpus {
            return None;
        }
        let busy = times.busy.checked_sub(last.busy)?;
        let idle = times.idle.checked_sub(last.idle)?;
        let all = busy.checked_add(idle).filter(|all| *all > 0)?;
        Some(busy as f64 / all as f64)
    }
}

/// Ticks of one or several processors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Times {
    busy: u64,
    idle: u64,
}

impl Times {
    /// Sums the processors of `/proc/stat` that are in `cpus`; without any, its line for
    /// all of them.
    fn parse(text: &str, cpus: Option<&CpuList>) -> Option<Self> {
        let mut total = None;
        let mut ours: Option<Self> = None;
        for line in whole_lines(text) {
            // Those lines come first, and many long ones after them.
            let Some(line) = line.strip_prefix("cpu") else { break };
            let (number, fields) = line.split_once(' ')?;
            if number.is_empty() {
                total = Some(Self::of_fields(fields)?);
                if cpus.is_none() {
                    break;
                }
            } else if cpus.is_some_and(|cpus| number.parse().is_ok_and(|cpu| cpus.contains(cpu))) {
                let (sum, times) = (ours.unwrap_or_default(), Self::of_fields(fields)?);
                ours = Some(Self {
                    busy: sum.busy.checked_add(times.busy)?,
                    idle: sum.idle.checked_add(times.idle)?,
                });
            }
        }
        ours.or(total)
    }

    /// `user nice system idle iowait irq softirq steal …` (proc.rst, "Miscellaneous kernel statistics in /proc/stat"). Time
    /// stolen by other guests of the hypervisor is as gone as if it were used here. Guests
    /// of this machine follow, and are in `user` already.
    fn of_fields(fields: &str) -> Option<Self> {
        let fields: Option<Vec<u64>> =
            fields.split_ascii_whitespace().take(8).map(|field| field.parse().ok()).collect();
        match *fields?.as_slice() {
            [user, nice, system, idle, iowait, irq, softirq, steal] => {
                let busy = [user, nice, system, irq, softirq, steal];
                let busy = busy.into_iter().try_fold(0_u64, u64::checked_add)?;
                Some(Self { busy, idle: idle.checked_add(iowait)? })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::signal::FixtureFiles;

    fn read(cpu: &mut HostCpu, text: &str, cpus: Option<&str>) -> Option<f64> {
        let files = FixtureFiles::default();
        files.write("/proc/stat", text);
        cpu.share(&files, cpus.and_then(CpuList::parse).as_ref())
    }

    #[test]
    fn the_share_is_of_the_processors_this_process_may_use() {
        let first =
            "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0\nintr 1\n";
        let then =
            "cpu  90 0 5 95 5 3 1 1 0 0\ncpu0 90 0 5 0 0 3 1 1\ncpu1 0 0 0 95 5 0 0 0\nintr 1\n";
        for (cpus, share) in [(None, 0.5), (Some("0"), 1.0), (Some("1"), 0.0), (Some("7"), 0.5)] {
            let mut cpu = HostCpu::default();
            assert_eq!(read(&mut cpu, first, cpus), None);
            assert_eq!(read(&mut cpu, then, cpus), Some(share), "{cpus:?}");
            assert_eq!(read(&mut cpu, then, cpus), None, "no time has passed");
        }
    }

    #[test]
    fn what_makes_no_sense_is_unknown_and_the_next_reading_counts_from_it() {
        let mut cpu = HostCpu::default();
        read(&mut cpu, "cpu  10 0 0 10 0 0 0 0\n", None);
        assert_eq!(read(&mut cpu, "cpu  5 0 0 20 0 0 0 0\n", None), None, "went back");
        assert_eq!(read(&mut cpu, "cpu  10 0 0 25 0 0 0 0\n", None), Some(0.5));
        assert_eq!(read(&mut cpu, "cpu  20 0 0 30 0 0 0 0\n", Some("0")), None, "other processors");
        for text in [
            "",
            "cpu\n",
            "cpu  1 2 3\n",
            "cpu  1 2 3 4 5 6 7 x\n",
            "cpu  1 2 3 4 5 6 7 8",
            "intr 5\n",
            "cpu0 1 2 3 4 5 6 7 8\n",
        ] {
            assert_eq!(read(&mut cpu, text, None), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_share_or_not(texts in prop::collection::vec("(cpu[0-9]? [0-9 ]*\n){0,3}|.*", 1..4)) {
            let mut cpu = HostCpu::default();
            for text in texts {
                let share = read(&mut cpu, &text, Some("0-3"));
                prop_assert!(share.is_none_or(|share| (0.0..=1.0).contains(&share)));
            }
        }
    }
}
