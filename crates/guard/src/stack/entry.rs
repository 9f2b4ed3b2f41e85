//! A request on its way through.

use std::time::Duration;

use super::permits::{Hold, Permits};
use crate::{admit::Outcome, time::Instant};

/// A request that a [`Guard`](super::Guard) admitted; `G` is how it holds its guard: `&Guard` inside one
/// call, `Arc<Guard>` in what lives longer.
///
/// Say how it ended with [`Entry::finish`]. Dropped, it counts as [`Outcome::Timeout`]
/// when its deadline has passed, as the caller's patience ends it then, and as
/// [`Outcome::Cancelled`] before.
#[derive(Debug)]
#[must_use = "dropped, the request counts as cancelled"]
pub struct Entry<G: Hold> {
    guard: G,
    admitted: Instant,
    deadline: Option<Instant>,
    /// Until it has ended.
    permits: Option<G::Permits>,
}

impl<G: Hold> Entry<G> {
    pub(super) fn new(
        guard: G,
        admitted: Instant,
        deadline: Option<Instant>,
        permits: G::Permits,
    ) -> Self {
        Self { guard, admitted, deadline, permits: Some(permits) }
    }

    /// When it was admitted.
    pub const fn admitted(&self) -> Instant {
        self.admitted
    }

    /// When the work must have ended: the caller's deadline or the guard's timeout,
    /// whichever comes first. Drop the work then (see
    /// [`with_deadline`](crate::retry::with_deadline)).
    pub const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// How long the work may take from its admission on.
    pub fn time(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline - self.admitted)
    }

    /// Gives everything back and says how it ended.
    pub fn finish(self, outcome: Outcome) {
        let now = self.guard.clock().now();
        self.finish_at(now, outcome);
    }

    /// As [`Entry::finish`], at a time that is known.
    pub fn finish_at(mut self, now: Instant, outcome: Outcome) {
        self.end(now, outcome);
    }

    fn end(&mut self, now: Instant, outcome: Outcome) {
        let Some(permits) = self.permits.take() else { return };
        permits.finish(now, outcome);
        self.guard.ended(now - self.admitted, outcome);
    }
}

impl<G: Hold> Drop for Entry<G> {
    fn drop(&mut self) {
        if self.permits.is_none() {
            return;
        }
        let now = self.guard.clock().now();
        let late = self.deadline.is_some_and(|deadline| deadline <= now);
        self.end(now, if late { Outcome::Timeout } else { Outcome::Cancelled });
    }
}
