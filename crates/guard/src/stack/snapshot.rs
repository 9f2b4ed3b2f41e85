//! A guard at one moment.

use std::sync::Arc;

use super::{Guard, GuardCounts};
use crate::{breaker, limit::ConcurrencyLimit, shed::Shedder, stat::Histogram};

/// A guard at one moment, for consoles and metrics (see [`metrics`](crate::metrics)).
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The name of what is guarded.
    pub resource: Arc<str>,
    /// How many requests ended how since the resource first had a guard.
    pub counts: GuardCounts,
    /// How long those that were admitted took, over the same time.
    pub latencies: Histogram,
    /// Its breaker, if it has one.
    pub breaker: Option<breaker::Status>,
    /// Its shedder, if it has one.
    pub shedder: Option<ShedderSnapshot>,
    /// Its limit beside the shedder's, if it has one.
    pub limit: Option<LimitSnapshot>,
}

/// A shedder at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShedderSnapshot {
    /// How many levels of priority are admitted, of
    /// [`Priority::LEVELS`](crate::Priority::LEVELS).
    pub level: u16,
    /// Whether it refuses anybody.
    pub is_shedding: bool,
    /// Its own limit.
    pub limit: LimitSnapshot,
}

/// A limit at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitSnapshot {
    /// How many may be in flight.
    pub limit: u32,
    /// How many are.
    pub in_flight: u32,
    /// How many wait for a place.
    pub waiting: usize,
}

impl Guard {
    /// What there is to know of it now. Allocates, and takes no time from requests.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            resource: self.name(),
            counts: self.counts(),
            latencies: self.latencies(),
            breaker: self.breaker().map(breaker::Breaker::status),
            shedder: self.shedder().map(ShedderSnapshot::of),
            limit: self.limit().map(LimitSnapshot::of),
        }
    }
}

impl ShedderSnapshot {
    fn of(shedder: &Shedder) -> Self {
        Self {
            level: shedder.level(),
            is_shedding: shedder.is_shedding(),
            limit: LimitSnapshot::of(shedder.limit()),
        }
    }
}

impl LimitSnapshot {
    fn of(limit: &ConcurrencyLimit) -> Self {
        Self { limit: limit.limit(), in_flight: limit.in_flight(), waiting: limit.waiting() }
    }
}
