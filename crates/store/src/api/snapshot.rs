//! The store as it was at one revision.

use async_trait::async_trait;

use crate::{Key, KeyRange, LeaseId, Revision, Unavailable, Value};

/// A key with its value and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyValue {
    /// The key.
    pub key: Key,
    /// Its value.
    pub value: Value,
    /// The commit that made the key, after it was last absent.
    pub created: Revision,
    /// The commit that last wrote it.
    pub modified: Revision,
    /// The lease whose end deletes it.
    pub lease: Option<LeaseId>,
}

/// Part of a range, in key order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The pairs, in key order.
    pub pairs: Vec<KeyValue>,
    /// What of the asked range is still to be read; `None` when this is all of it.
    pub rest: Option<KeyRange>,
}

/// A consistent view: it holds every commit up to its revision and none after,
/// however long it is kept. Keeping one holds back clean-up, so drop it when done.
#[async_trait]
pub trait Snapshot: Send + Sync {
    /// The last commit in this view.
    fn revision(&self) -> Revision;

    /// The value of one key.
    async fn get(&self, key: &Key) -> Result<Option<KeyValue>, Unavailable>;

    /// The first `limit` pairs of `range`, in key order; ask again with
    /// [`Page::rest`] for more. A limit of 0 is taken as 1.
    async fn scan(&self, range: &KeyRange, limit: usize) -> Result<Page, Unavailable>;

    /// The last `limit` pairs of `range`, in falling key order; [`Page::rest`]
    /// is what comes before them. A limit of 0 is taken as 1.
    async fn scan_back(&self, range: &KeyRange, limit: usize) -> Result<Page, Unavailable>;
}
