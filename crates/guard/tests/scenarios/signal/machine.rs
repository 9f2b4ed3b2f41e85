//! A machine of paper: processors, cgroups and the files that tell of them.

use std::time::Duration;

use seawall_guard::{
    Instant,
    signal::{FixtureFiles, Judge, Judgement, Readings, Sensors, SignalSettings},
};

pub(super) const TICK: Duration = Duration::from_millis(50);
/// Counters are moved on in steps of this.
const STEP: Duration = Duration::from_millis(5);
const PERIOD_MICROS: u64 = 100_000;
pub(super) const GIB: u64 = 1 << 30;

/// How cgroups are shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mounts {
    /// The unified hierarchy; the topmost group is the real root and has no limits.
    V2,
    /// The unified hierarchy from a container's own group on: its root has limits.
    V2Namespace,
    /// Hierarchies of the first version, `cpu,cpuacct` in one.
    V1,
    /// The same, `cpu` and `cpuacct` mounted apart.
    V1Apart,
    /// The same, of which a container sees its own group and nothing above.
    V1Part,
    /// `cpu` in the first version, the unified hierarchy beside it without controllers.
    Hybrid,
    /// No cgroups at all.
    Absent,
}

impl Mounts {
    fn is_v2(self) -> bool {
        matches!(self, Self::V2 | Self::V2Namespace)
    }
}

/// A cgroup, and what is used in it and nowhere deeper.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) name: &'static str,
    /// Processors' worth of time; unlimited without.
    pub(super) quota: Option<f64>,
    pub(super) memory_max: Option<u64>,
    /// Cores that neighbours in the same group use.
    pub(super) neighbours: f64,
    nanos: f64,
    throttled_nanos: f64,
}

pub(super) fn group(name: &'static str, quota: Option<f64>, neighbours: f64) -> Group {
    Group { name, quota, memory_max: None, neighbours, nanos: 9e9, throttled_nanos: 1e9 }
}

pub(super) struct Machine {
    pub(super) files: FixtureFiles,
    pub(super) mounts: Mounts,
    pub(super) cpus: u32,
    /// From the topmost visible to the process's own.
    pub(super) groups: Vec<Group>,
    /// Cores this process wants.
    pub(super) own: f64,
    /// Cores others use outside all groups.
    pub(super) foreign: f64,
    /// Share of time in which somebody in the own group waits.
    pub(super) pressure: f64,
    /// Whether the kernel tells of pressure at all.
    pub(super) has_pressure: bool,
    /// Share of time in which the own group is held back though it uses less than its
    /// quota, as one is whose threads all run at once and then none.
    pub(super) held_back: f64,
    /// Another group of the unified hierarchy than the last one.
    pub(super) moved_to: Option<&'static str>,
    /// The one processor the process may run on.
    pub(super) pinned_to: Option<u32>,
    now: Instant,
    own_nanos: f64,
    busy_nanos: f64,
    pressure_nanos: f64,
    sensors: Sensors,
    judge: Judge,
}

impl Machine {
    pub(super) fn new(mounts: Mounts, cpus: u32, groups: Vec<Group>) -> Self {
        let settings = SignalSettings::default();
        let machine = Self {
            files: FixtureFiles::default(),
            mounts,
            cpus,
            groups,
            own: 0.0,
            foreign: 0.0,
            pressure: 0.0,
            has_pressure: true,
            held_back: 0.0,
            moved_to: None,
            pinned_to: None,
            now: Instant::START,
            // As if it had run for a while: counters do not start with the watch.
            own_nanos: 5e9,
            busy_nanos: 9e9,
            pressure_nanos: 1e9,
            sensors: Sensors::new(settings.clone(), None),
            judge: Judge::new(settings),
        };
        machine.write();
        machine
    }

