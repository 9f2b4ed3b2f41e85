//! What stands in front of a service.

use std::{ops::Deref, sync::Arc, time::Duration};

use super::{
    Claim, PriorityGate, ShedCounts, ShedSettings,
    burst::{Burst, LOOK},
    counts::{Count, Counts},
};
use crate::{
    admit::{Ctx, Rejected, Rejection, Scope},
    limit::{self, ConcurrencyLimit, Holds},
    settings::InvalidSetting,
    signal::SystemSignal,
    stat::Tick,
    sync::{AtomicU32, AtomicU64, Mutex, Ordering},
    time::{Instant, instant::nanos_of},
};

/// A window lasts this long, or as long as so many requests take, but not less than
/// [`WINDOW_MIN`]; and one with fewer than [`REQUESTS_MIN`] goes on.
const WINDOW: Duration = Duration::from_millis(100);
const WINDOW_REQUESTS: f64 = 500.0;
const WINDOW_MIN: Duration = Duration::from_millis(10);
const REQUESTS_MIN: u64 = 10;

/// How many times the limit may be in flight when somebody comes who can surely be
/// answered: these are fewer than the service answers, so a moment with many of them
/// passes.
const SURE: f64 = 2.0;
/// The share of the limit for all others. They find room when hardly anybody else is
/// there, so a service is not idle while it refuses, whatever the gate believes.
const LAST: f64 = 0.7;

/// A queue may take up so much of the time that somebody waits; the rest is for the work.
const QUEUES_FOR: f64 = 0.75;

/// The bit of the room that says that only some may use all of it.
const SHEDDING: u32 = 1 << 31;

/// Refuses what a service cannot serve in time: see the [module](crate::shed).
///
/// Shared by reference or in an [`Arc`].
///
/// ```
/// use std::sync::Arc;
/// use seawall_guard::{Ctx, Instant, Outcome, shed::{ShedSettings, Shedder}, signal::SystemSignal};
///
/// let now = Instant::START;
/// let system = Arc::new(SystemSignal::new());
/// let shedder = Arc::new(Shedder::new(&ShedSettings::default(), system, now)?);
///
/// let permit = shedder.try_acquire_owned(now, &Ctx::default())?;
/// // ... the request; if it is dropped on the way, so is the permit ...
/// permit.finish(now, Outcome::Success);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Shedder {
    limit: ConcurrencyLimit,
    gate: PriorityGate,
    system: Arc<SystemSignal>,
    /// How many may ever be in flight just now, and the bit [`SHEDDING`].
    room: AtomicU32,
    /// Answers a second of which the service is believed to be capable, and how long
    /// somebody must wait at least to whom that makes no difference.
    capacity: AtomicU32,
    patient_nanos: AtomicU64,
    tick: Tick,
    counts: Counts,
    learner: Mutex<Learner>,
}

/// What only ticks and a reconfiguration touch.
#[derive(Debug)]
struct Learner {
    burst: Burst,
    began: Instant,
    /// When it ends, or later.
    ends: Instant,
    /// What had been refused when the window began.
    refused: ShedCounts,
    /// The limit's last window that was looked at.
    measured: Option<u64>,
    /// Whether the limit was low on purpose then.
    is_measuring: bool,
}

/// A place in a service, given back when it is dropped: see [`limit::Permit`]. `H` is how
/// it holds its shedder: by reference inside one call, by [`Arc`] in a future or a task.
pub type Permit<H> = limit::Permit<Place<H>>;

/// Leads from a shedder to its limit.
#[derive(Debug)]
pub struct Place<H>(H);

impl<H: Deref<Target = Shedder>> Deref for Place<H> {
    type Target = ConcurrencyLimit;

    fn deref(&self) -> &ConcurrencyLimit {
        &self.0.limit
    }
}

