//! One recorded change.

use std::fmt;

use seawall_clock::WallTime;

use crate::{
    Author, ConfigKey, ContentType, Description, GrayName, Md5, model::meta::ContentVersion,
};

/// Number of an entry, unique for its item; later entries have greater numbers.
/// Below 2^53, so that JavaScript can hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HistoryId(u64);

impl HistoryId {
    /// The entry with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for HistoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HistoryOperation {
    /// The item was created: the entry holds its first content.
    Insert,
    /// The item was published anew: the entry holds the content before.
    Update,
    /// The item was removed: the entry holds its last content.
    Delete,
}

impl HistoryOperation {
    /// Nacos' letter for it.
    pub const fn letter(self) -> char {
        match self {
            Self::Insert => 'I',
            Self::Update => 'U',
            Self::Delete => 'D',
        }
    }
}

/// A change, with what it replaced. As in Nacos, an update and a removal record
/// what was there before, a creation what was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its number.
    pub id: HistoryId,
    /// The item.
    pub key: ConfigKey,
    /// The gray release it was done to; `None` for the item itself.
    pub gray: Option<GrayName>,
    /// The condition of that release's rule, as text; empty for the item itself.
    pub gray_expression: String,
    /// What was done.
    pub operation: HistoryOperation,
    /// Fingerprint of the recorded content.
    pub md5: Md5,
    /// Length of the recorded content in bytes.
    pub bytes: u64,
    /// Form of the recorded content.
    pub content_type: ContentType,
    /// Nacos' `encryptedDataKey` of the recorded content.
    pub encrypted_data_key: String,
    /// What people had written about the item.
    pub about: Description,
    /// When the item was created.
    pub created: WallTime,
    /// When the change was made.
    pub at: WallTime,
    /// Who made it.
    pub author: Author,
    pub(crate) version: ContentVersion,
}

/// A change with the recorded content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryDetail {
    /// The change.
    pub entry: HistoryEntry,
    /// The recorded content, as clients got it.
    pub content: std::sync::Arc<str>,
}

/// Part of a list, with the length of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paged<T> {
    /// Length of the whole list.
    pub total: usize,
    /// The asked part.
    pub items: Vec<T>,
}

/// Which part of a list: pages are numbered from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageOf {
    /// Number of the page; 0 is taken as 1.
    pub number: usize,
    /// Items a page, 1 to 500; others are taken as the nearest of these.
    pub size: usize,
}

/// Most items a page may have (Nacos' limit of history pages).
const PAGE_SIZE_MAX: usize = 500;

impl PageOf {
    pub(crate) fn size(self) -> usize {
        self.size.clamp(1, PAGE_SIZE_MAX)
    }

    pub(crate) fn skip(self) -> usize {
        self.number.max(1).saturating_sub(1).saturating_mul(self.size())
    }
}

/// The difference between two contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// The content before; empty if there was none.
    pub before: std::sync::Arc<str>,
    /// The content after; empty if there is none.
    pub after: std::sync::Arc<str>,
    /// The difference by lines, in unified form with 3 lines around each change.
    pub unified: String,
}

/// Why something could not be read from history or rolled back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// There is no such entry; it may have been cleaned.
    #[error("there is no such history entry; it may have been cleaned")]
    NotFound,
    /// Rolling back means to publish or remove, and that was refused.
    #[error(transparent)]
    Publish(#[from] crate::PublishError),
    /// The store cannot answer now. Try again.
    #[error(transparent)]
    Unavailable(#[from] seawall_store::Unavailable),
}
