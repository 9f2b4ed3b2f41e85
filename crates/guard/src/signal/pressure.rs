//! Pressure stall information: the share of time in which somebody waits.

use std::time::Duration;

use super::{Files, Measured, Source, cgroup::Branch, counter::Counter, files::whole_lines};
use crate::time::Instant;

const MICROS: f64 = 1e6;

/// What somebody may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource {
    Cpu,
    Memory,
}

/// The share of time in which tasks wait, by who waits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pressure {
    /// Somebody waits, since the last time.
    pub some: Measured,
    /// Everybody does, since the last time; `None` where the kernel does not say, as of
    /// the whole machine's processors.
    pub full: Option<f64>,
    /// Somebody waits, as the kernel averages it over ten seconds.
    pub some_avg10: f64,
}

/// Reads the pressure on one resource: of the process's own cgroup, else of the machine.
#[derive(Debug)]
pub(super) struct PressureMeter {
    resource: Resource,
    /// Where to look, the best first.
    paths: Vec<(String, Source)>,
    /// The one that answered last; another one's counters are not to be compared.
    last: Option<Source>,
    some: Counter,
    full: Counter,
}

impl PressureMeter {
    pub(super) fn new(resource: Resource, stale_after: Duration) -> Self {
        let (some, full) = (Counter::new(stale_after), Counter::new(stale_after));
        let mut meter = Self { resource, paths: Vec::new(), last: None, some, full };
        meter.move_to(None);
        meter
    }

    /// The process is in this cgroup of the unified hierarchy now.
    pub(super) fn move_to(&mut self, unified: Option<&Branch>) {
        let name = match self.resource {
            Resource::Cpu => "cpu",
            Resource::Memory => "memory",
        };
        let own = unified.and_then(|branch| branch.folders.first());
        let own = own.map(|folder| (format!("{folder}/{name}.pressure"), Source::CgroupV2));
        let host = (format!("/proc/pressure/{name}"), Source::Host);
        self.paths = own.into_iter().chain([host]).collect();
        self.last = None;
    }

    /// The pressure since the last time. It comes from the kernel's stall time, which is
    /// summed up at every reading (`psi_show` in kernel/sched/psi.c); the average over ten
    /// seconds takes nine to tell of an overload, and serves the first time only.
    pub(super) fn read(&mut self, now: Instant, files: &dyn Files) -> Option<Pressure> {
        let (stalls, source) = self
            .paths
            .iter()
            .find_map(|(path, source)| Some((Stalls::parse(&files.read(path).ok()?)?, *source)))?;
        let is_first = self.last.replace(source) != Some(source);
        let some = share(&mut self.some, now, stalls.some);
        let full = stalls.full.map(|full| share(&mut self.full, now, full));
        let some = if is_first { Some(stalls.some.avg10) } else { some };
        // Of the machine it is not defined, and printed as zero (`psi_show`).
        let full = full.filter(|_| (self.resource, source) != (Resource::Cpu, Source::Host));
        Some(Pressure {
            some: Measured { share: some?, source },
            full: full.flatten(),
            some_avg10: stalls.some.avg10,
        })
    }
}

fn share(counter: &mut Counter, now: Instant, stall: Stall) -> Option<f64> {
    // Time is summed up over processors one after the other: a reading may be a little
    // ahead of its moment.
    counter.rate(now, stall.total_micros).map(|micros| (micros / MICROS).min(1.0))
}

/// The text of a pressure file.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stalls {
    some: Stall,
    full: Option<Stall>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Stall {
    avg10: f64,
    total_micros: u64,
}

impl Stalls {
    /// Lines of `some|full avg10=P avg60=P avg300=P total=US`, with shares in percent
    /// (psi.rst, "Pressure interface"). Older kernels have no line `full` of processors.
    fn parse(text: &str) -> Option<Self> {
        let line = |word| whole_lines(text).find_map(|line| line.strip_prefix(word));
        let full = match line("full ") {
            Some(full) => Some(Stall::parse(full)?),
            None => None,
        };
        Some(Self { some: Stall::parse(line("some ")?)?, full })
    }
}

