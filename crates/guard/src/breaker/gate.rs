//! The part of a breaker that every call passes: one word, changed by compare-and-swap.

use std::time::Duration;

use super::{settings::Trial, state::State};
use crate::{
    sync::{AtomicU64, Ordering},
    time::Instant,
};

/// All that must change at once, in 64 bits: the era (32), the state (3), how often it
/// opened in a row (5), and of the probes how many may still pass, succeeded and failed
/// (8 each).
///
/// An era ends with each opening, trial and closing. A call belongs to the era it was
/// admitted in, and its outcome counts only while that lasts: a call from before an
/// outage must not decide the trial after it (App-vNext/Polly#216), and one given back
/// late must not make room in a trial it was no part of (denoland/std#7306).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) era: u32,
    pub(super) state: State,
    openings: u32,
    slots: u8,
    succeeded: u8,
    failed: u8,
}

const MOST_OPENINGS: u32 = (1 << 5) - 1;

impl Word {
    const fn of(bits: u64) -> Self {
        Self {
            era: bits as u32,
            state: State::of_bits((bits >> 32) & 0b111),
            openings: (bits >> 35) as u32 & MOST_OPENINGS,
            slots: (bits >> 40) as u8,
            succeeded: (bits >> 48) as u8,
            failed: (bits >> 56) as u8,
        }
    }

    const fn bits(self) -> u64 {
        self.era as u64
            | (self.state as u64) << 32
            | (self.openings as u64) << 35
            | (self.slots as u64) << 40
            | (self.succeeded as u64) << 48
            | (self.failed as u64) << 56
    }

    /// The next era, in `state`.
    const fn next(self, state: State) -> Self {
        let (openings, era) = (self.openings, self.era.wrapping_add(1));
        Self { era, state, openings, slots: 0, succeeded: 0, failed: 0 }
    }

    fn opened(self) -> Self {
        let openings = (self.openings + 1).min(MOST_OPENINGS);
        Self { openings, ..self.next(State::Open) }
    }

    const fn closed(self, state: State) -> Self {
        Self { openings: 0, ..self.next(state) }
    }
}

/// What a call is told that came while the gate was open or half open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    /// It passes as a probe. `first` says that the trial began with it.
    Probe { era: u32, first: bool },
    /// It may come again after this time.
    Wait(Duration),
    /// The gate is neither any more.
    Changed,
}

#[derive(Debug)]
pub(super) struct Gate {
    word: AtomicU64,
    /// When the first probe may pass of those after an opening. Written before the word
    /// that says open.
    open_until: AtomicU64,
    /// When one more call may pass than otherwise would: one in the place of a lost probe
    /// while half open, one in spite of the share while throttled. Written before the
    /// word that says half open.
    next_pass: AtomicU64,
}

impl Gate {
    pub(super) fn new(state: State) -> Self {
        let word = Word { era: 0, state, openings: 0, slots: 0, succeeded: 0, failed: 0 };
        let [open_until, next_pass] = [0, 0].map(AtomicU64::new);
        Self { word: AtomicU64::new(word.bits()), open_until, next_pass }
    }

    /// As it is; what it says may be over.
    pub(super) fn load(&self) -> Word {
        Word::of(self.word.load(Ordering::Relaxed))
    }

    /// Opens it for the time `hold` says, given how often in a row it opened before.
    /// Says what it was before; `None` when the era is over or it is open anyway.
    pub(super) fn open(
        &self,
        era: u32,
        now: Instant,
        hold: impl Fn(u32) -> Duration,
    ) -> Option<State> {
        let mut from = State::Closed;
        self.change(|word| {
            if word.era != era || !word.state.is_counting() {
                return None;
            }
            from = word.state;
            store(&self.open_until, now + hold(word.openings));
            Some(word.opened())
        })?;
        Some(from)
    }

    /// Changes between closed and throttled without ending the era; false when it was
    /// that already, or the era is over.
    pub(super) fn set_throttled(&self, era: u32, throttled: bool) -> bool {
        let state = if throttled { State::Throttled } else { State::Closed };
        self.change(|word| {
            let changes = word.era == era && word.state.is_counting() && word.state != state;
            changes.then_some(Word { state, ..word })
        })
        .is_some()
    }

