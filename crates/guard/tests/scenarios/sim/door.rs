//! What lets requests into a node.

use seawall_guard::{Ctx, Instant, Outcome, Rejection};

/// Admission at a node: a controller of this crate, or a model of a peer's.
pub(crate) trait Door {
    /// Lets a request in, or not.
    fn enter(&self, now: Instant, ctx: &Ctx<'_>) -> Result<Box<dyn Ticket>, Rejection>;

    /// Every [`SAMPLE`](super::world::SAMPLE): the share of the node's CPU that was used
    /// since the last time.
    fn sample(&self, _now: Instant, _cpu: f64) {}

    /// The priority level from which on requests are refused, which answers carry back.
    fn level(&self) -> Option<u16> {
        None
    }
}

/// A request that was let in. Dropped without `finish`, it was cancelled.
pub(crate) trait Ticket {
    /// Says how it ended.
    fn finish(self: Box<Self>, now: Instant, outcome: Outcome);
}

/// Lets everybody in.
pub(crate) struct OpenDoor;

impl Door for OpenDoor {
    fn enter(&self, _now: Instant, _ctx: &Ctx<'_>) -> Result<Box<dyn Ticket>, Rejection> {
        Ok(Box::new(Self))
    }
}

impl Ticket for OpenDoor {
    fn finish(self: Box<Self>, _now: Instant, _outcome: Outcome) {}
}
