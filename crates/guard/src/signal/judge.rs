//! Whether the machine is overloaded, and by how much.

use std::time::Duration;

use super::{
    Measured, Memory, Pressure, Readings, SignalSettings, Source,
    belief::{Averaged, Kept},
};
use crate::time::Instant;

/// What is to be thought of the machine. What is not known is `None`, and then nobody
/// counts it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// Whether it is overloaded.
    pub is_overloaded: bool,
    /// The share of a limit that may be used: 1 when it is not overloaded.
    pub factor: f64,
    /// The used share of the CPU, averaged: this process's of what it may use, or the
    /// whole machine's, whichever is more.
    pub cpu: Option<Measured>,
    /// Processors' worth of time this process may use.
    pub cpu_limit: Option<f64>,
    /// Pressure on the processors, averaged.
    pub pressure: Option<Pressure>,
    /// How late tasks run, at the settings' quantile: of the canary that is worst off.
    pub delay: Option<Duration>,
    /// The memory this process may use.
    pub memory: Option<Memory>,
    /// Pressure on the memory.
    pub memory_pressure: Option<Pressure>,
}

impl Judgement {
    /// Nothing is known: not overloaded.
    pub const UNKNOWN: Self = Self {
        is_overloaded: false,
        factor: 1.0,
        cpu: None,
        cpu_limit: None,
        pressure: None,
        delay: None,
        memory: None,
        memory_pressure: None,
    };
}

/// Makes a judgement of readings. Pure: what it says follows from what it is given.
///
/// The machine is overloaded when two of three agree that it is, used CPU, pressure on
/// the CPU and the delay of tasks, or when the delay alone says so: it is what a request
/// feels. A full CPU alone is a machine that is paid for and used. Only where nothing but
/// the CPU is known must it decide alone, and then it is this process's own share that
/// decides, as far as that is known, and not that others on the machine are busy.
#[derive(Debug)]
pub struct Judge {
    settings: SignalSettings,
    own: Averaged,
    host: Averaged,
    pressure: Averaged,
    pressure_read: Kept<Pressure>,
    cpu_limit: Kept<f64>,
    memory: Kept<Memory>,
    memory_pressure: Kept<Pressure>,
    cpu_vote: Vote,
    own_vote: Vote,
    pressure_vote: Vote,
}

impl Judge {
    /// A judge who knows nothing yet.
    pub fn new(settings: SignalSettings) -> Self {
        let averaged = || Averaged::new(settings.tau);
        Self {
            own: averaged(),
            host: averaged(),
            pressure: averaged(),
            settings,
            pressure_read: Kept::default(),
            cpu_limit: Kept::default(),
            memory: Kept::default(),
            memory_pressure: Kept::default(),
            cpu_vote: Vote::default(),
            own_vote: Vote::default(),
            pressure_vote: Vote::default(),
        }
    }

    /// Judges by other settings from now on and keeps what was learnt.
    pub fn reconfigure(&mut self, settings: SignalSettings) {
        for averaged in [&mut self.own, &mut self.host, &mut self.pressure] {
            averaged.set_tau(settings.tau);
        }
        self.settings = settings;
    }

    /// What is to be thought of the machine at `now`, by these readings and those before.
    pub fn handle(&mut self, now: Instant, readings: &Readings) -> Judgement {
        let stale_after = self.settings.stale_after;
        self.learn(now, readings);
        let own = self.own.value(now, stale_after);
        let cpu = larger(own, self.host.value(now, stale_after));
        let pressure = self.pressure.value(now, stale_after);
        let pressure = pressure.and_then(|some| {
            let read = self.pressure_read.value(now, stale_after)?;
            Some(Pressure { some, ..read })
        });
        let delay = readings.delay;
        let is_overloaded = self.vote(own, cpu, pressure, delay);
        Judgement {
            is_overloaded,
            factor: if is_overloaded { self.factor(cpu, delay) } else { 1.0 },
            cpu,
            cpu_limit: self.cpu_limit.value(now, stale_after + self.settings.limits),
            pressure,
            delay,
            memory: self.memory.value(now, stale_after + self.settings.slow),
            memory_pressure: self.memory_pressure.value(now, stale_after + self.settings.slow),
        }
    }

    fn learn(&mut self, now: Instant, readings: &Readings) {
        let stale_after = self.settings.stale_after;
        if let Some((share, source)) = readings.cpu {
            self.own.add(now, share, source, stale_after);
        }
        if let Some(share) = readings.host_cpu {
            self.host.add(now, share, Source::Host, stale_after);
        }
        if let Some(Pressure { some, .. }) = readings.pressure {
            self.pressure.add(now, some.share, some.source, stale_after);
        }
        self.pressure_read.replace(now, readings.pressure);
        self.cpu_limit.replace(now, readings.cpu_limit);
        self.memory.replace(now, readings.memory);
        self.memory_pressure.replace(now, readings.memory_pressure);
    }

