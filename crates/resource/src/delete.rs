//! Deleting objects.

use crate::{
    DryRun, Generation, Object, ObjectId, ResourceError, ResourceStore, Version, keys,
    store::{ATTEMPTS, read, remember, still},
};

impl ResourceStore {
    /// Deletes an object and returns what it was; its history stays. With
    /// `expected`, only if that is still its version.
    pub async fn delete(
        &self,
        id: &ObjectId,
        expected: Option<Generation>,
        dry_run: DryRun,
        author: &str,
    ) -> Result<Object, ResourceError> {
        if let Some(reason) = (self.rules(&id.kind)?.kept)(&id.name) {
            return Err(ResourceError::Kept { id: id.clone(), reason });
        }
        for _ in 0..ATTEMPTS {
            let found = read(self.store.snapshot().await?.as_ref(), id).await?;
            let found = found.ok_or_else(|| ResourceError::NotFound(id.clone()))?;
            if let Some(expected) = expected.filter(|expected| *expected != found.generation) {
                let found = found.generation;
                return Err(ResourceError::Conflict { id: id.clone(), expected, found });
            }
            if dry_run == DryRun::Yes {
                return Ok(found);
            }
            let gone = Version::deletion(&found, self.clock.wall(), author);
            let batch = still(id, Some(&found)).delete(keys::object(id));
            if self.commit(id, remember(batch, id, &gone)).await?.is_some() {
                tracing::info!(object = %id, generation = %gone.generation, author, "deleted");
                return Ok(found);
            }
        }
        Err(ResourceError::Contended(id.clone()))
    }
}