    /// Where the process's group, counted from the topmost, has its files of this kind.
    pub(super) fn folder(&self, controller: &str, depth: usize) -> String {
        let mount = match self.mounts {
            Mounts::V2 | Mounts::V2Namespace => "/sys/fs/cgroup".to_owned(),
            Mounts::V1Apart => format!("/sys/fs/cgroup/{controller}"),
            _ if controller.starts_with("cpu") && controller != "cpuset" => {
                "/sys/fs/cgroup/cpu,cpuacct".to_owned()
            }
            _ => format!("/sys/fs/cgroup/{controller}"),
        };
        let below = self.groups.iter().skip(1).take(depth).map(|group| group.name);
        below.fold(mount, |folder, name| format!("{folder}/{name}"))
    }

    fn write_place(&self) {
        let path = |groups: Option<&[Group]>| -> String {
            groups.unwrap_or_default().iter().map(|group| format!("/{}", group.name)).collect()
        };
        let (all, top) = (path(self.groups.get(..)), path(self.groups.get(..1)));
        let below = path(self.groups.get(1..));
        let below = if below.is_empty() { "/".to_owned() } else { below };
        let v1_mount = |root: &str, name: &str| {
            format!("30 23 0:26 {root} /sys/fs/cgroup/{name} rw - cgroup cgroup rw,{name}\n")
        };
        let v2_mount =
            |point: &str| format!("31 23 0:27 / {point} rw,nosuid - cgroup2 cgroup2 rw\n");
        let v1 = |cgroup: &str, root: &str, joined: &[&str]| {
            let lines = joined.iter().map(|name| format!("4:{name}:{cgroup}\n"));
            let mounts = joined.iter().map(|name| v1_mount(root, name));
            (lines.collect::<String>(), mounts.collect::<String>())
        };
        let joined = ["cpu,cpuacct", "cpuset", "memory"];
        let (cgroup, mountinfo) = match self.mounts {
            Mounts::V2 | Mounts::V2Namespace => {
                (format!("0::{below}\n"), v2_mount("/sys/fs/cgroup"))
            }
            Mounts::V1 => v1(&below, "/", &joined),
            Mounts::V1Apart => v1(&below, "/", &["cpu", "cpuacct", "cpuset", "memory"]),
            Mounts::V1Part => v1(&all, &top, &joined),
            Mounts::Hybrid => {
                let (cgroup, mounts) = v1(&below, "/", &joined);
                (cgroup + "0::/init.scope\n", mounts + &v2_mount("/sys/fs/cgroup/unified"))
            }
            Mounts::Absent => (String::new(), String::new()),
        };
        let cgroup = self.moved_to.map_or(cgroup, |path| format!("0::{path}\n"));
        self.files.write("/proc/self/cgroup", cgroup);
        let others = "22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw\n";
        self.files.write("/proc/self/mountinfo", format!("{others}{mountinfo}"));
    }

    /// Moves the machine on, and writes all of its files.
    pub(super) fn run(&mut self, duration: Duration) {
        let mut left = duration;
        while !left.is_zero() {
            let step = left.min(STEP);
            left -= step;
            self.step(step);
        }
        self.write();
    }

    fn step(&mut self, step: Duration) {
        let nanos = step.as_nanos() as f64;
        self.now = self.now + step;
        // From the own group up, each takes what its quota leaves; the process is held
        // back first, as neighbours are who they are.
        let mut used = self.own.min(f64::from(self.cpus));
        for group in self.groups.iter_mut().rev() {
            let wanted = used + group.neighbours;
            used = wanted.min(group.quota.unwrap_or(f64::INFINITY));
            if wanted > used {
                group.throttled_nanos += nanos * (1.0 - used / wanted);
            }
            group.nanos += used * nanos;
        }
        if let Some(own) = self.groups.last_mut() {
            own.throttled_nanos += nanos * self.held_back;
        }
        let own = self.groups.last().and_then(|group| group.quota).unwrap_or(f64::INFINITY);
        self.own_nanos += self.own.min(own).min(f64::from(self.cpus)) * nanos;
        self.busy_nanos += (used + self.foreign).min(f64::from(self.cpus)) * nanos;
        self.pressure_nanos += self.pressure * nanos;
    }

