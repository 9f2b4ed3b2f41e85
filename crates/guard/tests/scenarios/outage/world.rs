//! Callers, a breaker and a store in virtual time.

use std::{cmp::Reverse, collections::BinaryHeap, sync::Arc, time::Duration};

use seawall_guard::{
    Instant, Outcome, Scope,
    breaker::{Breaker, BreakerSettings, Permit, Transition},
    stat::Rng,
};

pub(super) const MS: Duration = Duration::from_millis(1);
pub(super) const SECOND: Duration = Duration::from_secs(1);

pub(super) fn at(seconds: f64) -> Instant {
    Instant::START + Duration::from_secs_f64(seconds)
}

/// What stands between callers and store.
pub(super) trait Fuse {
    type Pass;
    /// `None` refuses the call.
    fn admit(&mut self, now: Instant) -> Option<Self::Pass>;
    fn end(&mut self, pass: Self::Pass, now: Instant, outcome: Outcome);
}

/// The breaker of this crate.
pub(super) struct Ours {
    pub(super) breaker: Arc<Breaker>,
    /// Every change of state, as a watcher sees them that looks at each call.
    pub(super) transitions: Vec<Transition>,
    seen: u64,
}

impl Ours {
    pub(super) fn new(settings: BreakerSettings, seed: u64) -> Self {
        let breaker = Breaker::new(settings, Scope::Resource, seed, Instant::START).unwrap();
        Self { breaker: Arc::new(breaker), transitions: Vec::new(), seen: 0 }
    }

    fn watch(&mut self) {
        let status = self.breaker.status();
        if status.transitions > self.seen {
            self.seen = status.transitions;
            self.transitions.extend(status.last);
        }
    }
}

impl Fuse for Ours {
    type Pass = Permit<Arc<Breaker>>;

    fn admit(&mut self, now: Instant) -> Option<Self::Pass> {
        let pass = self.breaker.try_acquire_owned(now).ok();
        self.watch();
        pass
    }

    fn end(&mut self, pass: Self::Pass, now: Instant, outcome: Outcome) {
        pass.finish(now, outcome);
        self.watch();
    }
}

/// How the store treats a call that is sent to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mood {
    /// Answers in this time, give or take a half, with one of two outcomes: the second
    /// with this probability.
    Answers(Duration, [Outcome; 2], f64),
    /// Accepts and never answers.
    BlackHole,
    /// Resets the connection.
    Resets,
    /// Answers so many calls a second in 10 ms, and the others that it has too much to do.
    Busy(u32),
}

impl Mood {
    /// Answers well in 10 ms.
    pub(super) const WELL: Self =
        Self::Answers(Duration::from_millis(10), [Outcome::Success; 2], 0.0);
}

/// A situation.
#[derive(Clone)]
pub(super) struct Situation {
    pub(super) seed: u64,
    /// How many callers there are, each with one call at a time.
    pub(super) callers: usize,
    /// How long a caller thinks between two calls, on average.
    pub(super) think: Duration,
    /// How long a caller waits for an answer.
    pub(super) timeout: Duration,
    /// The store's moods, each from a moment on, the first from the start.
    pub(super) moods: Vec<(Instant, Mood)>,
    pub(super) until: Instant,
}

impl Situation {
    /// 200 callers with some 1,800 calls a second, 20 s of health, `mood` for `lasts`, and
    /// health again.
    pub(super) fn outage(mood: Mood, lasts: f64, after: f64, seed: u64) -> Self {
        Self {
            seed,
            callers: 200,
            think: MS * 100,
            timeout: SECOND,
            moods: vec![(at(0.0), Mood::WELL), (at(20.0), mood), (at(20.0 + lasts), Mood::WELL)],
            until: at(20.0 + lasts + after),
        }
    }

    fn mood(&self, now: Instant) -> Mood {
        self.moods.iter().rev().find(|(from, _)| *from <= now).map_or(Mood::WELL, |mood| mood.1)
    }
}

/// A call as its caller saw it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) asked: Instant,
    pub(super) took: Duration,
    /// `None` when the breaker refused it.
    pub(super) outcome: Option<Outcome>,
}

/// What came of it.
pub(super) struct Report {
    pub(super) calls: Vec<Call>,
    /// The most calls that were at the store and unanswered at once, by second.
    pub(super) in_flight: Vec<usize>,
}

