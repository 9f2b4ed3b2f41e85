//! The breaker itself.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use crossbeam_utils::CachePadded;
use parking_lot::Mutex;

use super::{
    gate::{Gate, Passage},
    judge::{Bars, Findings, Judge},
    log::Log,
    permit::{Kind, Permit, Ticket},
    settings::{BreakerSettings, Policy},
    sre::{self, Sentence},
    state::{Reason, State, Status},
    weight::Weight,
    window::Counts,
};
use crate::{
    admit::{Outcome, Rejected, Rejection, Scope},
    settings::InvalidSetting,
    stat::{AtomicRatio, Rng, Striped, StripedHistogram, Tick},
    sync::{AtomicU32, AtomicU64, Ordering},
    time::{Instant, instant::nanos_of},
};

const SENT: usize = 0;
const GOOD: usize = 1;
const BAD: usize = 2;
const SLOW: usize = 3;
const NEUTRAL: usize = 4;

/// Leaves a server alone while it fails, and finds out when it is well again. See the
/// [module](super) for what counts as what.
///
/// A call costs a few loads and three additions to counters of its own thread; nothing is
/// locked, allocated or summed up, except by the call that comes first after a tick.
#[derive(Debug)]
pub struct Breaker {
    gate: Gate,
    /// The share that is refused while throttled.
    refused: AtomicRatio,
    /// From how many nanoseconds on an answer is slow.
    slow_nanos: AtomicU64,
    /// How many nanoseconds a call must have waited for its timeout to count.
    patience_nanos: AtomicU64,
    /// How many failures in a row open it; 0 for any number.
    streak_limit: AtomicU32,
    tick: Tick,
    counts: Striped<5>,
    latencies: StripedHistogram,
    troubles: CachePadded<Troubles>,
    judge: Mutex<Judge>,
    settings: ArcSwap<BreakerSettings>,
    log: Log,
    scope: Scope,
}

/// What is written only when something goes wrong.
#[derive(Debug)]
struct Troubles {
    rng: Rng,
    /// Failures in a row.
    streak: AtomicU32,
    /// How many failed or slow calls are left before it is judged again.
    margin: AtomicU64,
}