impl Shedder {
    /// With nobody in flight.
    ///
    /// # Errors
    ///
    /// When a setting is out of its range.
    pub fn new(
        settings: &ShedSettings,
        system: Arc<SystemSignal>,
        now: Instant,
    ) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        let learner = Learner {
            burst: Burst::new(settings, now),
            began: now,
            ends: now + WINDOW,
            refused: ShedCounts::default(),
            measured: None,
            is_measuring: false,
        };
        let shedder = Self {
            limit: ConcurrencyLimit::new(&settings.limit, now)?.scope(Scope::Node),
            gate: PriorityGate::new(&settings.gate, now)?,
            system,
            room: AtomicU32::new(0),
            capacity: AtomicU32::new(0),
            patient_nanos: AtomicU64::new(patient_nanos(settings.burst)),
            tick: Tick::new(LOOK, now),
            counts: Counts::new(),
            learner: Mutex::new(learner),
        };
        shedder.set_room(&shedder.learner.lock().burst, now);
        Ok(shedder)
    }

    /// A place, now or not at all.
    ///
    /// # Errors
    ///
    /// [`Rejected::DeadlinePassed`] when nobody waits any more,
    /// [`Rejected::LowPriority`] when there is room only for what matters more, and
    /// [`Rejected::ConcurrencyLimited`] when as many are in flight as may be, or
    /// [`Rejected::Overloaded`] when that is fewer because the machine is overloaded.
    pub fn try_acquire(&self, now: Instant, ctx: &Ctx<'_>) -> Result<Permit<&Self>, Rejection> {
        self.admit(now, ctx)?;
        Ok(limit::Permit::new(Place(self), now))
    }

    /// [`try_acquire`](Self::try_acquire) for futures and tasks.
    ///
    /// # Errors
    ///
    /// As [`try_acquire`](Self::try_acquire).
    pub fn try_acquire_owned(
        self: &Arc<Self>,
        now: Instant,
        ctx: &Ctx<'_>,
    ) -> Result<Permit<Arc<Self>>, Rejection> {
        self.admit(now, ctx)?;
        Ok(limit::Permit::new(Place(self.clone()), now))
    }

    /// The first priority level that is beyond what can be answered,
    /// [`PriorityGate::OPEN`] when none is.
    pub fn level(&self) -> u16 {
        self.gate.level()
    }

    /// Whether a queue was too long, so that the limit holds.
    pub fn is_shedding(&self) -> bool {
        self.room.load(Ordering::Relaxed) & SHEDDING != 0
    }

    /// What was refused so far.
    pub fn refused(&self) -> ShedCounts {
        self.counts.sum()
    }

    /// The limit that holds while it sheds. It counts those in flight all the time.
    pub fn limit(&self) -> &ConcurrencyLimit {
        &self.limit
    }

    /// Takes other settings over. Nobody in flight is disturbed, and what was learnt
    /// stays.
    ///
    /// # Errors
    ///
    /// When a setting is out of its range; then nothing changes.
    pub fn reconfigure(&self, now: Instant, settings: &ShedSettings) -> Result<(), InvalidSetting> {
        settings.validate()?;
        let mut learner = self.learner.lock();
        self.limit.reconfigure(&settings.limit)?;
        self.gate.reconfigure(&settings.gate)?;
        learner.burst.reconfigure(settings);
        self.patient_nanos.store(patient_nanos(settings.burst), Ordering::Relaxed);
        self.set_room(&learner.burst, now);
        Ok(())
    }

    /// Takes a place among those in flight, or says why not.
    fn admit(&self, now: Instant, ctx: &Ctx<'_>) -> Result<(), Rejection> {
        if self.tick.due(now) > 0 {
            self.look(now);
        }
        if ctx.is_expired(now) {
            self.counts.add(Count::DeadlinePassed);
            return Err(Rejection::new(Rejected::DeadlinePassed, Scope::Caller));
        }
        let claim = self.gate.claim(ctx.priority);
        let state = self.room.load(Ordering::Relaxed);
        let mut room = state & !SHEDDING;
        if let Some(deadline) = ctx.deadline {
            room = room.min(self.room_until(deadline.nanos_since(now)));
        }
        let cap = if state & SHEDDING == 0 { room } else { self.cap(claim, room) };
        if self.limit.enter_beyond(cap) {
            return Ok(());
        }
        Err(self.refuse(now, claim, state == room))
    }

    /// How many may be in flight when somebody comes who waits so long.
    fn room_until(&self, nanos: u64) -> u32 {
        if nanos >= self.patient_nanos.load(Ordering::Relaxed) {
            return u32::MAX;
        }
        let answers = f64::from(self.capacity.load(Ordering::Relaxed)) * nanos as f64 * 1e-9;
        self.limit.limit().saturating_add((answers * QUEUES_FOR) as u32)
    }

    /// How many may be in flight, while it sheds, when somebody with this claim comes.
    fn cap(&self, claim: Claim, room: u32) -> u32 {
        let part = match claim {
            Claim::First if self.limit.is_measuring() => return self.cap_while_measuring(room),
            // Before anybody was told apart nobody is first.
            Claim::First if self.gate.is_open() => 1.0,
            Claim::First => return room,
            _ if self.limit.is_measuring() => 1.0,
            Claim::Sure => SURE,
            Claim::Edge => 1.0,
            Claim::Last => LAST,
        };
        share(self.limit.limit(), self.system.factor() * part).min(room)
    }

    /// The first are let in as long as others leave, and then a few beyond the limit.
    #[cold]
    fn cap_while_measuring(&self, room: u32) -> u32 {
        let most = self.limit.most_while_measuring();
        if self.limit.in_flight() > most { room } else { most.min(room) }
    }

    #[cold]
    fn refuse(&self, now: Instant, claim: Claim, is_full: bool) -> Rejection {
        if is_full && let Some(mut learner) = self.learner.try_lock() {
            learner.burst.shed(now);
            self.end_window(&mut learner, now);
        }
        if matches!(claim, Claim::Edge | Claim::Last) {
            self.counts.add(Count::LowPriority);
            let rejection = self.limit.reject(Rejected::LowPriority);
            // No sooner than the gate may have moved.
            return rejection.retry_after(rejection.retry_after.max(WINDOW));
        }
        self.counts.add(Count::InFlight);
        let is_overloaded = self.system.is_overloaded();
        self.limit.reject(if is_overloaded {
            Rejected::Overloaded
        } else {
            Rejected::ConcurrencyLimited
        })
    }

    #[cold]
    fn look(&self, now: Instant) {
        let Some(mut learner) = self.learner.try_lock() else { return };
        let limit = f64::from(self.limit.limit()) * self.system.factor();
        learner.burst.look(now, self.limit.in_flight(), limit);
        if now >= learner.ends {
            self.end_window(&mut learner, now);
        } else {
            self.set_room(&learner.burst, now);
        }
    }

    fn end_window(&self, learner: &mut Learner, now: Instant) {
        let came = self.gate.came();
        if came >= REQUESTS_MIN {
            let answers = learner.answers(&self.limit);
            if let Some((answers, lasted)) = answers {
                learner.burst.learn(now, answers, lasted);
            }
            let answers = answers.map(|(answers, _)| answers);
            let refused = self.refused();
            let shed = refused.shed() - learner.refused.shed();
            learner.burst.end_window(now, shed as f64 / came as f64);
            learner.ends = now + window_for(came, now - learner.began);
            (learner.began, learner.refused) = (now, refused);
            if learner.burst.is_shedding() {
                self.gate.divide(now, answers);
            } else {
                self.gate.open(now, answers);
            }
        }
        self.set_room(&learner.burst, now);
    }

    fn set_room(&self, burst: &Burst, now: Instant) {
        let room = burst.room(now, self.limit.limit());
        let is_shedding = burst.is_shedding();
        self.limit.set_holds(if is_shedding { Holds::Most } else { Holds::Nobody });
        self.room.store(if is_shedding { room | SHEDDING } else { room }, Ordering::Relaxed);
        self.capacity.store(burst.capacity() as u32, Ordering::Relaxed);
    }
}

