//! Changing what the store holds: plan on a snapshot, commit if it still holds.

use seawall_store::{
    Batch, CommitError, Key, KeyRange, KeyValue, Precondition, Revision, Snapshot,
    record::{Record, decode},
};

use crate::{Identity, WriteError};

/// Plans made anew because others changed the same thing meanwhile.
const ATTEMPTS: usize = 8;

/// Pairs read at once.
const PAGE: usize = 500;

/// What came of planning.
pub(crate) type Planned = Result<Batch, WriteError>;

/// One change of users, roles or permissions.
pub(crate) trait Plan: Sync {
    /// The batch that makes the change, given what `snapshot` holds; it must state
    /// as preconditions everything it relies on. An empty one means that there is
    /// nothing to do.
    fn plan(&self, snapshot: &dyn Snapshot) -> impl Future<Output = Planned> + Send;
}

/// A record as it was found.
pub(crate) struct Found<R> {
    pub(crate) key: Key,
    pub(crate) record: Option<R>,
    modified: Revision,
}

impl<R> Found<R> {
    /// Adds to `batch` that the record must still be as it was found.
    pub(crate) fn unchanged(&self, batch: Batch) -> Batch {
        batch.when(Precondition::ModifiedAt(self.key.clone(), self.modified))
    }
}

/// Reads one record.
pub(crate) async fn read<R: Record>(
    snapshot: &dyn Snapshot,
    key: Key,
) -> Result<Found<R>, WriteError> {
    let pair = snapshot.get(&key).await?;
    let modified = pair.as_ref().map_or(Revision::ZERO, |pair| pair.modified);
    let record = pair
        .map(|pair| decode::<R>(&pair.value))
        .transpose()
        .map_err(|error| WriteError::Damaged { reason: error.to_string() })?;
    Ok(Found { key, record, modified })
}

/// Reads every pair under `prefix`.
pub(crate) async fn scan(
    snapshot: &dyn Snapshot,
    prefix: &Key,
) -> Result<Vec<KeyValue>, WriteError> {
    let mut found = Vec::new();
    let mut range = Some(KeyRange::prefix(prefix));
    while let Some(asked) = range {
        let page = snapshot.scan(&asked, PAGE).await?;
        found.extend(page.pairs);
        range = page.rest;
    }
    Ok(found)
}

impl Identity {
    /// Makes the change and waits until it is in force on this node.
    pub(crate) async fn write(&self, change: &impl Plan) -> Result<(), WriteError> {
        for _ in 0..ATTEMPTS {
            let snapshot = self.store.snapshot().await?;
            let batch = change.plan(snapshot.as_ref()).await?;
            drop(snapshot);
            if batch.operations.is_empty() {
                return Ok(());
            }
            match self.store.commit(batch).await {
                Ok(commit) => {
                    self.live.caught_up(commit.revision).await;
                    return Ok(());
                }
                Err(CommitError::Precondition { .. }) => {}
                Err(CommitError::Unknown { reason }) => return Err(WriteError::Unknown { reason }),
                Err(CommitError::Unavailable(error)) => return Err(error.into()),
                Err(error) => return Err(WriteError::Commit(error)),
            }
        }
        Err(WriteError::Contended)
    }
}
