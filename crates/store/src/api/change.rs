//! What a watcher is told.

use seawall_clock::Timestamp;

use crate::{Key, KeyValue, Revision};

/// All changes of one commit that fall under the watched prefix, in key order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSet {
    /// The commit that made them.
    pub revision: Revision,
    /// When it was committed.
    pub time: Timestamp,
    /// The changes; never empty.
    pub changes: Vec<Change>,
}

/// The net effect of a commit on one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The key has this value now.
    Put(KeyValue),
    /// The key, which was there before, is gone.
    Delete(Key),
}

impl Change {
    /// The changed key.
    pub fn key(&self) -> &Key {
        match self {
            Self::Put(pair) => &pair.key,
            Self::Delete(key) => key,
        }
    }
}
