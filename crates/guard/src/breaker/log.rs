//! The changes of state of a breaker.

use parking_lot::Mutex;

use super::state::{Reason, State, Transition};
use crate::{
    sync::{AtomicU64, Ordering},
    time::Instant,
};

/// How many changes there were, and the latest.
#[derive(Debug)]
pub(super) struct Log {
    transitions: AtomicU64,
    /// Held for an assignment, and only by who changed the state or asks for it.
    last: Mutex<Option<Transition>>,
}

impl Log {
    pub(super) fn new() -> Self {
        Self { transitions: AtomicU64::new(0), last: Mutex::new(None) }
    }

    pub(super) fn note(&self, at: Instant, from: State, to: State, reason: Reason) {
        *self.last.lock() = Some(Transition { at, from, to, reason });
        self.transitions.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> (u64, Option<Transition>) {
        // The number first: what is noted meanwhile is told of next time.
        (self.transitions.load(Ordering::Relaxed), *self.last.lock())
    }
}