    fn vote(
        &mut self,
        own: Option<Measured>,
        cpu: Option<Measured>,
        pressure: Option<Pressure>,
        delay: Option<Duration>,
    ) -> bool {
        let settings = &self.settings;
        let share = |measured: Option<Measured>| measured.map(|measured| measured.share);
        let (enter, exit) = (settings.cpu_enter, settings.cpu_exit);
        let cpu_says = self.cpu_vote.hear(share(cpu), enter, exit);
        let own_says = self.own_vote.hear(share(own.or(cpu)), enter, exit);
        let some = share(pressure.map(|pressure| pressure.some));
        let pressure_says =
            self.pressure_vote.hear(some, settings.pressure_enter, settings.pressure_exit);
        // No hysteresis: at its threshold the factor is 1 and moves on from there.
        let delay_says = delay.is_some_and(|delay| delay > settings.delay);
        let is_cpu_alone = pressure.is_none() && delay.is_none();
        delay_says || (cpu_says && pressure_says) || (is_cpu_alone && own_says)
    }

    /// What is left of the CPU, in parts of what is left at the threshold; or how long
    /// tasks should wait, in parts of how long they do. Whichever leaves less.
    fn factor(&self, cpu: Option<Measured>, delay: Option<Duration>) -> f64 {
        let settings = &self.settings;
        let by_cpu = cpu.map(|cpu| (1.0 - cpu.share) / (1.0 - settings.cpu_enter));
        let by_delay = delay
            .filter(|delay| !delay.is_zero())
            .map(|delay| settings.delay.as_secs_f64() / delay.as_secs_f64());
        let least = by_cpu.into_iter().chain(by_delay).fold(1.0, f64::min);
        // Not `clamp`, which panics on settings that were not checked.
        least.max(settings.factor_min).min(1.0)
    }
}

fn larger(one: Option<Measured>, other: Option<Measured>) -> Option<Measured> {
    one.into_iter()
        .chain(other)
        .reduce(|one, other| if other.share > one.share { other } else { one })
}

/// Says yes from one threshold on until it falls below another.
#[derive(Debug, Default)]
struct Vote {
    is_yes: bool,
}

