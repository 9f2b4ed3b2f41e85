//! Taking over what another installation has.

use std::sync::Arc;

use seawall_clock::WallTime;

use crate::{Author, GrayRule, HistoryOperation, Publish};

/// An item, or one of its gray releases, as it was elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restore {
    /// The item; `cas_md5` and `only_new` say nothing here.
    pub publish: Publish,
    /// When it was created there; `None` if that is not known.
    pub created: Option<WallTime>,
    /// When it was last published there; clients see this time.
    pub modified: Option<WallTime>,
    /// Whether its history was restored before it; if not, its creation is recorded.
    pub has_history: bool,
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
    /// Its place among the entries of the same millisecond; the same in every restore,
    /// so that an entry that is restored twice is there once.
    pub ordinal: u32,
    /// The gray release it was done to; `None` for the item itself.
    pub gray: Option<GrayRule>,
    /// Who did it.
    pub author: Author,
}

/// What a restore found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    /// The item was not here and is now.
    Copied,
    /// The item is here with the same content; nothing was changed.
    Same,
    /// The item is here with another content, which was kept.
    Kept,
}
