//! The leave to make one call.

use std::ops::Deref;

use super::circuit::Breaker;
use crate::{admit::Outcome, time::Instant};

/// What a breaker remembers of a call that it let pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    pub(super) era: u32,
    pub(super) kind: Kind,
    pub(super) sent: Instant,
}

/// What the end of a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is one of many.
    Counted,
    /// It decides whether the breaker closes.
    Probe,
    /// Nothing.
    Uncounted,
}

/// The leave to make one call, through a reference or an [`Arc`](std::sync::Arc) to the
/// breaker.
///
/// Dropped without [`finish`](Permit::finish) it counts as cancelled: it says nothing of
/// the server, and a probe makes room for another one.
#[derive(Debug)]
#[must_use = "a permit that is dropped at once counts as a cancelled call"]
pub struct Permit<H: Deref<Target = Breaker>> {
    breaker: H,
    ticket: Ticket,
    finished: bool,
}

impl<H: Deref<Target = Breaker>> Permit<H> {
    pub(super) const fn new(breaker: H, ticket: Ticket) -> Self {
        Self { breaker, ticket, finished: false }
    }

    /// Says how the call ended. The time since it was admitted is how long its answer
    /// took, or how patient its caller was: a [`Timeout`](Outcome::Timeout) before the
    /// server usually answers counts as [`Cancelled`](Outcome::Cancelled), so that a
    /// caller in a hurry does not take the server away from the others.
    pub fn finish(mut self, now: Instant, outcome: Outcome) {
        self.finished = true;
        self.breaker.settle(&self.ticket, now, outcome);
    }

    /// Whether this call decides if the breaker closes. Such a call should not be
    /// hedged or retried elsewhere without need.
    pub fn is_probe(&self) -> bool {
        self.ticket.kind == Kind::Probe
    }
}

impl<H: Deref<Target = Breaker>> Drop for Permit<H> {
    fn drop(&mut self) {
        if !self.finished {
            self.breaker.forget(&self.ticket);
        }
    }
}
