//! The objects of an installation.

use std::sync::Arc;

use seawall_clock::Clock;
use seawall_store::{Batch, CommitError, KeyRange, Precondition, Revision, Snapshot, Store};

use crate::{
    Generation, Kind, Kinds, Object, ObjectId, ResourceError, Version, keys,
    kind::Rules,
    record::{decode_object, encode_version},
};

/// Changes planned anew because others changed the same object meanwhile.
pub(crate) const ATTEMPTS: usize = 8;

/// Versions kept of each object, the current one included.
pub(crate) const VERSIONS_MAX: u64 = 30;

/// Reads and changes objects. Everything is read from the store as it is now;
/// who decides by objects often keeps a copy current with [`ResourceStore::watch`].
pub struct ResourceStore {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) kinds: Kinds,
}

impl ResourceStore {
    /// The objects of `store`, of these kinds.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, kinds: Kinds) -> Arc<Self> {
        Arc::new(Self { store, clock, kinds })
    }

    /// The kinds there are.
    pub fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    /// One object; `None` if there is none.
    pub async fn get(&self, id: &ObjectId) -> Result<Option<Object>, ResourceError> {
        self.rules(&id.kind)?;
        read(self.store.snapshot().await?.as_ref(), id).await
    }

    pub(crate) fn rules(&self, kind: &Kind) -> Result<Rules, ResourceError> {
        self.kinds.rules(kind).ok_or_else(|| {
            let known: Vec<&str> = self.kinds.all().map(Kind::as_str).collect();
            ResourceError::UnknownKind { kind: kind.clone(), known: known.join(", ") }
        })
    }

    /// Commits a planned change of `id`; `None` means that it must be planned anew.
    pub(crate) async fn commit(
        &self,
        id: &ObjectId,
        batch: Batch,
    ) -> Result<Option<Revision>, ResourceError> {
        match self.store.commit(batch).await {
            Ok(commit) => Ok(Some(commit.revision)),
            Err(CommitError::Precondition { .. }) => Ok(None),
            Err(CommitError::Unavailable(error)) => Err(error.into()),
            Err(CommitError::Unknown { reason }) => {
                Err(ResourceError::Unknown { id: id.clone(), reason })
            }
            Err(error) => Err(ResourceError::Commit(error)),
        }
    }
}

pub(crate) async fn read(
    snapshot: &dyn Snapshot,
    id: &ObjectId,
) -> Result<Option<Object>, ResourceError> {
    let pair = snapshot.get(&keys::object(id)).await?;
    pair.as_ref().map(decode_object).transpose()
}

/// The last version there ever was of an object; zero if there was none.
pub(crate) async fn last_version(
    snapshot: &dyn Snapshot,
    id: &ObjectId,
) -> Result<Generation, ResourceError> {
    let page = snapshot.scan_back(&KeyRange::prefix(&keys::history(id)), 1).await?;
    let last = page.pairs.first().and_then(|pair| keys::generation_of(&pair.key));
    Ok(last.unwrap_or(Generation::ZERO))
}

/// A batch that holds only if the object is still as it was found.
pub(crate) fn still(id: &ObjectId, found: Option<&Object>) -> Batch {
    let modified = found.map_or(Revision::ZERO, |object| object.revision);
    Batch::new().when(Precondition::ModifiedAt(keys::object(id), modified))
}

/// Adds a version to the history and drops the one that is too old.
pub(crate) fn remember(batch: Batch, id: &ObjectId, version: &Version) -> Batch {
    let key = keys::version(id, version.generation);
    // An object made and deleted meanwhile would be absent again, but have versions.
    let batch = batch.when(Precondition::Absent(key.clone())).put(key, encode_version(version));
    match version.generation.get().checked_sub(VERSIONS_MAX) {
        Some(old) => batch.delete(keys::version(id, Generation::new(old))),
        None => batch,
    }
}