impl Stall {
    fn parse(line: &str) -> Option<Self> {
        let value = |key| line.split_ascii_whitespace().find_map(|field| field.strip_prefix(key));
        let percent: f64 = value("avg10=")?.parse().ok()?;
        let avg10 = percent / 100.0;
        // Written so that what is not a number is refused as well.
        if !(0.0..=1.0).contains(&avg10) {
            return None;
        }
        Some(Self { avg10, total_micros: value("total=")?.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::signal::{FixtureFiles, cgroup::Place};

    fn text(some_avg10: &str, some: u64, full: u64) -> String {
        format!(
            "some avg10={some_avg10} avg60=1.46 avg300=3.50 total={some}\n\
             full avg10=0.50 avg60=0.00 avg300=0.00 total={full}\n"
        )
    }

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    fn meter(resource: Resource) -> PressureMeter {
        PressureMeter::new(resource, Duration::from_secs(1))
    }

    #[test]
    fn the_first_reading_is_the_average_and_later_ones_are_of_the_moment() {
        let (files, mut cpu) = (FixtureFiles::default(), meter(Resource::Cpu));
        files.write("/proc/pressure/cpu", text("12.50", 1_000_000, 0));
        let first = cpu.read(at(0), &files).unwrap();
        assert_eq!((first.some.share, first.some.source), (0.125, Source::Host));
        files.write("/proc/pressure/cpu", text("13.00", 1_040_000, 0));
        let second = cpu.read(at(50), &files).unwrap();
        assert!((second.some.share - 0.8).abs() < 1e-9, "40 of 50 ms: {second:?}");
        assert_eq!((second.some_avg10, second.full), (0.13, None), "the machine has no full");
    }

    #[test]
    fn the_own_cgroup_is_asked_first_and_the_machine_when_it_does_not_answer() {
        let (files, mut cpu) = (FixtureFiles::default(), meter(Resource::Cpu));
        let place = Place::parse("0::/a\n", "30 23 0:26 / /cg rw - cgroup2 cgroup2 rw\n");
        cpu.move_to(place.unified.as_ref());
        files.write("/cg/a/cpu.pressure", text("1.00", 0, 0));
        files.write("/proc/pressure/cpu", text("90.00", 5_000_000, 0));
        assert_eq!(cpu.read(at(0), &files).unwrap().some.source, Source::CgroupV2);
        files.write("/cg/a/cpu.pressure", text("1.00", 10_000, 5_000));
        let own = cpu.read(at(100), &files).unwrap();
        assert_eq!((own.some.share, own.full), (0.1, Some(0.05)));
        files.remove("/cg/a/cpu.pressure");
        let host = cpu.read(at(200), &files).unwrap();
        assert_eq!((host.some.source, host.some.share), (Source::Host, 0.9));
    }

    #[test]
    fn counters_that_go_back_and_files_that_go_away_say_nothing() {
        let (files, mut memory) = (FixtureFiles::default(), meter(Resource::Memory));
        assert_eq!(memory.read(at(0), &files), None);
        files.write("/proc/pressure/memory", text("0.00", 1_000, 0));
        assert!(memory.read(at(50), &files).is_some());
        files.write("/proc/pressure/memory", text("0.00", 500, 0));
        assert_eq!(memory.read(at(100), &files), None);
        files.write("/proc/pressure/memory", text("0.00", 25_500, 0));
        let after = memory.read(at(150), &files).unwrap();
        assert_eq!((after.some.share, after.full), (0.5, Some(0.0)));
    }

    #[test]
    fn texts_that_are_cut_or_wrong_are_refused() {
        let whole = text("1.00", 5, 5);
        assert!(Stalls::parse(&whole).is_some());
        let some_only = whole.split_inclusive('\n').next().unwrap();
        assert_eq!(Stalls::parse(some_only).unwrap().full, None);
        for bad in
            ["", "some", "some avg10=1.00 avg60=0.00", "full avg10=0.00 total=1", &whole[..40]]
        {
            assert_eq!(Stalls::parse(bad), None, "{bad:?}");
        }
        for percent in ["NaN", "-1.00", "100.01", "inf", "x"] {
            assert_eq!(Stalls::parse(&text(percent, 1, 1)), None, "{percent}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_pressure_or_not(texts in prop::collection::vec(
            "((some|full) avg10=[0-9.]* avg60=0 avg300=0 total=[0-9]*\n){0,2}|.*", 1..4,
        )) {
            let (files, mut cpu) = (FixtureFiles::default(), meter(Resource::Memory));
            for (text, number) in texts.into_iter().zip(0..) {
                files.write("/proc/pressure/memory", text);
                let share = cpu.read(at(50 * number), &files).map(|pressure| pressure.some.share);
                prop_assert!(share.is_none_or(|share| (0.0..=1.0).contains(&share)));
            }
        }
    }
}
