//! The queue in front of a limit, for futures of any runtime.

use std::{
    collections::BTreeMap,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use super::{
    ConcurrencyLimit, Permit,
    gate::Gate,
    queue::{Queue, QueueEffect, QueueEvent, QueueSettings, Ticket},
};
use crate::{
    admit::{Rejected, Rejection},
    sync::{AtomicU32, Mutex, Ordering},
    time::Instant,
};

/// What became of somebody who waited.
#[derive(Debug, Clone, Copy)]
enum Verdict {
    /// A place is held for them since then.
    Admitted(Instant),
    Refused,
}

/// Those who wait, and how to reach them.
///
/// Its lock is waited for, unlike a tick's: only those who found the limit reached come
/// here, and a place handed to nobody would be lost.
#[derive(Debug)]
pub(super) struct Line {
    /// 1 when anybody may wait: where nobody may, a rejection takes no lock.
    is_open: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    queue: Queue,
    settings: QueueSettings,
    wakers: BTreeMap<Ticket, Waker>,
    /// Until whoever waited takes note. No more than there are [`Acquire`]s.
    verdicts: BTreeMap<Ticket, Verdict>,
    /// The latest time anybody told: a permit that is dropped knows none.
    now: Instant,
    effects: Vec<QueueEffect>,
}

/// How somebody who came found the line.
pub(super) enum Joined {
    Entered,
    Waiting(Ticket),
    Full(Rejected),
}

impl Line {
    pub(super) fn new(settings: QueueSettings) -> Self {
        let is_open = AtomicU32::new(u32::from(settings.share > 0.0));
        let state = State {
            queue: Queue::new(settings.clone()),
            settings,
            wakers: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            now: Instant::START,
            effects: Vec::new(),
        };
        Self { is_open, state: Mutex::new(state) }
    }

    /// Enters `gate`, or waits in front of it.
    pub(super) fn join(&self, gate: &Gate, now: Instant) -> Joined {
        if self.is_open.load(Ordering::Relaxed) == 0 {
            return Joined::Full(Rejected::ConcurrencyLimited);
        }
        let mut state = self.state.lock();
        let capacity = state.settings.capacity(gate.limit());
        if capacity == 0 {
            return Joined::Full(Rejected::ConcurrencyLimited);
        }
        if gate.enter_or_wait() {
            return Joined::Entered;
        }
        let mut joined = Joined::Full(Rejected::QueueFull);
        let woken = state.handle(now, QueueEvent::Join { capacity }, |effect| {
            if let QueueEffect::Wait(ticket) = effect {
                joined = Joined::Waiting(ticket);
            }
        });
        state.tell_if_empty(gate);
        drop(state);
        wake(woken);
        joined
    }

    /// Hands the places that are free to those who wait.
    pub(super) fn serve(&self, gate: &Gate, now: Option<Instant>) {
        let mut state = self.state.lock();
        let now = now.unwrap_or(state.now);
        let mut woken = Vec::new();
        while !state.queue.is_empty() && gate.try_enter(u32::MAX) {
            let mut admitted = false;
            woken.extend(state.handle(now, QueueEvent::Room, |effect| {
                admitted |= matches!(effect, QueueEffect::Admit(_));
            }));
            if !admitted {
                // All of them had waited too long. Nobody is left to be told.
                gate.leave();
            }
        }
        state.tell_if_empty(gate);
        drop(state);
        wake(woken);
    }

    /// Refuses those who have waited too long.
    pub(super) fn refuse_late(&self, gate: &Gate, now: Instant) {
        let mut state = self.state.lock();
        let woken = state.handle(now, QueueEvent::Pass, |_| {});
        state.tell_if_empty(gate);
        drop(state);
        wake(woken);
    }

    pub(super) fn reconfigure(&self, settings: &QueueSettings) {
        self.is_open.store(u32::from(settings.share > 0.0), Ordering::Relaxed);
        let mut state = self.state.lock();
        state.queue.reconfigure(settings.clone());
        state.settings = settings.clone();
    }

    pub(super) fn len(&self) -> usize {
        self.state.lock().queue.len()
    }

    /// The verdict, or else `waker` is woken when there is one.
    fn poll(&self, ticket: Ticket, waker: &Waker) -> Option<Verdict> {
        let mut state = self.state.lock();
        let verdict = state.verdicts.remove(&ticket);
        if verdict.is_none() {
            state.wakers.insert(ticket, waker.clone());
        }
        verdict
    }

    /// Somebody waits no longer. Says whether a place was held for them.
    fn abandon(&self, gate: &Gate, ticket: Ticket) -> bool {
        let mut state = self.state.lock();
        if let Some(verdict) = state.verdicts.remove(&ticket) {
            return matches!(verdict, Verdict::Admitted(_));
        }
        state.wakers.remove(&ticket);
        let now = state.now;
        let woken = state.handle(now, QueueEvent::Gone(ticket), |_| {});
        state.tell_if_empty(gate);
        drop(state);
        wake(woken);
        false
    }
}

/// Only when no lock is held: a waker may run anything.
fn wake(wakers: Vec<Waker>) {
    for waker in wakers {
        waker.wake();
    }
}

impl State {
    /// Has the queue decide, and returns whom to wake.
    fn handle(
        &mut self,
        now: Instant,
        event: QueueEvent,
        mut see: impl FnMut(QueueEffect),
    ) -> Vec<Waker> {
        self.now = self.now.max(now);
        let mut effects = mem::take(&mut self.effects);
        self.queue.handle(self.now, event, &mut effects);
        let mut woken = Vec::new();
        for effect in effects.drain(..) {
            see(effect);
            let (ticket, verdict) = match effect {
                QueueEffect::Admit(ticket) => (ticket, Verdict::Admitted(self.now)),
                QueueEffect::Refuse(ticket) => (ticket, Verdict::Refused),
                QueueEffect::Wait(_) | QueueEffect::Full => continue,
            };
            self.verdicts.insert(ticket, verdict);
            woken.extend(self.wakers.remove(&ticket));
        }
        self.effects = effects;
        woken
    }

    /// The gate's mark that somebody waits is set and cleared under this lock only.
    fn tell_if_empty(&self, gate: &Gate) {
        if self.queue.is_empty() {
            gate.nobody_waits();
        }
    }
}

/// A place, or the wait for one: see [`ConcurrencyLimit::acquire`].
///
/// Dropping it leaves the queue, or gives the place back that was already held for it.
#[derive(Debug)]
#[must_use = "whoever drops it leaves the queue"]
pub struct Acquire {
    limit: Arc<ConcurrencyLimit>,
    state: AcquireState,
}

#[derive(Debug)]
enum AcquireState {
    Entered(Instant),
    Refused(Rejected),
    Waiting(Ticket),
    Done,
}

impl Acquire {
    pub(super) fn new(limit: Arc<ConcurrencyLimit>, now: Instant) -> Self {
        let state = if limit.gate().try_enter(u32::MAX) {
            AcquireState::Entered(now)
        } else {
            match limit.line().join(limit.gate(), now) {
                Joined::Entered => AcquireState::Entered(now),
                Joined::Waiting(ticket) => AcquireState::Waiting(ticket),
                Joined::Full(reason) => AcquireState::Refused(reason),
            }
        };
        Self { limit, state }
    }
}

impl Future for Acquire {
    type Output = Result<Permit<Arc<ConcurrencyLimit>>, Rejection>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let admitted = match this.state {
            AcquireState::Entered(admitted) => Ok(admitted),
            AcquireState::Refused(reason) => Err(reason),
            AcquireState::Waiting(ticket) => {
                match this.limit.line().poll(ticket, context.waker()) {
                    Some(Verdict::Admitted(admitted)) => Ok(admitted),
                    Some(Verdict::Refused) => Err(Rejected::QueueFull),
                    None => return Poll::Pending,
                }
            }
            AcquireState::Done => return Poll::Pending,
        };
        this.state = AcquireState::Done;
        Poll::Ready(match admitted {
            Ok(admitted) => Ok(Permit::new(this.limit.clone(), admitted)),
            Err(reason) => Err(this.limit.reject(reason)),
        })
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        let held = match self.state {
            AcquireState::Entered(_) => true,
            AcquireState::Waiting(ticket) => self.limit.line().abandon(self.limit.gate(), ticket),
            AcquireState::Refused(_) | AcquireState::Done => false,
        };
        if held {
            self.limit.leave(None);
        }
    }
}
