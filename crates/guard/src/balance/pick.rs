//! A request's hold on the endpoint that was chosen for it.

use std::{fmt, sync::Arc};

use super::{
    endpoint::{Endpoint, Memory},
    member::Zone,
    probe::Probe,
};
use crate::{admit::Outcome, time::Instant};

/// An endpoint chosen for one request, which counts as pending there until this is
/// finished or dropped. It borrows nothing: it may outlive its endpoint's membership
/// and the balancer, and moves into a future as it is.
///
/// Dropped without [`Pick::finish`], the request counts as [`Outcome::Cancelled`]: it is
/// pending no more and says nothing about the endpoint.
#[must_use = "a pick that is dropped at once counts as cancelled"]
pub struct Pick<E> {
    endpoint: Arc<Endpoint<E>>,
    sent: Instant,
    memory: Memory,
    probe: bool,
    finished: bool,
}

/// An endpoint that a request was sent to already, for [`Balancer::pick_again`]: another
/// attempt is better made elsewhere.
///
/// [`Balancer::pick_again`]: super::Balancer::pick_again
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tried {
    pub(super) number: u64,
    pub(super) zone: Zone,
}

impl<E> Pick<E> {
    pub(super) fn begin(
        now: Instant,
        endpoint: Arc<Endpoint<E>>,
        memory: Memory,
        probe: bool,
    ) -> Self {
        endpoint.begin(now);
        Self { endpoint, sent: now, memory, probe, finished: false }
    }

    /// The endpoint to ask.
    pub fn endpoint(&self) -> &E {
        self.endpoint.value()
    }

    /// Whether this request tries an endpoint that is left out: have another attempt
    /// ready, for example as a hedge.
    pub const fn is_probe(&self) -> bool {
        self.probe
    }

    /// What to tell [`Balancer::pick_again`] for a retry or a hedge.
    ///
    /// [`Balancer::pick_again`]: super::Balancer::pick_again
    pub fn tried(&self) -> Tried {
        Tried { number: self.endpoint.number(), zone: self.endpoint.zone() }
    }

    /// Says how the request ended. Its latency is the time since the pick.
    pub fn finish(mut self, now: Instant, outcome: Outcome) {
        self.settle(now, outcome);
    }

    fn settle(&mut self, now: Instant, outcome: Outcome) {
        if self.finished {
            return;
        }
        self.finished = true;
        self.endpoint.finish(now, self.sent, self.memory, outcome);
        if self.probe {
            self.endpoint.probe().set(Probe::ended(outcome));
        }
    }
}

impl<E> Drop for Pick<E> {
    fn drop(&mut self) {
        self.settle(self.sent, Outcome::Cancelled);
    }
}

impl<E: fmt::Debug> fmt::Debug for Pick<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pick")
            .field("endpoint", self.endpoint())
            .field("sent", &self.sent)
            .field("probe", &self.probe)
            .finish_non_exhaustive()
    }
}
