//! All that the machine's files say, each as often as it is worth.

use std::time::Duration;

use super::{
    Files, Readings, SignalSettings,
    cgroup::Place,
    cpu::{Cpus, HostCpu, OwnCpu},
    memory,
    pressure::{PressureMeter, Resource},
};
use crate::time::Instant;

/// Reads the machine's state from its files. What it reads through [`Files`] is all it
/// knows, so the same files give the same readings.
#[derive(Debug)]
pub struct Sensors {
    settings: SignalSettings,
    parallelism: Option<usize>,
    /// `/proc/self/cgroup` when the place was looked up.
    membership: Option<String>,
    place: Place,
    cpus: Option<Cpus>,
    own: OwnCpu,
    host: HostCpu,
    pressure: PressureMeter,
    memory_pressure: PressureMeter,
    host_due: Due,
    limits_due: Due,
    slow_due: Due,
}

impl Sensors {
    /// Sensors that have read nothing yet. `parallelism` is how many processors there are
    /// where no file says so, such as
    /// [`available_parallelism`](std::thread::available_parallelism).
    pub fn new(settings: SignalSettings, parallelism: Option<usize>) -> Self {
        let meter = |resource, every| PressureMeter::new(resource, settings.stale_after + every);
        Self {
            parallelism,
            membership: None,
            place: Place::default(),
            cpus: None,
            own: OwnCpu::new(&settings),
            host: HostCpu::default(),
            pressure: meter(Resource::Cpu, Duration::ZERO),
            memory_pressure: meter(Resource::Memory, settings.slow),
            host_due: Due::default(),
            limits_due: Due::default(),
            slow_due: Due::default(),
            settings,
        }
    }

    /// What is new at `now`, once a tick of the settings. The first time, counters have
    /// nothing to be compared with.
    pub fn read(&mut self, now: Instant, files: &dyn Files) -> Readings {
        let mut readings = Readings::default();
        if self.slow_due.is_due(now, self.settings.slow) {
            self.find_place(now, files);
            let cpuset = self.place.cpuset.as_ref();
            self.cpus = Cpus::read(files, cpuset, self.parallelism);
            readings.memory = memory::read(files, &self.place);
            readings.memory_pressure = self.memory_pressure.read(now, files);
        }
        if self.limits_due.is_due(now, self.settings.limits) {
            self.own.read_limits(now, files);
            readings.cpu_limit = self.cpus.as_ref().and_then(|cpus| self.own.limit(cpus));
        }
        if let Some(cpus) = &self.cpus {
            readings.cpu = self.own.share(now, files, cpus);
        }
        if self.host_due.is_due(now, self.settings.host) {
            let list = self.cpus.as_ref().and_then(|cpus| cpus.list.as_ref());
            readings.host_cpu = self.host.share(files, list);
        }
        readings.pressure = self.pressure.read(now, files);
        readings
    }

    /// Looks up which cgroups the process is in. Mounts, whose list may be long, are only
    /// looked at when it was moved, or when nothing is to be seen of its cgroups yet.
    fn find_place(&mut self, now: Instant, files: &dyn Files) {
        // One that cannot be read has not changed, as far as is known.
        let Ok(membership) = files.read("/proc/self/cgroup") else { return };
        let is_moved = self.membership.as_ref() != Some(&membership);
        if !is_moved && self.own.has_settled(&self.place) {
            return;
        }
        let Ok(mountinfo) = files.read("/proc/self/mountinfo") else { return };
        self.place = Place::parse(&membership, &mountinfo);
        self.membership = Some(membership);
        self.own.move_to(now, &self.place, files);
        // They have been read of none of these yet.
        self.limits_due = Due::default();
        self.pressure.move_to(self.place.unified.as_ref());
        self.memory_pressure.move_to(self.place.unified.as_ref());
    }
}

/// When something is next to be done: at once at first.
#[derive(Debug, Default)]
struct Due {
    next: Instant,
}

impl Due {
    fn is_due(&mut self, now: Instant, period: Duration) -> bool {
        if now < self.next {
            return false;
        }
        // Ticks are a little late; what is due with every second one stays so.
        let following = self.next + period;
        self.next = if following > now { following } else { now + period };
        true
    }
}
