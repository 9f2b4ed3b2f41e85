//! The versions of an object.

use seawall_clock::WallTime;
use seawall_store::KeyRange;
use seawall_topology::Labels;
use serde_json::Value;

use crate::{
    Generation, Object, ObjectId, ResourceError, ResourceStore, keys, record::decode_version,
    store::VERSIONS_MAX,
};

/// One version of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// Its number.
    pub generation: Generation,
    /// The labels it had.
    pub labels: Labels,
    /// The spec it had; `None`: it was deleted.
    pub spec: Option<Value>,
    /// When it became so.
    pub time: WallTime,
    /// Who made it so.
    pub author: String,
}

impl Version {
    pub(crate) fn of(object: &Object, author: &str) -> Self {
        Self {
            generation: object.generation,
            labels: object.labels.clone(),
            spec: Some(object.spec.clone()),
            time: object.modified,
            author: author.to_owned(),
        }
    }

    pub(crate) fn deletion(object: &Object, time: WallTime, author: &str) -> Self {
        Self {
            generation: object.generation.next(),
            labels: Labels::new(),
            spec: None,
            time,
            author: author.to_owned(),
        }
    }
}

impl ResourceStore {
    /// The kept versions of an object, newest first, at most 30; also of one that
    /// was deleted. Empty if there never was one.
    pub async fn history(&self, id: &ObjectId) -> Result<Vec<Version>, ResourceError> {
        self.rules(&id.kind)?;
        let limit = usize::try_from(VERSIONS_MAX).unwrap_or(usize::MAX);
        let range = KeyRange::prefix(&keys::history(id));
        let page = self.store.snapshot().await?.scan_back(&range, limit).await?;
        page.pairs.iter().map(decode_version).collect()
    }
}