impl Learner {
    /// Answers a second in the limit's last window, if it ended since the last time, and
    /// how long that was. While the limit is low on purpose they say nothing.
    fn answers(&mut self, limit: &ConcurrencyLimit) -> Option<(f64, Duration)> {
        let window = limit.measured().filter(|window| Some(window.number) != self.measured)?;
        self.measured = Some(window.number);
        let is_measuring = limit.is_measuring();
        if std::mem::replace(&mut self.is_measuring, is_measuring) || is_measuring {
            return None;
        }
        let answered = window.answered + window.failures;
        Some((answered as f64 / window.lasted.as_secs_f64().max(1e-6), window.lasted))
    }
}

/// So much of it, and never nothing of something.
fn share(of: u32, part: f64) -> u32 {
    // Factors are kept in parts of some ten thousand: a half of ten is five.
    ((f64::from(of) * part + 0.01) as u32).max(of.min(1))
}

/// How long the next window may last, after `came` requests came in `took`.
fn window_for(came: u64, took: Duration) -> Duration {
    let seconds = took.as_secs_f64() * WINDOW_REQUESTS / came as f64;
    Duration::try_from_secs_f64(seconds).unwrap_or(WINDOW).clamp(WINDOW_MIN, WINDOW)
}

/// Whoever waits longer than this is in time after the longest burst.
fn patient_nanos(burst: Duration) -> u64 {
    nanos_of(burst.div_f64(QUEUES_FOR))
}
