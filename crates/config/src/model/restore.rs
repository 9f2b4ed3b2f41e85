//! Taking over what another installation has.

use std::sync::Arc;

use seawall_clock::WallTime;

use crate::{Author, HistoryOperation, Publish};

/// An item as it was elsewhere, with its past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restore {
    /// The item; `cas_md5`, `only_new` and `gray` say nothing here.
    pub publish: Publish,
    /// When it was created there; `None` if that is not known.
    pub created: Option<WallTime>,
    /// When it was last published there; clients see this time.
    pub modified: Option<WallTime>,
    /// Its history, in any order.
    pub history: Vec<RestoredEntry>,
}

/// One entry of a history kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoredEntry {
    /// The recorded content.
    pub content: Arc<str>,
    /// Nacos' `encryptedDataKey` of that content.
    pub encrypted_data_key: String,
    /// What was done.
    pub operation: HistoryOperation,
    /// When it was done.
    pub at: WallTime,
    /// Who did it.
    pub author: Author,
}

/// What a restore found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    /// The item was not here and is now, with its history.
    Copied,
    /// The item is here with the same content; nothing was changed.
    Same,
    /// The item is here with another content, which was kept.
    Kept,
}
