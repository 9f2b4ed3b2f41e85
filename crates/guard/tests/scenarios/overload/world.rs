//! One server that gets more than it can serve, for twenty seconds.

use std::{ops::Range, rc::Rc, time::Duration};

use seawall_guard::{Class, Instant};

use crate::sim::{
    Clients, Deadlines, Door, Load, Node, OpenDoor, PlainCaller, Report, Spread, Station, World,
    ms, second,
};

/// Before it come as many requests as fill the server to this share, and after it too.
const CALM: f64 = 0.7;
/// When the overload begins, and when it ends.
pub(super) const BEGIN: f64 = 15.0;
pub(super) const END: f64 = 35.0;
/// When clients stop.
pub(super) const LAST: f64 = 55.0;

/// What the server is bound by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// Four cores, exponential work of 10 ms, 0.2 ms of it for a refusal: 400 a second.
    Cpu,
    /// A pool of 32 that each wait 40 ms for something else, lognormal: 800 a second, and
    /// refusals cost nothing of that.
    Io,
}

impl Bound {
    /// How many requests a second it can serve.
    pub(super) const fn capacity(self) -> f64 {
        match self {
            Self::Cpu => 400.0,
            Self::Io => 800.0,
        }
    }

    /// The share of the capacity that is left when the refusals of `times` as many
    /// requests are paid for.
    pub(super) fn ceiling(self, times: f64) -> f64 {
        match self {
            Self::Cpu => 1.0 - (times - 1.0) * 0.02,
            Self::Io => 1.0,
        }
    }

    /// What is asked of a shedder in an overload of `times`, as a share of the capacity.
    pub(super) fn enough(self, times: f64) -> f64 {
        let share = match times {
            ..=1.2 => 0.95,
            ..=2.0 => 0.92,
            ..=5.0 => 0.88,
            _ => 0.80,
        };
        f64::min(share, 0.93 * self.ceiling(times))
    }

    /// The node, behind this door.
    pub(super) fn node(self, door: Rc<dyn Door>) -> Node {
        match self {
            Self::Cpu => Node::new(Station::cpu(4.0), Spread::Exponential(ms(10)), door)
                .reject_work(Duration::from_micros(200)),
            Self::Io => Node::new(Station::io(32), Spread::Lognormal(ms(40), 0.5), door),
        }
    }

    /// The 99th percentile of latency of hardly any load.
    pub(super) fn unloaded_p99(self) -> Duration {
        let (report, _) = Step::of(self, 0.1).run(Rc::new(OpenDoor));
        report.latency(0.99, overload())
    }
}

/// How clients behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retries {
    /// They ask once.
    None,
    /// They ask three times.
    Free,
    /// They ask three times, as long as retries are a tenth of the calls.
    Budget,
}

/// A step of load from 0.7 of the capacity to `times` of it, and back.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) seed: u64,
    pub(super) bound: Bound,
    pub(super) times: f64,
    pub(super) retries: Retries,
    pub(super) deadlines: Deadlines,
    /// How long a client waits for an answer.
    pub(super) timeout: Duration,
    pub(super) mix: Vec<(f64, Class)>,
}

impl Step {
    /// Of clients who ask once and wait 300 ms, which the server does not know.
    pub(super) fn of(bound: Bound, times: f64) -> Self {
        Self {
            seed: 42,
            bound,
            times,
            retries: Retries::None,
            deadlines: Deadlines::Unknown,
            timeout: ms(300),
            mix: vec![(1.0, Class::DEFAULT)],
        }
    }

    /// What becomes of the calls, and of the world.
    pub(super) fn run(&self, door: Rc<dyn Door>) -> (Report, World) {
        let mut world = World::new(self.seed);
        let node = self.bound.node(door).deadlines(self.deadlines);
        let service = world.service(vec![node], vec![]);
        let caller = PlainCaller::new(self.timeout);
        let caller = match self.retries {
            Retries::None => caller,
            Retries::Free => caller.retries(2, ms(50)),
            Retries::Budget => caller.retries(2, ms(50)).budget(0.1),
        };
        let link = world.link(service, caller);
        let capacity = self.bound.capacity();
        let load = Load::steady(CALM * capacity)
            .then(second(BEGIN), self.times * capacity)
            .then(second(END), CALM * capacity)
            .then(second(LAST), 0.0);
        world.clients(Clients { link, load, mix: self.mix.clone() });
        let report = world.run(second(LAST + 1.0)).clone();
        (report, world)
    }
}

/// The whole overload.
pub(super) fn overload() -> Range<Instant> {
    second(BEGIN)..second(END)
}

/// Its first two seconds.
pub(super) fn first() -> Range<Instant> {
    second(BEGIN)..second(BEGIN + 2.0)
}

/// All of it but the first five seconds.
pub(super) fn settled() -> Range<Instant> {
    second(BEGIN + 5.0)..second(END)
}

/// Seconds from the end of the overload to the first second in which 99 of 100 calls
/// succeed; `None` if there is none.
pub(super) fn recovery(report: &Report) -> Option<u32> {
    (0..(LAST - END) as u32).find(|after| {
        let from = END + f64::from(*after);
        report.success(second(from)..second(from + 1.0)) >= 0.99
    })
}
