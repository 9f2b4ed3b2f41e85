//! Following changes.

use async_trait::async_trait;

use crate::{ChangeSet, Key, Revision, WatchError};

/// Where a [`Watch`] draws from; implemented once by each kind of store.
#[async_trait]
pub trait ChangeSource: Send {
    /// Waits for the next commit at or after `from` that touches `prefix`.
    ///
    /// Cancel-safe: dropping the future loses nothing, the next call with the
    /// same `from` sees the same commit.
    async fn next(&mut self, prefix: &Key, from: Revision) -> Result<ChangeSet, WatchError>;
}

/// The changes under one prefix: in order, without gaps, resumable.
///
/// There is no queue to overflow: a slow watcher reads history at its own pace,
/// and learns [`WatchError::Compacted`] if it fell too far behind.
pub struct Watch {
    prefix: Key,
    from: Revision,
    source: Box<dyn ChangeSource>,
}

impl Watch {
    /// A watch on `prefix` that begins with the first commit at or after `from`.
    pub fn new(prefix: Key, from: Revision, source: Box<dyn ChangeSource>) -> Self {
        Self { prefix, from, source }
    }

    /// The next commit that touches the prefix. Cancel-safe.
    pub async fn next(&mut self) -> Result<ChangeSet, WatchError> {
        let set = self.source.next(&self.prefix, self.from).await?;
        self.from = set.revision.next();
        Ok(set)
    }

    /// Where to resume if this watch is lost: every commit before it was delivered.
    pub fn resume_from(&self) -> Revision {
        self.from
    }
}
