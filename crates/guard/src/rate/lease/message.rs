//! What a node and the store say to each other.

use std::time::Duration;

/// A node asks for its next share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeaseRequest {
    /// Grows with every request of a node; its answer has the same.
    pub sequence: u64,
    /// The sequence of the grant that the node goes by, 0 without one: from it the store
    /// knows which of its answers arrived.
    pub holds: u64,
    /// What the node lets pass at present, in permits a second.
    pub rate: f64,
    /// What its share comes to in time if it is not renewed, in permits a second.
    pub fair: f64,
    /// What is asked for at the node, in permits a second, those refused included.
    pub demand: f64,
}

/// A share of the limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeaseGrant {
    /// That of the request.
    pub sequence: u64,
    /// What the node may let pass, in permits a second.
    pub rate: f64,
    /// What every node would get if all got the same, in permits a second: to what the share
    /// comes in time when the node cannot renew it.
    pub fair: f64,
    /// How long the share holds, counted by the node from when it sent the request.
    pub term: Duration,
}

/// Where shares come from. The replicated store is one; so is a lock around a
/// [`LeaseAllocator`](super::LeaseAllocator).
pub trait LeaseSource: Send + Sync {
    /// Why there was no answer.
    type Error: Send;

    /// Asks for a share. Dropped, the request may have been answered all the same, which
    /// the next one tells.
    fn ask(
        &self,
        request: LeaseRequest,
    ) -> impl Future<Output = Result<LeaseGrant, Self::Error>> + Send;
}
