//! Why a store refused, by what the caller can do next.

use std::path::PathBuf;

use crate::{Key, LeaseId, Revision};

/// The store cannot answer now. Never to be shown as "empty" or "not found".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the store cannot answer now: {reason}; try again")]
pub struct Unavailable {
    /// What is in the way.
    pub reason: String,
}

/// Why a batch was not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A precondition does not hold; nothing was changed. Read again and decide.
    #[error("{failed:?} does not hold (the key was last modified at {modified:?}); read it again")]
    Precondition {
        /// The first precondition that failed.
        failed: crate::Precondition,
        /// When its key was last written; `None`: it has no value.
        modified: Option<Revision>,
    },
    /// The batch names a lease that does not exist; nothing was changed.
    #[error("lease {0} does not exist or has ended; ask for a new one")]
    NoLease(LeaseId),
    /// The batch or one of its parts is over a limit; nothing was changed.
    #[error("{what} has {bytes} bytes, more than the {max} allowed; make it smaller")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Too many writes are waiting; nothing was changed. Try again later.
    #[error("too many writes are waiting; try again later")]
    Overloaded,
    /// The disk is nearly full; nothing was changed. Free space, then try again.
    #[error("the disk is nearly full; free space, then try again")]
    NoSpace,
    /// It is not known whether the batch was committed: read before trying again.
    #[error("it is not known whether the write took place ({reason}); read before trying again")]
    Unknown {
        /// What went wrong.
        reason: String,
    },
    /// The store does not take writes now; nothing was changed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why a watch ended or could not begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// The history asked for is gone: take a snapshot and watch from its revision.
    #[error("changes before revision {oldest} are gone; take a snapshot and watch from there")]
    Compacted {
        /// The oldest revision that can still be watched from.
        oldest: Revision,
    },
    /// The store cannot answer now; watch again from the same revision.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why a lease call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// The lease does not exist or has ended, and its keys with it.
    #[error("lease {0} does not exist or has ended; ask for a new one")]
    NotFound(LeaseId),
    /// The call could not be committed.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// Why a store could not be opened. Nothing was touched.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the directory.
    #[error("{path} is in use by another process; stop that one or choose another --data")]
    InUse {
        /// The data directory.
        path: PathBuf,
    },
    /// The directory was written by a newer version.
    #[error(
        "{path} was written by format {found}, this version knows up to {known}; use the newer version"
    )]
    TooNew {
        /// The data directory.
        path: PathBuf,
        /// The format found there.
        found: u32,
        /// The newest format this version reads.
        known: u32,
    },
    /// What is on disk contradicts itself and cannot be mended without losing
    /// acknowledged writes.
    #[error("{path} is damaged: {reason}; restore it from a backup")]
    Damaged {
        /// The data directory.
        path: PathBuf,
        /// What contradicts what.
        reason: String,
    },
    /// The operating system refused.
    #[error("cannot open {path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's own words.
        source: std::io::Error,
    },
}

impl From<Unavailable> for LeaseError {
    fn from(reason: Unavailable) -> Self {
        Self::Commit(reason.into())
    }
}

impl CommitError {
    /// The key whose precondition failed, if that is why.
    pub fn failed_key(&self) -> Option<&Key> {
        match self {
            Self::Precondition { failed, .. } => Some(failed.key()),
            _ => None,
        }
    }
}
