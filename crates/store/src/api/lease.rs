//! Leases: grants that end by themselves.

use std::{fmt, time::Duration};

/// Id of a lease, unique in the life of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeaseId(u64);

impl LeaseId {
    /// The lease with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for LeaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

/// A granted lease. Its keys are deleted, in one commit, `ttl` after the grant or
/// the last keep-alive. A restart of the store counts as a keep-alive: it may
/// lengthen a lease, never shorten one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The lease's id.
    pub id: LeaseId,
    /// How long it lives without a keep-alive.
    pub ttl: Duration,
}
