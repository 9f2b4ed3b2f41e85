//! The limit itself.

use std::{ops::Deref, sync::Arc, time::Duration};

use crossbeam_utils::CachePadded;

use super::{
    Acquire, LimitAlgorithm, LimitSettings, Permit, WindowSample,
    gate::Gate,
    line::Line,
    sounding,
    window::{Holds, Samples, Window},
};
use crate::{
    admit::{Outcome, Rejected, Rejection, Scope},
    settings::InvalidSetting,
    stat::Tick,
    sync::{AtomicBool, AtomicU32, AtomicU64, Mutex, Ordering},
    time::{Instant, instant::nanos_of},
};

/// How many requests may be in flight, and a place for each that is: see the
/// [module](crate::limit).
///
/// Shared by reference or in an [`Arc`]; clones of the `Arc` are one limit.
///
/// ```
/// use seawall_guard::{Instant, Outcome, limit::{ConcurrencyLimit, LimitSettings}};
///
/// let now = Instant::START;
/// let limit = ConcurrencyLimit::new(&LimitSettings::fixed(1), now)?;
/// let permit = limit.try_acquire(now)?;
/// assert!(limit.try_acquire(now).is_err());
/// permit.finish(now, Outcome::Success);
/// assert_eq!(limit.in_flight(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ConcurrencyLimit {
    gate: CachePadded<Gate>,
    samples: Samples,
    /// For whom the limit holds, as a number, and whether it is low on purpose.
    holds: AtomicU32,
    is_measuring: AtomicBool,
    tick: Tick,
    /// The mean latency of the last window: how long it takes until everybody who is in
    /// flight now is done.
    turnover_nanos: AtomicU64,
    scope: Scope,
    learner: Mutex<Learner>,
    measured: Mutex<Option<WindowSample>>,
    line: Line,
}

/// What only the tick and a reconfiguration touch.
#[derive(Debug)]
struct Learner {
    algorithm: Box<dyn LimitAlgorithm>,
    window: Window,
    samples_min: u64,
}

