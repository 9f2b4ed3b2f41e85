//! Changes of what is stored: read, decide, write if nothing came in between.

use std::time::Duration;

use seawall_store::{
    Batch, Commit, CommitError, Key, Precondition, Revision,
    record::{self, Record},
};

use super::Shell;
use crate::{ServiceKey, WriteError};

/// How often a change is tried when others change the same at the same time.
const ATTEMPTS: usize = 8;
/// How long a durable change is waited for to be seen by queries.
const VISIBLE_PATIENCE: Duration = Duration::from_secs(5);

impl Shell {
    /// Replaces the record at `key` by what `decide` makes of it; on disk and visible
    /// when this returns. `decide` may be called several times.
    pub(super) async fn change_record<R: Record>(
        &self,
        service: &ServiceKey,
        key: Key,
        decide: impl Fn(Option<R>) -> Result<R, WriteError>,
    ) -> Result<(), WriteError> {
        for _ in 0..ATTEMPTS {
            let found = self.store.snapshot().await?.get(&key).await?;
            let modified = found.as_ref().map_or(Revision::ZERO, |pair| pair.modified);
            let before = found.map(|pair| record::decode::<R>(&pair.value)).transpose()?;
            let after = record::encode(&decide(before)?);
            let unchanged = Precondition::ModifiedAt(key.clone(), modified);
            match self.store.commit(Batch::new().when(unchanged).put(key.clone(), after)).await {
                Ok(commit) => {
                    self.visible(commit).await;
                    return Ok(());
                }
                Err(CommitError::Precondition { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(WriteError::Conflict { service: service.clone() })
    }

    /// Commits a batch; on disk and visible when this returns.
    pub(super) async fn commit(&self, batch: Batch) -> Result<(), WriteError> {
        let commit = self.store.commit(batch).await?;
        self.visible(commit).await;
        Ok(())
    }

    /// Waits until queries see the commit. It is durable in any case, so a core that
    /// is slow to follow (the store may be away for readers) is not an error.
    async fn visible(&self, commit: Commit) {
        let mut applied = self.applied.subscribe();
        let seen = applied.wait_for(|revision| *revision >= commit.revision);
        if tokio::time::timeout(VISIBLE_PATIENCE, seen).await.is_err() {
            tracing::warn!(revision = %commit.revision, "a stored change is not visible yet");
        }
    }
}
