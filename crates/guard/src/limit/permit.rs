//! A place among those in flight.

use std::ops::Deref;

use super::ConcurrencyLimit;
use crate::{admit::Outcome, time::Instant};

/// A place among those in flight, given back when it is dropped, on a panic too.
///
/// `H` is how it holds its limit: `&ConcurrencyLimit` inside one call,
/// `Arc<ConcurrencyLimit>` in a future or a task. Dropped without
/// [`finish`](Permit::finish) it counts as [`Outcome::Cancelled`]: the place is free
/// again, and nothing is learnt of the server.
#[derive(Debug)]
#[must_use = "the place is given back when the permit is dropped"]
pub struct Permit<H: Deref<Target = ConcurrencyLimit>> {
    limit: H,
    admitted: Instant,
    /// When it was finished, until it is given back a moment later.
    finished: Option<Instant>,
}

impl<H: Deref<Target = ConcurrencyLimit>> Permit<H> {
    /// For somebody who has entered the gate of `limit`.
    pub(crate) fn new(limit: H, admitted: Instant) -> Self {
        Self { limit, admitted, finished: None }
    }

    /// Gives the place back and says how it went. The request that ends a window also
    /// works out the next limit, some microseconds of work.
    pub fn finish(mut self, now: Instant, outcome: Outcome) {
        self.finished = Some(now);
        self.limit.record(self.admitted, now, outcome);
    }

    /// When it was admitted.
    pub fn admitted(&self) -> Instant {
        self.admitted
    }

    /// The limit it is a place of.
    pub fn limit(&self) -> &ConcurrencyLimit {
        &self.limit
    }
}

impl<H: Deref<Target = ConcurrencyLimit>> Drop for Permit<H> {
    fn drop(&mut self) {
        if self.finished.is_none() {
            self.limit.record_cancelled();
        }
        self.limit.leave(self.finished);
    }
}
