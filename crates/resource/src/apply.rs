//! Making objects what documents say.

use crate::{
    Document, FieldChange, Generation, Object, ResourceError, ResourceStore, Version,
    change::decide,
    keys,
    record::encode_object,
    store::{ATTEMPTS, last_version, read, remember, still},
};

/// Whether to do it or only to say what would be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DryRun {
    /// Say what would be done; everything is checked as if it were.
    Yes,
    /// Do it.
    No,
}

/// What came of applying a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There was no such object.
    Created,
    /// It was different.
    Changed,
    /// It was as wanted already.
    Unchanged,
}

/// What came of applying a document, and what changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// Whether anything changed.
    pub outcome: Outcome,
    /// The object afterwards; after a dry run with the revision it had before.
    pub object: Object,
    /// Every field that changed.
    pub changes: Vec<FieldChange>,
}

impl ResourceStore {
    /// Makes an object what `document` says: its labels and spec become exactly
    /// these, with defaults for what is left out. `author` goes into the history.
    pub async fn apply(
        &self,
        document: &Document,
        dry_run: DryRun,
        author: &str,
    ) -> Result<Applied, ResourceError> {
        let id = &document.id;
        let rules = self.rules(&id.kind)?;
        for _ in 0..ATTEMPTS {
            let snapshot = self.store.snapshot().await?;
            let found = read(snapshot.as_ref(), id).await?;
            let last = match &found {
                Some(object) => object.generation,
                None => last_version(snapshot.as_ref(), id).await?,
            };
            drop(snapshot);
            let unchanged = still(id, found.as_ref());
            let mut applied = decide(rules, document, found, last, self.clock.wall())?;
            if dry_run == DryRun::Yes || applied.outcome == Outcome::Unchanged {
                return Ok(applied);
            }
            let version = Version::of(&applied.object, author);
            let batch = unchanged.put(keys::object(id), encode_object(&applied.object));
            if let Some(revision) = self.commit(id, remember(batch, id, &version)).await? {
                applied.object.revision = revision;
                log(&applied, author);
                return Ok(applied);
            }
        }
        Err(ResourceError::Contended(id.clone()))
    }

    /// Makes an object again what it was in one of its versions.
    ///
    /// # Errors
    /// [`ResourceError::NotFound`] if that version is not kept any more, or is a
    /// deletion.
    pub async fn roll_back(
        &self,
        id: &crate::ObjectId,
        to: Generation,
        author: &str,
    ) -> Result<Applied, ResourceError> {
        let versions = self.history(id).await?;
        let wanted = versions.into_iter().find(|version| version.generation == to);
        let Some(Version { labels, spec: Some(spec), .. }) = wanted else {
            return Err(ResourceError::NotFound(id.clone()));
        };
        let document = Document { id: id.clone(), labels, expected: None, spec };
        self.apply(&document, DryRun::No, author).await
    }
}

fn log(applied: &Applied, author: &str) {
    let object = &applied.object;
    tracing::info!(
        object = %object.id,
        generation = %object.generation,
        outcome = ?applied.outcome,
        author,
        "applied"
    );
}