    fn write(&self) {
        self.write_place();
        self.write_process();
        if self.mounts == Mounts::Absent {
            return;
        }
        for (depth, group) in self.groups.iter().enumerate() {
            if self.mounts.is_v2() {
                self.write_v2(depth, group)
            } else {
                self.write_v1(depth, group)
            }
        }
    }

    fn write_process(&self) {
        let ticks = |nanos: f64| (nanos / 1e7) as u64;
        let all = f64::from(self.cpus) * (self.now.as_nanos() as f64 + 60e9);
        let idle = ticks(all - self.busy_nanos);
        let stat = format!("cpu  {} 0 0 {idle} 0 0 0 0 0 0\nintr 7\n", ticks(self.busy_nanos));
        self.files.write("/proc/stat", stat);
        let (user, system) = (ticks(self.own_nanos * 0.75), ticks(self.own_nanos * 0.25));
        let stat = format!("7 (a) b) R 1 7 7 0 -1 4 9 0 0 0 {user} {system} 0 0 20 0 1 0 99\n");
        self.files.write("/proc/self/stat", stat);
        let allowed = self.pinned_to.map_or(format!("0-{}", self.cpus - 1), |cpu| cpu.to_string());
        self.files.write("/proc/self/status", format!("Name:\ta\nCpus_allowed_list:\t{allowed}\n"));
        self.files.write("/sys/devices/system/cpu/online", format!("0-{}\n", self.cpus - 1));
        self.files.write("/proc/meminfo", "MemTotal: 8388608 kB\nMemAvailable: 6291456 kB\n");
        if self.has_pressure {
            self.files.write("/proc/pressure/cpu", self.pressure_text());
        } else {
            self.files.remove("/proc/pressure");
        }
    }

    fn pressure_text(&self) -> String {
        let line = |word, nanos: f64| {
            format!("{word} avg10=0.00 avg60=0.00 avg300=0.00 total={}\n", (nanos / 1e3) as u64)
        };
        line("some", self.pressure_nanos) + &line("full", 0.0)
    }

    fn write_v2(&self, depth: usize, group: &Group) {
        let folder = self.folder("", depth);
        let write = |name: &str, text: String| self.files.write(&format!("{folder}/{name}"), text);
        write("cgroup.controllers", "cpuset cpu memory\n".to_owned());
        let (used, held_back) = ((group.nanos / 1e3) as u64, (group.throttled_nanos / 1e3) as u64);
        let stat = format!("usage_usec {used}\nuser_usec {used}\nsystem_usec 0\n");
        let periods = format!("nr_periods 0\nnr_throttled 0\nthrottled_usec {held_back}\n");
        write("cpu.stat", stat + &periods);
        write("cpuset.cpus.effective", format!("0-{}\n", self.cpus - 1));
        if depth == 0 && self.mounts == Mounts::V2 {
            return;
        }
        write("cgroup.type", "domain\n".to_owned());
        let quota = group.quota.map(|quota| (quota * PERIOD_MICROS as f64).round() as u64);
        let quota = quota.map_or("max".to_owned(), |quota| quota.to_string());
        write("cpu.max", format!("{quota} {PERIOD_MICROS}\n"));
        if self.has_pressure {
            write("cpu.pressure", self.pressure_text());
        } else {
            self.files.remove(&format!("{folder}/cpu.pressure"));
        }
        write("memory.max", group.memory_max.map_or("max\n".to_owned(), |max| format!("{max}\n")));
        write("memory.current", format!("{}\n", GIB / 2));
        write("memory.stat", format!("anon 1\ninactive_file {}\n", GIB / 4));
    }

