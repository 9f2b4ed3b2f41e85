//! Who follows which pattern.

use crate::{ConfigKey, FuzzyPattern};

/// What happened to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FuzzyKind {
    /// It is there now.
    Added,
    /// Its content changed.
    Changed,
    /// It is gone.
    Deleted,
}

/// One piece of news for a fuzzy watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FuzzyChange {
    /// The item.
    pub key: ConfigKey,
    /// What happened to it.
    pub kind: FuzzyKind,
}

/// Takes news for one fuzzy watcher. Must not block.
pub trait FuzzySink: Send + Sync + 'static {
    /// An item that a pattern of this watcher names changed. Told once, however
    /// many of its patterns name it.
    fn fuzzy_changed(&self, change: FuzzyChange);
}

/// Why a fuzzy watch was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FuzzyError {
    /// Too many different patterns are watched. Cancel one.
    #[error("{max} patterns are watched, the most allowed")]
    TooManyPatterns {
        /// The limit.
        max: usize,
    },
    /// The pattern names too many items. Narrow it.
    #[error("`{pattern}` names more than {max} configurations, the most allowed")]
    TooManyMatches {
        /// The pattern.
        pattern: FuzzyPattern,
        /// The limit.
        max: usize,
    },
    /// The items are not loaded yet. Try again.
    #[error(transparent)]
    Unavailable(#[from] seawall_store::Unavailable),
}
