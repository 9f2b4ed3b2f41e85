//! A fixed number of requests in flight: go-zero's `MaxConns`, a bulkhead.

use std::{cell::Cell, rc::Rc};

use seawall_guard::{Ctx, Instant, Outcome, Rejected, Rejection, Scope};

use crate::sim::{Door, Ticket};

/// At most `cap` requests in flight.
pub(crate) struct StaticCap {
    cap: u32,
    in_flight: Rc<Cell<u32>>,
}

impl StaticCap {
    pub(crate) fn new(cap: u32) -> Self {
        Self { cap, in_flight: Rc::default() }
    }
}

impl Door for StaticCap {
    fn enter(&self, _now: Instant, _ctx: &Ctx<'_>) -> Result<Box<dyn Ticket>, Rejection> {
        if self.in_flight.get() >= self.cap {
            return Err(Rejection::new(Rejected::ConcurrencyLimited, Scope::Node));
        }
        self.in_flight.set(self.in_flight.get() + 1);
        Ok(Box::new(Place(Rc::clone(&self.in_flight))))
    }
}

struct Place(Rc<Cell<u32>>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Ticket for Place {
    fn finish(self: Box<Self>, _now: Instant, _outcome: Outcome) {}
}