    fn write_v1(&self, depth: usize, group: &Group) {
        let write = |controller: &str, name: &str, text: String| {
            self.files.write(&format!("{}/{name}", self.folder(controller, depth)), text);
        };
        let quota = group.quota.map_or(-1, |quota| (quota * PERIOD_MICROS as f64).round() as i64);
        write("cpu", "cpu.shares", "1024\n".to_owned());
        write("cpu", "cpu.cfs_quota_us", format!("{quota}\n"));
        write("cpu", "cpu.cfs_period_us", format!("{PERIOD_MICROS}\n"));
        let held_back = group.throttled_nanos as u64;
        let stat = format!("nr_periods 0\nnr_throttled 0\nthrottled_time {held_back}\n");
        write("cpu", "cpu.stat", stat);
        write("cpuacct", "cpuacct.usage", format!("{}\n", group.nanos as u64));
        write("cpuset", "cpuset.cpus", format!("0-{}\n", self.cpus - 1));
        let max = group.memory_max.unwrap_or(9_223_372_036_854_771_712);
        write("memory", "memory.limit_in_bytes", format!("{max}\n"));
        write("memory", "memory.usage_in_bytes", format!("{}\n", GIB / 2));
        let stat =
            format!("cache 1\nhierarchical_memory_limit {max}\ntotal_inactive_file {}\n", GIB / 4);
        write("memory", "memory.stat", stat);
    }

    /// What the files say now.
    pub(super) fn read(&mut self) -> Readings {
        self.sensors.read(self.now, &self.files)
    }

    pub(super) fn now(&self) -> Instant {
        self.now
    }

    /// Reads and judges.
    pub(super) fn judge(&mut self) -> Judgement {
        self.judge_with(None)
    }

    /// The same, with what a canary says.
    pub(super) fn judge_with(&mut self, delay: Option<Duration>) -> Judgement {
        let readings = Readings { delay, ..self.read() };
        self.judge.handle(self.now, &readings)
    }

    /// Runs for a tick, reads and judges.
    pub(super) fn tick(&mut self) -> Judgement {
        self.run(TICK);
        self.judge()
    }

    /// Takes every counter back by so many nanoseconds, as one that is reset.
    pub(super) fn set_back(&mut self, nanos: f64) {
        for counter in [&mut self.own_nanos, &mut self.busy_nanos, &mut self.pressure_nanos] {
            *counter -= nanos;
        }
        for group in &mut self.groups {
            group.nanos -= nanos;
        }
    }

    pub(super) fn has_run_for(&self, duration: Duration) -> bool {
        self.now >= Instant::START + duration
    }

    /// What is thought after some seconds of this.
    pub(super) fn settle(&mut self, seconds: u32) -> Judgement {
        let mut judgement = Judgement::UNKNOWN;
        for _ in 0..seconds * 20 {
            judgement = self.tick();
        }
        judgement
    }

    /// Ticks until a judgement is this, at most for so long, and says how long it took
    /// from now on.
    pub(super) fn time_until(
        &mut self,
        most: Duration,
        is_it: impl Fn(&Judgement) -> bool,
    ) -> Option<Duration> {
        let from = self.now;
        while self.now - from < most {
            if is_it(&self.tick()) {
                return Some(self.now - from);
            }
        }
        None
    }

    /// The used share of the machine.
    pub(super) fn truth_of_host(&self) -> f64 {
        let used = self.groups.iter().rev().fold(self.own, |used, group| {
            (used + group.neighbours).min(group.quota.unwrap_or(f64::INFINITY))
        });
        (used + self.foreign) / f64::from(self.cpus)
    }

    /// The used share of whichever limit is nearest to being used up.
    pub(super) fn truth(&self) -> f64 {
        if self.groups.is_empty() {
            return self.own / f64::from(self.cpus);
        }
        let mut used = self.own;
        let mut largest: f64 = 0.0;
        for (depth, group) in self.groups.iter().enumerate().rev() {
            used = (used + group.neighbours).min(group.quota.unwrap_or(f64::INFINITY));
            if depth + 1 == self.groups.len() {
                largest = used / f64::from(self.cpus);
            }
            largest = group.quota.map_or(largest, |quota| largest.max(used / quota));
        }
        largest
    }
}
