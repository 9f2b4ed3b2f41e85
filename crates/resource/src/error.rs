//! Why an object was not read or changed, by what the caller can do next.

use seawall_store::{CommitError, Unavailable};

use crate::{FieldError, Generation, Kind, ObjectId};

/// Why an object was not read or changed. Unless [`Self::Unknown`], nothing was
/// changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ResourceError {
    /// There is no such kind; correct it, or use a version that knows it.
    #[error("kind `{kind}` is not known; there are {known}")]
    UnknownKind {
        /// What was asked for.
        kind: Kind,
        /// The kinds there are.
        known: String,
    },
    /// Fields are wrong; correct them.
    #[error("{id} is not valid:\n  {}", crate::document::lines(errors))]
    Invalid {
        /// The object.
        id: ObjectId,
        /// Everything that is wrong.
        errors: Vec<FieldError>,
    },
    /// Somebody else changed it meanwhile; get it, make the change again, apply.
    #[error("{id} has version {found} by now, not {expected}; get it and make the change again")]
    Conflict {
        /// The object.
        id: ObjectId,
        /// The version the change was made for.
        expected: Generation,
        /// The version it has; zero: there is none.
        found: Generation,
    },
    /// There is no such object.
    #[error("{0} not found")]
    NotFound(ObjectId),
    /// The object may not be deleted.
    #[error("{id} cannot be deleted: it {reason}")]
    Kept {
        /// The object.
        id: ObjectId,
        /// Why.
        reason: &'static str,
    },
    /// Others kept changing it; try again.
    #[error("others are changing {0}; try again")]
    Contended(ObjectId),
    /// It is not known whether the change took place: look before trying again.
    #[error("it is not known whether {id} was changed ({reason}); get it before trying again")]
    Unknown {
        /// The object.
        id: ObjectId,
        /// What went wrong.
        reason: String,
    },
    /// What the store holds cannot be read.
    #[error("what is stored of {key} cannot be read: {reason}")]
    Damaged {
        /// The key, printable.
        key: String,
        /// Why.
        reason: String,
    },
    /// The store refused.
    #[error(transparent)]
    Commit(CommitError),
    /// The store cannot answer now; try again.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}