impl ConcurrencyLimit {
    /// With nobody in flight.
    ///
    /// # Errors
    ///
    /// When a setting is out of its range.
    pub fn new(settings: &LimitSettings, now: Instant) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        let (algorithm, limit) = settings.algorithm.start(None);
        Ok(Self::assemble(algorithm, limit, settings, now))
    }

    /// With an algorithm of the caller's own, which starts at `limit`. Of `settings` the
    /// windows and the queue count.
    ///
    /// # Errors
    ///
    /// When a setting is out of its range.
    pub fn with_algorithm(
        algorithm: Box<dyn LimitAlgorithm>,
        limit: u32,
        settings: &LimitSettings,
        now: Instant,
    ) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        Ok(Self::assemble(algorithm, limit, settings, now))
    }

    fn assemble(
        algorithm: Box<dyn LimitAlgorithm>,
        limit: u32,
        settings: &LimitSettings,
        now: Instant,
    ) -> Self {
        let learner =
            Learner { algorithm, window: Window::new(now), samples_min: settings.samples_min };
        Self {
            gate: CachePadded::new(Gate::new(limit)),
            samples: Samples::new(),
            holds: AtomicU32::new(Holds::Everybody as u32),
            is_measuring: AtomicBool::new(false),
            tick: Tick::new(settings.window, now),
            turnover_nanos: AtomicU64::new(0),
            scope: Scope::Resource,
            learner: Mutex::new(learner),
            measured: Mutex::new(None),
            line: Line::new(settings.queue.clone()),
        }
    }

    /// What its rejections say it protects; a resource when nothing is said.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// A place, now or not at all.
    ///
    /// # Errors
    ///
    /// [`Rejected::ConcurrencyLimited`] when as many are in flight as may be.
    pub fn try_acquire(&self, now: Instant) -> Result<Permit<&Self>, Rejection> {
        self.try_acquire_at_most(now, u32::MAX)
    }

    /// [`try_acquire`](Self::try_acquire) for futures and tasks.
    ///
    /// # Errors
    ///
    /// As [`try_acquire`](Self::try_acquire).
    pub fn try_acquire_owned(
        self: &Arc<Self>,
        now: Instant,
    ) -> Result<Permit<Arc<Self>>, Rejection> {
        self.try_acquire_owned_at_most(now, u32::MAX)
    }

    /// A place when fewer than `cap` are in flight and fewer than the limit: for whoever
    /// knows of another reason to admit fewer just now, with the one count.
    ///
    /// # Errors
    ///
    /// [`Rejected::ConcurrencyLimited`] when as many are in flight as may be.
    pub fn try_acquire_at_most(&self, now: Instant, cap: u32) -> Result<Permit<&Self>, Rejection> {
        self.admit(self, now, cap)
    }

    /// [`try_acquire_at_most`](Self::try_acquire_at_most) for futures and tasks.
    ///
    /// # Errors
    ///
    /// As [`try_acquire_at_most`](Self::try_acquire_at_most).
    pub fn try_acquire_owned_at_most(
        self: &Arc<Self>,
        now: Instant,
        cap: u32,
    ) -> Result<Permit<Arc<Self>>, Rejection> {
        self.admit(self.clone(), now, cap)
    }

    /// What every way of asking comes down to.
    pub(super) fn admit<H: Deref<Target = Self>>(
        &self,
        handle: H,
        now: Instant,
        cap: u32,
    ) -> Result<Permit<H>, Rejection> {
        if self.gate.try_enter(cap) {
            return Ok(Permit::new(handle, now));
        }
        Err(self.reject(Rejected::ConcurrencyLimited))
    }

    /// A place, now or when one is free: waits in the queue that the settings allow, and
    /// nowhere without one. It has joined when this returns, before it is first polled.
    /// The future needs no runtime and no timer; whoever has waited too long learns it
    /// when the next request ends or comes, or at [`refuse_late`](Self::refuse_late).
    ///
    /// The future fails with [`Rejected::QueueFull`] when the queue is full or the wait
    /// was too long.
    pub fn acquire(self: &Arc<Self>, now: Instant) -> Acquire {
        Acquire::new(self.clone(), now)
    }

    /// Refuses those who have waited too long, for a shell that has a timer.
    pub fn refuse_late(&self, now: Instant) {
        self.line.refuse_late(&self.gate, now);
    }

    /// How many are in flight.
    pub fn in_flight(&self) -> u32 {
        self.gate.in_flight()
    }

    /// How many may be in flight.
    pub fn limit(&self) -> u32 {
        self.gate.limit()
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.line.len()
    }

    /// What the last whole window measured, `None` before the end of the first.
    pub fn measured(&self) -> Option<WindowSample> {
        *self.measured.lock()
    }

    /// Takes other settings over. Nobody in flight is disturbed; a limit that is now too
    /// low is reached as they leave. What was learnt stays, as long as the algorithm
    /// does; another one starts at the limit that holds now.
    ///
    /// # Errors
    ///
    /// When a setting is out of its range; then nothing changes.
    pub fn reconfigure(&self, settings: &LimitSettings) -> Result<(), InvalidSetting> {
        settings.validate()?;
        let mut learner = self.learner.lock();
        let limit = match learner.algorithm.reconfigure(&settings.algorithm) {
            Some(limit) => limit,
            None => {
                let (algorithm, limit) = settings.algorithm.start(Some(self.limit()));
                learner.algorithm = algorithm;
                limit
            }
        };
        learner.samples_min = settings.samples_min;
        self.is_measuring.store(false, Ordering::Relaxed);
        self.tick.set_period(settings.window);
        self.line.reconfigure(&settings.queue);
        self.set_limit(limit, None);
        Ok(())
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(super) fn line(&self) -> &Line {
        &self.line
    }

    /// Enters when fewer than `cap` are in flight, be it beyond the limit: for whoever
    /// admits some beyond it and has the one count.
    pub(crate) fn enter_beyond(&self, cap: u32) -> bool {
        self.gate.try_enter_beyond(cap)
    }

    /// Whether the limit is low on purpose, to find something out.
    pub(crate) fn is_measuring(&self) -> bool {
        self.is_measuring.load(Ordering::Relaxed)
    }

    /// How many may be in flight while the limit is low on purpose.
    pub(crate) fn most_while_measuring(&self) -> u32 {
        sounding::most(f64::from(self.limit())) as u32
    }

    /// Says for whom the limit holds, from whoever lets others in beyond it.
    pub(crate) fn set_holds(&self, holds: Holds) {
        self.holds.store(holds as u32, Ordering::Relaxed);
    }

    fn holds(&self) -> Holds {
        const MOST: u32 = Holds::Most as u32;
        const NOBODY: u32 = Holds::Nobody as u32;
        match self.holds.load(Ordering::Relaxed) {
            MOST => Holds::Most,
            NOBODY => Holds::Nobody,
            _ => Holds::Everybody,
        }
    }

    /// Counts and makes a rejection.
    pub(crate) fn reject(&self, reason: Rejected) -> Rejection {
        self.samples.add_rejected();
        let turnover = Duration::from_nanos(self.turnover_nanos.load(Ordering::Relaxed));
        Rejection::new(reason, self.scope).retry_after(turnover)
    }

    pub(super) fn record(&self, admitted: Instant, now: Instant, outcome: Outcome) {
        self.samples.add(admitted, now, outcome);
        if self.tick.due(now) > 0 {
            self.end_window(now);
        }
    }

    pub(super) fn record_cancelled(&self) {
        self.samples.add_cancelled();
    }

    /// Gives a place back; `now` as far as it is known.
    pub(super) fn leave(&self, now: Option<Instant>) {
        if self.gate.leave() {
            self.line.serve(&self.gate, now);
        }
    }

    #[cold]
    fn end_window(&self, now: Instant) {
        let Some(mut learner) = self.learner.try_lock() else { return };
        let learner = &mut *learner;
        learner.window.collect(&self.samples, self.gate.take_peak());
        let limit = self.gate.limit();
        let limit = (limit, self.holds());
        let Some(window) = learner.window.end(now, limit, learner.samples_min) else { return };
        let next = learner.algorithm.update(&window);
        if let Some(latency) = window.latency {
            self.turnover_nanos.store(nanos_of(latency.mean), Ordering::Relaxed);
        }
        *self.measured.lock() = Some(window);
        self.is_measuring.store(learner.algorithm.is_measuring(), Ordering::Relaxed);
        self.set_limit(next, Some(now));
    }

    fn set_limit(&self, limit: u32, now: Option<Instant>) {
        if self.gate.set_limit(limit) {
            self.line.serve(&self.gate, now);
        }
    }
}