impl Breaker {
    /// A closed breaker in front of what `scope` says. `seed` chooses which calls pass of
    /// those of which a share does, and the jitter: give every breaker another one.
    ///
    /// # Errors
    ///
    /// A setting is out of its range.
    pub fn new(
        settings: BreakerSettings,
        scope: Scope,
        seed: u64,
        now: Instant,
    ) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        Ok(Self::build(Arc::new(settings), scope, seed, now))
    }

    /// As [`Breaker::new`], by settings that are known to be in range.
    pub(super) fn build(
        settings: Arc<BreakerSettings>,
        scope: Scope,
        seed: u64,
        now: Instant,
    ) -> Self {
        let judge = Judge::new(&settings, now);
        let Bars { slow, patience } = judge.bars(&settings.policy);
        Self {
            gate: Gate::new(state_of(&settings)),
            refused: AtomicRatio::new(0.0),
            slow_nanos: AtomicU64::new(slow.map_or(u64::MAX, nanos_of)),
            patience_nanos: AtomicU64::new(nanos_of(patience)),
            streak_limit: AtomicU32::new(settings.policy.streak()),
            tick: Tick::new(judge.tick(), now),
            counts: Striped::new(),
            latencies: StripedHistogram::new(),
            troubles: CachePadded::new(Troubles {
                rng: Rng::seeded(seed),
                streak: AtomicU32::new(0),
                margin: AtomicU64::new(1),
            }),
            settings: ArcSwap::new(settings),
            judge: Mutex::new(judge),
            log: Log::new(),
            scope,
        }
    }

    /// Asks to call. The permit must be finished with how the call ended; dropped, it
    /// counts as cancelled.
    ///
    /// # Errors
    ///
    /// The call must not be made; see [`Rejection::retry_after`].
    pub fn try_acquire(&self, now: Instant) -> Result<Permit<&Self>, Rejection> {
        self.admit(now).map(|ticket| Permit::new(self, ticket))
    }

    /// As [`Breaker::try_acquire`], for calls that outlive the borrow.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn try_acquire_owned(
        self: &Arc<Self>,
        now: Instant,
    ) -> Result<Permit<Arc<Self>>, Rejection> {
        self.admit(now).map(|ticket| Permit::new(Arc::clone(self), ticket))
    }

    /// Goes on by other settings, keeping what was learnt: how long calls take always,
    /// where it stands and what happened lately if the kind of policy stays.
    ///
    /// # Errors
    ///
    /// A setting is out of its range; nothing changed.
    pub fn reconfigure(
        &self,
        settings: BreakerSettings,
        now: Instant,
    ) -> Result<(), InvalidSetting> {
        settings.validate()?;
        self.go_by(Arc::new(settings), now);
        Ok(())
    }

    /// As [`Breaker::reconfigure`], by settings that are known to be in range.
    pub(super) fn go_by(&self, settings: Arc<BreakerSettings>, now: Instant) {
        let mut judge = self.judge.lock();
        let before = self.settings.load_full();
        judge.reconfigure(&before, &settings, now);
        self.tick.restart(judge.tick(), now);
        self.set_bars(judge.bars(&settings.policy));
        self.streak_limit.store(settings.policy.streak(), Ordering::Relaxed);
        self.troubles.margin.store(1, Ordering::Relaxed);
        let state = state_of(&settings);
        let same_kind =
            std::mem::discriminant(&before.policy) == std::mem::discriminant(&settings.policy);
        self.settings.store(settings);
        if !same_kind || state != state_of(&before) {
            self.troubles.streak.store(0, Ordering::Relaxed);
            let from = self.gate.restart(state);
            if from != state {
                self.log.note(now, from, state, Reason::Reconfigured);
            }
        }
    }

    /// The settings it goes by.
    pub fn settings(&self) -> Arc<BreakerSettings> {
        self.settings.load_full()
    }

    /// Where it stands. An open one whose time is over is half open with the next call.
    pub fn state(&self) -> State {
        self.gate.load().state
    }

    /// Where it stands and how it got there.
    pub fn status(&self) -> Status {
        let state = self.state();
        let refused = match state {
            State::Throttled => self.refused.load(),
            State::Open | State::HalfOpen => 1.0,
            State::Closed | State::Disabled => 0.0,
        };
        let slow = self.slow_nanos.load(Ordering::Relaxed);
        let (transitions, last) = self.log.read();
        Status {
            state,
            refused,
            transitions,
            last,
            slow_call: (slow != u64::MAX).then(|| Duration::from_nanos(slow)),
            patience: Duration::from_nanos(self.patience_nanos.load(Ordering::Relaxed)),
        }
    }

    fn admit(&self, now: Instant) -> Result<Ticket, Rejection> {
        self.pass_time(now);
        let word = self.gate.load();
        let kind = match word.state {
            State::Closed => Kind::Counted,
            State::Disabled => Kind::Uncounted,
            State::Throttled if self.is_refused(now) => return Err(self.rejection(Duration::ZERO)),
            State::Throttled => Kind::Counted,
            State::Open | State::HalfOpen => return self.probe(now),
        };
        if kind == Kind::Counted {
            self.counts.add(SENT, 1);
        }
        Ok(Ticket { era: word.era, kind, sent: now })
    }

    /// Whether this one is among the share that is refused. Once in a while one passes
    /// whatever the share, so that it is known how the server does.
    fn is_refused(&self, now: Instant) -> bool {
        self.refused.hits(|| self.troubles.rng.next_u64())
            && !self.gate.pass_is_due(now, self.settings.load().policy.trial().gap)
    }

    #[cold]
    fn probe(&self, now: Instant) -> Result<Ticket, Rejection> {
        let trial = self.settings.load().policy.trial();
        match self.gate.probe(now, trial) {
            Passage::Probe { era, first } => {
                if first {
                    self.log.note(now, State::Open, State::HalfOpen, Reason::ProbeDue);
                }
                Ok(Ticket { era, kind: Kind::Probe, sent: now })
            }
            Passage::Wait(time) => Err(self.rejection(time)),
            // Closed or disabled in this very moment: of no account either way.
            Passage::Changed => {
                Ok(Ticket { era: self.gate.load().era, kind: Kind::Uncounted, sent: now })
            }
        }
    }

    const fn rejection(&self, wait: Duration) -> Rejection {
        Rejection::new(Rejected::BreakerOpen, self.scope).retry_after(wait)
    }

    /// Counts how a call ended.
    pub(super) fn settle(&self, ticket: &Ticket, now: Instant, outcome: Outcome) {
        self.pass_time(now);
        if ticket.kind == Kind::Uncounted {
            return;
        }
        let waited = now.nanos_since(ticket.sent);
        // Refused and redirected calls are fast, and say little of how fast the work is.
        if matches!(outcome, Outcome::Success | Outcome::Slow) {
            self.latencies.add(Duration::from_nanos(waited));
        }
        if ticket.era != self.gate.load().era {
            return;
        }
        let bars = [&self.slow_nanos, &self.patience_nanos].map(|bar| bar.load(Ordering::Relaxed));
        let weight = Weight::of(outcome, waited, bars);
        match ticket.kind {
            Kind::Probe => self.settle_probe(ticket, now, weight),
            _ => self.count(ticket.era, now, weight),
        }
    }

    /// Forgets a call of which nothing is known.
    pub(super) fn forget(&self, ticket: &Ticket) {
        if ticket.era != self.gate.load().era {
            return;
        }
        match ticket.kind {
            Kind::Probe => self.gate.give_back(ticket.era, self.settings.load().policy.trial()),
            Kind::Counted => self.counts.add(NEUTRAL, 1),
            Kind::Uncounted => {}
        }
    }

    fn count(&self, era: u32, now: Instant, weight: Weight) {
        match weight {
            Weight::Good { slow } => {
                self.counts.add(GOOD, 1);
                self.end_streak();
                if slow {
                    self.counts.add(SLOW, 1);
                    self.spend_margin(now);
                }
            }
            Weight::Bad { streak } => self.count_bad(era, now, streak),
            Weight::Neutral => self.counts.add(NEUTRAL, 1),
        }
    }

    #[cold]
    fn count_bad(&self, era: u32, now: Instant, streak: bool) {
        self.counts.add(BAD, 1);
        let limit = self.streak_limit.load(Ordering::Relaxed);
        if limit > 0 && streak {
            let before = self.troubles.streak.fetch_add(1, Ordering::Relaxed);
            if before.saturating_add(1) >= limit {
                self.open(era, now, Reason::FailureStreak);
            }
        } else {
            // It answers, if only to say that it has enough to do.
            self.end_streak();
        }
        self.spend_margin(now);
    }

    fn end_streak(&self) {
        // Nearly always it is over, and a load leaves the line with all threads.
        if self.troubles.streak.load(Ordering::Relaxed) != 0 {
            self.troubles.streak.store(0, Ordering::Relaxed);
        }
    }

    fn spend_margin(&self, now: Instant) {
        let margin = &self.troubles.margin;
        let is_endless = margin.load(Ordering::Relaxed) == u64::MAX;
        if !is_endless && margin.fetch_sub(1, Ordering::Relaxed) <= 1 {
            self.judge(now);
        }
    }

    #[cold]
    fn settle_probe(&self, ticket: &Ticket, now: Instant, weight: Weight) {
        let settings = self.settings.load();
        let trial = settings.policy.trial();
        let succeeded = match weight {
            Weight::Good { slow } => !(slow && settings.policy.minds_slowness()),
            Weight::Bad { .. } => false,
            Weight::Neutral => return self.gate.give_back(ticket.era, trial),
        };
        let (closed, waited) = match settings.policy {
            // The time between two probes does not grow by how long one of them hung.
            Policy::Sre(_) => (State::Throttled, now - ticket.sent),
            Policy::Classic(_) | Policy::Consecutive(_) => (State::Closed, Duration::ZERO),
        };
        // Of no matter before it closes, and known to all when it does.
        self.refused.store(sre::ramp(0));
        self.troubles.streak.store(0, Ordering::Relaxed);
        let hold = |before| self.hold(&settings.policy, before).saturating_sub(waited);
        match self.gate.report((ticket.era, succeeded), now, trial, closed, hold) {
            None => {}
            Some(State::Open) => {
                self.log.note(now, State::HalfOpen, State::Open, Reason::ProbeFailed);
            }
            Some(closed) => {
                self.troubles.margin.store(1, Ordering::Relaxed);
                self.log.note(now, State::HalfOpen, closed, Reason::ProbeSucceeded);
            }
        }
    }

    fn pass_time(&self, now: Instant) {
        if self.tick.due(now) > 0 {
            self.judge(now);
        }
    }

    /// Sums up and judges, unless somebody else is just about it.
    #[cold]
    fn judge(&self, now: Instant) {
        let Some(mut judge) = self.judge.try_lock() else {
            // Whoever it is may have taken the counters before what is in them now.
            self.troubles.margin.store(1, Ordering::Relaxed);
            return;
        };
        let [sent, good, bad, slow, neutral] = self.counts.take();
        let news = Counts { sent, good, bad, slow, neutral };
        let word = self.gate.load();
        let settings = self.settings.load();
        let Findings { verdict, margin, bars } =
            judge.judge(now, word, news, &self.latencies, &settings);
        self.set_bars(bars);
        self.troubles.margin.store(margin, Ordering::Relaxed);
        match verdict {
            Some((era, Sentence::Open(reason))) => self.open(era, now, reason),
            Some((era, Sentence::Refuse(share))) => self.refuse(era, now, share),
            None => {}
        }
    }

    fn refuse(&self, era: u32, now: Instant, share: f64) {
        self.refused.store(share);
        let throttled = share > 0.0;
        if self.gate.set_throttled(era, throttled) {
            let (from, to, reason) = if throttled {
                (State::Closed, State::Throttled, Reason::FailureRatio)
            } else {
                (State::Throttled, State::Closed, Reason::Recovered)
            };
            self.log.note(now, from, to, reason);
        }
    }

    fn open(&self, era: u32, now: Instant, reason: Reason) {
        let settings = self.settings.load();
        let before = self.gate.open(era, now, |before| self.hold(&settings.policy, before));
        if let Some(from) = before {
            self.log.note(now, from, State::Open, reason);
        }
    }

    fn hold(&self, policy: &Policy, before: u32) -> Duration {
        policy.hold().time(before, self.troubles.rng.next_f64())
    }

    fn set_bars(&self, bars: Bars) {
        self.slow_nanos.store(bars.slow.map_or(u64::MAX, nanos_of), Ordering::Relaxed);
        self.patience_nanos.store(nanos_of(bars.patience), Ordering::Relaxed);
    }
}

const fn state_of(settings: &BreakerSettings) -> State {
    if settings.enabled { State::Closed } else { State::Disabled }
}

#[cfg(all(test, loom))]
mod interleavings;
#[cfg(test)]
mod tests;
