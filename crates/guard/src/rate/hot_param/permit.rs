//! Leave to handle a request with a value.

use std::{hash::RandomState, marker::PhantomData, ops::Deref, time::Duration};

use super::{super::gcra::Place, HotParam};
use crate::{admit::Outcome, time::Instant};

/// What a request holds of a [`HotParam`]: its place among those in flight, or in the queue.
/// For a rate there is nothing to hold.
///
/// Dropped, a request in flight is over, however it ended; a place whose moment has not come
/// goes back when it is the last of its queue, and is lost otherwise.
#[derive(Debug)]
#[must_use = "dropped, the request counts as over"]
pub struct HotPermit<H, S = RandomState>
where
    H: Deref<Target = HotParam<S>>,
{
    pub(super) hot_param: H,
    pub(super) held: Held,
    pub(super) hasher: PhantomData<fn() -> S>,
}

/// What is given back, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    Nothing,
    /// A request in flight.
    Flight(Slot),
    /// A place in a queue.
    Place(Slot, Place),
}

/// Where an entry is: it stays there as long as it is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) shard: u32,
    pub(super) index: u32,
}

impl<H, S> HotPermit<H, S>
where
    H: Deref<Target = HotParam<S>>,
{
    /// How long to wait before the request is handled: zero but in a queue.
    pub fn wait(&self, now: Instant) -> Duration {
        match self.held {
            Held::Place(_, place) => place.at() - now,
            Held::Nothing | Held::Flight(_) => Duration::ZERO,
        }
    }

    /// The wait is over and the request is handled: its place in a queue is used. Without a
    /// wait there is no need to say so.
    pub fn pass(&mut self) {
        if let Held::Place(..) = self.held {
            self.held = Held::Nothing;
        }
    }

    /// The request is over. All outcomes count the same.
    pub fn finish(mut self, _now: Instant, _outcome: Outcome) {
        self.pass();
    }
}

impl<H, S> Drop for HotPermit<H, S>
where
    H: Deref<Target = HotParam<S>>,
{
    fn drop(&mut self) {
        self.hot_param.give_back(self.held);
    }
}