impl Vote {
    fn hear(&mut self, share: Option<f64>, enter: f64, exit: f64) -> bool {
        let threshold = if self.is_yes { exit } else { enter };
        self.is_yes = share.is_some_and(|share| share >= threshold);
        self.is_yes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TICK: Duration = Duration::from_millis(50);

    fn judge() -> Judge {
        Judge::new(SignalSettings::default())
    }

    fn cpu(share: f64) -> Readings {
        Readings { cpu: Some((share, Source::CgroupV2)), ..Readings::default() }
    }

    fn pressure(share: f64) -> Pressure {
        let some = Measured { share, source: Source::CgroupV2 };
        Pressure { some, full: None, some_avg10: share }
    }

    fn delay(millis: u64) -> Option<Duration> {
        Some(Duration::from_millis(millis))
    }

    /// The same readings, tick after tick.
    fn steady(
        judge: &mut Judge,
        from: Instant,
        ticks: u32,
        readings: &Readings,
    ) -> (Instant, Judgement) {
        let mut last = Judgement::UNKNOWN;
        let mut now = from;
        for _ in 0..ticks {
            now = now + TICK;
            last = judge.handle(now, readings);
        }
        (now, last)
    }

    #[test]
    fn nothing_known_is_not_overloaded() {
        assert_eq!(judge().handle(Instant::START, &Readings::default()), Judgement::UNKNOWN);
    }

    #[test]
    fn two_of_three_must_agree_or_the_delay_alone() {
        let (busy, idle) = (0.99, 0.3);
        let cases = [
            // (cpu, pressure, delay in ms, overloaded)
            (busy, Some(0.9), Some(1), true),
            (busy, Some(0.9), None, true),
            (busy, Some(0.1), Some(1), false),
            (busy, Some(0.1), None, false),
            (busy, None, Some(1), false),
            (idle, Some(0.9), Some(1), false),
            (idle, Some(0.9), None, false),
            (idle, Some(0.1), Some(21), true),
            (idle, None, Some(21), true),
            (idle, None, Some(20), false),
            (busy, None, None, true),
            (idle, None, None, false),
        ];
        for (share, some, millis, is_overloaded) in cases {
            let readings = Readings {
                pressure: some.map(pressure),
                delay: millis.and_then(delay),
                ..cpu(share)
            };
            let (_, judgement) = steady(&mut judge(), Instant::START, 100, &readings);
            assert_eq!(judgement.is_overloaded, is_overloaded, "{share} {some:?} {millis:?}");
        }
    }

    #[test]
    fn the_host_counts_beside_other_signs_and_never_alone() {
        let hog = Readings { host_cpu: Some(1.0), ..cpu(0.2) };
        let (_, alone) = steady(&mut judge(), Instant::START, 100, &hog);
        assert_eq!(alone.cpu.map(|cpu| cpu.source), Some(Source::Host));
        assert!(!alone.is_overloaded);
        let felt = Readings { pressure: Some(pressure(0.9)), ..hog };
        assert!(steady(&mut judge(), Instant::START, 100, &felt).1.is_overloaded);
        let only_host = Readings { host_cpu: Some(1.0), ..Readings::default() };
        assert!(steady(&mut judge(), Instant::START, 100, &only_host).1.is_overloaded);
    }

    #[test]
    fn the_factor_is_what_is_left_of_what_the_threshold_leaves_and_half_at_least() {
        let factor = |share: f64, millis| {
            let readings = Readings { delay: millis, pressure: Some(pressure(0.9)), ..cpu(share) };
            steady(&mut judge(), Instant::START, 200, &readings).1.factor
        };
        for (share, expected) in
            [(0.5, 1.0), (0.9, 1.0), (0.92, 0.8), (0.95, 0.5), (1.0, 0.5), (3.0, 0.5)]
        {
            assert!((factor(share, None) - expected).abs() < 1e-6, "{share}");
        }
        assert_eq!(factor(0.3, delay(20)), 1.0);
        assert!((factor(0.3, delay(25)) - 0.8).abs() < 1e-6);
        assert_eq!(factor(0.3, delay(500)), 0.5);
    }

    #[test]
    fn an_overload_ends_below_where_it_began() {
        let mut judge = judge();
        let at = |share| Readings { pressure: Some(pressure(0.9)), ..cpu(share) };
        let (now, over) = steady(&mut judge, Instant::START, 100, &at(0.91));
        assert!(over.is_overloaded);
        let (now, over) = steady(&mut judge, now, 100, &at(0.87));
        assert_eq!((over.is_overloaded, over.factor), (true, 1.0));
        let (now, over) = steady(&mut judge, now, 100, &at(0.84));
        assert!(!over.is_overloaded);
        assert!(!steady(&mut judge, now, 100, &at(0.87)).1.is_overloaded);
    }

    #[test]
    fn a_source_that_stops_answering_becomes_unknown_and_starts_anew_when_it_is_back() {
        let mut judge = judge();
        let full = Readings { pressure: Some(pressure(0.9)), cpu_limit: Some(2.0), ..cpu(1.0) };
        let (now, _) = steady(&mut judge, Instant::START, 100, &full);
        let (now, silent) = steady(&mut judge, now, 20, &Readings::default());
        assert!(silent.is_overloaded, "for a second it is believed");
        let (now, silent) = steady(&mut judge, now, 1, &Readings::default());
        assert_eq!((silent.is_overloaded, silent.cpu, silent.pressure), (false, None, None));
        let (now, silent) = steady(&mut judge, now, 20, &Readings::default());
        assert_eq!(silent, Judgement::UNKNOWN);
        let (_, back) = steady(&mut judge, now, 1, &cpu(0.2));
        assert_eq!(back.cpu.map(|cpu| cpu.share), Some(0.2), "nothing of what was before");
    }

    #[test]
    fn other_settings_keep_what_was_learnt() {
        let mut judge = judge();
        let (now, _) = steady(&mut judge, Instant::START, 100, &cpu(0.8));
        judge.reconfigure(SignalSettings {
            cpu_enter: 0.75,
            cpu_exit: 0.7,
            ..SignalSettings::default()
        });
        let judgement = judge.handle(now + TICK, &Readings::default());
        assert!(judgement.is_overloaded, "{judgement:?}");
    }

    proptest! {
        #[test]
        fn whatever_is_read_the_factor_is_within_its_bounds(
            ticks in prop::collection::vec(
                (prop::option::of(0.0..5.0_f64), prop::option::of(0.0..=1.0_f64),
                 prop::option::of(0.0..=1.0_f64), prop::option::of(0_u64..100), 0_u64..3_000),
                1..60,
            ),
        ) {
            let (mut judge, mut now) = (judge(), Instant::START);
            for (own, host_cpu, some, millis, pause) in ticks {
                now = now + Duration::from_millis(pause);
                let judgement = judge.handle(now, &Readings {
                    cpu: own.map(|own| (own, Source::Process)),
                    host_cpu,
                    pressure: some.map(pressure),
                    delay: millis.and_then(delay),
                    ..Readings::default()
                });
                prop_assert!((0.5..=1.0).contains(&judgement.factor));
                prop_assert!(judgement.is_overloaded || judgement.factor == 1.0);
                prop_assert!(judgement.cpu.is_none_or(|cpu| (0.0..=1.0).contains(&cpu.share)));
                if own.is_none() && host_cpu.is_none() && pause > 1_000 {
                    prop_assert_eq!(judgement.cpu, None);
                }
            }
        }
    }
}
