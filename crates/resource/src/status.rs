//! Saying what came of a spec.

use serde_json::Value;

use crate::{
    Generation, ObjectId, ResourceError, ResourceStore, keys,
    record::encode_object,
    store::{ATTEMPTS, read, still},
};

impl ResourceStore {
    /// Sets the status of an object, by whoever makes its version `observed` come
    /// true. That changes neither its version nor its history.
    ///
    /// # Errors
    /// [`ResourceError::Conflict`] if the object has another version by now: look
    /// at that one first.
    pub async fn set_status(
        &self,
        id: &ObjectId,
        observed: Generation,
        status: Value,
    ) -> Result<(), ResourceError> {
        self.rules(&id.kind)?;
        for _ in 0..ATTEMPTS {
            let found = read(self.store.snapshot().await?.as_ref(), id).await?;
            let mut object = found.ok_or_else(|| ResourceError::NotFound(id.clone()))?;
            if object.generation != observed {
                let found = object.generation;
                return Err(ResourceError::Conflict { id: id.clone(), expected: observed, found });
            }
            if object.status.as_ref() == Some(&status) {
                return Ok(());
            }
            let unchanged = still(id, Some(&object));
            object.status = Some(status.clone());
            let batch = unchanged.put(keys::object(id), encode_object(&object));
            if self.commit(id, batch).await?.is_some() {
                return Ok(());
            }
        }
        Err(ResourceError::Contended(id.clone()))
    }
}