    /// Lets one call pass, once in `gap`, whatever the share.
    pub(super) fn pass_is_due(&self, now: Instant, gap: Duration) -> bool {
        let due = self.next_pass.load(Ordering::Relaxed);
        due <= now.as_nanos() && self.move_next_pass(due, now + gap)
    }

    /// Asks to pass as a probe.
    pub(super) fn probe(&self, now: Instant, trial: Trial) -> Passage {
        loop {
            let bits = self.word.load(Ordering::Acquire);
            let word = Word::of(bits);
            let is_open = word.state == State::Open;
            let due = if is_open { &self.open_until } else { &self.next_pass };
            let due = due.load(Ordering::Relaxed);
            let wait = Passage::Wait(Instant::from_nanos(due) - now);
            let (next, first) = match word.state {
                State::Open if now.as_nanos() < due => return wait,
                State::Open => {
                    store(&self.next_pass, now + trial.gap);
                    let slots = trial.probes.saturating_sub(1);
                    (Word { slots, ..word.next(State::HalfOpen) }, true)
                }
                State::HalfOpen if word.slots > 0 => {
                    (Word { slots: word.slots - 1, ..word }, false)
                }
                // All are under way. One that does not come back must not keep it so for
                // ever (resilience4j#935, alibaba/Sentinel#1638).
                State::HalfOpen if now.as_nanos() < due => return wait,
                State::HalfOpen => {
                    if self.move_next_pass(due, now + trial.gap) {
                        return Passage::Probe { era: word.era, first: false };
                    }
                    continue;
                }
                _ => return Passage::Changed,
            };
            if self.swap(bits, next) {
                return Passage::Probe { era: next.era, first };
            }
        }
    }

    /// Takes back a probe that says nothing, so that another one may pass.
    pub(super) fn give_back(&self, era: u32, trial: Trial) {
        self.change(|word| {
            let counts = word.era == era && word.state == State::HalfOpen;
            // Never more than there were: this may be one that was given up for lost.
            let slots = word.slots.saturating_add(1).min(trial.probes);
            counts.then_some(Word { slots, ..word })
        });
    }

    /// Counts how a probe ended. When that decides the trial, opens the gate again for
    /// the time `hold` says (see [`Gate::open`]) or closes it into `closed`, and says
    /// which.
    pub(super) fn report(
        &self,
        (era, succeeded): (u32, bool),
        now: Instant,
        trial: Trial,
        closed: State,
        hold: impl Fn(u32) -> Duration,
    ) -> Option<State> {
        let word = self.change(|word| {
            if word.era != era || word.state != State::HalfOpen {
                return None;
            }
            let mut word = word;
            let count = if succeeded { &mut word.succeeded } else { &mut word.failed };
            *count = count.saturating_add(1);
            if word.failed >= trial.failures {
                store(&self.open_until, now + hold(word.openings));
                return Some(word.opened());
            }
            let decided = word.succeeded >= trial.successes();
            Some(if decided { word.closed(closed) } else { word })
        })?;
        (word.era != era).then_some(word.state)
    }

    /// Starts anew in `state`; says what it was before.
    pub(super) fn restart(&self, state: State) -> State {
        loop {
            let bits = self.word.load(Ordering::Acquire);
            let word = Word::of(bits);
            if self.swap(bits, word.closed(state)) {
                return word.state;
            }
        }
    }

    fn move_next_pass(&self, from: u64, to: Instant) -> bool {
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        self.next_pass.compare_exchange(from, to.as_nanos(), set, fetch).is_ok()
    }

    /// Replaces the word by what `next` makes of it; `None` leaves it.
    fn change(&self, mut next: impl FnMut(Word) -> Option<Word>) -> Option<Word> {
        loop {
            let bits = self.word.load(Ordering::Acquire);
            let word = next(Word::of(bits))?;
            if self.swap(bits, word) {
                return Some(word);
            }
        }
    }

    fn swap(&self, from: u64, to: Word) -> bool {
        let (set, fetch) = (Ordering::AcqRel, Ordering::Relaxed);
        self.word.compare_exchange(from, to.bits(), set, fetch).is_ok()
    }
}

fn store(time: &AtomicU64, at: Instant) {
    time.store(at.as_nanos(), Ordering::Relaxed);
}

#[cfg(all(test, loom))]
mod interleavings;
#[cfg(test)]
mod tests;
