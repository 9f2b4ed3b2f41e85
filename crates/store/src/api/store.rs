//! The store itself.

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    Batch, Commit, CommitError, Key, Lease, LeaseError, LeaseId, Revision, Snapshot, Unavailable,
    Watch, WatchError,
};

/// An ordered, durable, watchable map from keys to values.
///
/// - A commit that was answered `Ok` is on disk (in a cluster: on a majority)
///   and in every snapshot taken afterwards.
/// - Revisions and commit times grow together, also across restarts.
/// - One batch is one commit: a snapshot or a change set holds all of it or none.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Commits a batch. Cancel-safety: a dropped call may or may not commit.
    async fn commit(&self, batch: Batch) -> Result<Commit, CommitError>;

    /// The store as it is now, with everything acknowledged so far.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Unavailable>;

    /// Follows the changes under `prefix` from the commit `from` on. To follow
    /// what came after a snapshot, watch from its `revision().next()`.
    async fn watch(&self, prefix: Key, from: Revision) -> Result<Watch, WatchError>;

    /// Grants a lease; `ttl` is rounded up to whole milliseconds, at least 1 s.
    async fn grant(&self, ttl: Duration) -> Result<Lease, LeaseError>;

    /// Starts the lease's time to live anew.
    async fn keep_alive(&self, lease: LeaseId) -> Result<Lease, LeaseError>;

    /// Ends the lease now and deletes its keys in one commit.
    async fn revoke(&self, lease: LeaseId) -> Result<Commit, LeaseError>;
}