/// Plays a situation to its end.
pub(super) fn play<F: Fuse>(fuse: &mut F, situation: &Situation) -> Report {
    let rng = Rng::seeded(situation.seed);
    let think = || situation.think.mul_f64(-(1.0 - rng.next_f64()).ln());
    let mut report = Report { calls: Vec::new(), in_flight: Vec::new() };
    let mut store = Store { situation, rng: &rng, free: Instant::START };
    // Who does something when: a caller without a call asks, one with a call ends it.
    let mut queue: BinaryHeap<_> =
        (0..situation.callers).map(|caller| Reverse((Instant::START + think(), caller))).collect();
    let mut callers: Vec<_> = (0..situation.callers).map(|_| None).collect();
    let mut in_flight = 0;
    while let Some(Reverse((now, number))) = queue.pop() {
        let Some(caller) = callers.get_mut(number).filter(|_| now < situation.until) else { break };
        let next = match caller.take() {
            None => match fuse.admit(now) {
                None => {
                    report.calls.push(Call { asked: now, took: Duration::ZERO, outcome: None });
                    think()
                }
                Some(pass) => {
                    in_flight += 1;
                    let (takes, outcome) = store.answer(now);
                    *caller = Some((now, pass, outcome));
                    takes
                }
            },
            Some((asked, pass, outcome)) => {
                in_flight -= 1;
                fuse.end(pass, now, outcome);
                report.calls.push(Call { asked, took: now - asked, outcome: Some(outcome) });
                think()
            }
        };
        queue.push(Reverse((now + next, number)));
        report.in_flight.resize((now - Instant::START).as_secs() as usize + 1, 0);
        report.in_flight.last_mut().into_iter().for_each(|most| *most = in_flight.max(*most));
    }
    report
}

struct Store<'a> {
    situation: &'a Situation,
    rng: &'a Rng,
    /// When a busy one could begin with one more call.
    free: Instant,
}

impl Store<'_> {
    /// How long the caller of a call that is sent now waits, and what for.
    fn answer(&mut self, now: Instant) -> (Duration, Outcome) {
        let (took, outcome) = match self.situation.mood(now) {
            Mood::Answers(time, [one, other], share) => {
                let outcome = if self.rng.next_f64() < share { other } else { one };
                (time.mul_f64(0.5 + self.rng.next_f64()), outcome)
            }
            Mood::BlackHole => (Duration::MAX, Outcome::Timeout),
            Mood::Resets => (MS / 5, Outcome::Failure),
            Mood::Busy(_) if self.free > now + MS * 10 => (MS, Outcome::Overload),
            Mood::Busy(calls) => {
                self.free = self.free.max(now) + SECOND / calls;
                (MS * 10, Outcome::Success)
            }
        };
        let timeout = self.situation.timeout;
        if took > timeout { (timeout, Outcome::Timeout) } else { (took, outcome) }
    }
}

impl Report {
    /// The calls that were asked for from one moment up to another.
    pub(super) fn between(&self, from: Instant, to: Instant) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(move |call| call.asked >= from && call.asked < to)
    }

    /// The share of those calls that were answered.
    pub(super) fn answered(&self, from: Instant, to: Instant) -> f64 {
        let (mut all, mut answered) = (0, 0);
        for call in self.between(from, to) {
            all += 1;
            answered += u32::from(call.outcome.is_some_and(Outcome::is_accept));
        }
        f64::from(answered) / f64::from(all.max(1))
    }

    pub(super) fn refused(&self, from: Instant, to: Instant) -> usize {
        self.between(from, to).filter(|call| call.outcome.is_none()).count()
    }

    /// The time that 99 in 100 of those calls took at most.
    pub(super) fn p99(&self, from: Instant, to: Instant) -> Duration {
        let mut took: Vec<_> = self.between(from, to).map(|call| call.took).collect();
        took.sort_unstable();
        took.get(took.len() * 99 / 100).copied().unwrap_or_default()
    }

    /// After what time since `from` at least 95 in 100 calls were answered in every half
    /// second to come; `None` if that never came.
    pub(super) fn recovery(&self, from: Instant, until: Instant) -> Option<Duration> {
        let half = SECOND / 2;
        let mut recovered = None;
        let mut begins = from;
        while begins + half <= until {
            if self.answered(begins, begins + half) < 0.95 {
                recovered = None;
            } else {
                recovered = recovered.or(Some(begins - from));
            }
            begins = begins + half;
        }
        recovered
    }
}
