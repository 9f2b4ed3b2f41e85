//! What a caller asks the store to change.

use crate::{Key, LeaseId, Revision, Value};

/// Changes that happen together or not at all, if every precondition holds at
/// the moment of the commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// What must hold.
    pub preconditions: Vec<Precondition>,
    /// What to do, in order; of two operations on one key the later one counts.
    pub operations: Vec<Operation>,
}

/// What must be true of a key for a batch to commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// The key has no value.
    Absent(Key),
    /// The key has a value.
    Present(Key),
    /// The key has a value, last written by the commit with this revision.
    /// [`Revision::ZERO`] means the same as [`Precondition::Absent`].
    ModifiedAt(Key, Revision),
}

impl Precondition {
    /// The key it speaks of.
    pub fn key(&self) -> &Key {
        match self {
            Self::Absent(key) | Self::Present(key) | Self::ModifiedAt(key, _) => key,
        }
    }

    /// Whether it holds for a key last written at `modified` (`None`: no value).
    pub fn holds(&self, modified: Option<Revision>) -> bool {
        match self {
            Self::Absent(_) | Self::ModifiedAt(_, Revision::ZERO) => modified.is_none(),
            Self::Present(_) => modified.is_some(),
            Self::ModifiedAt(_, expected) => modified == Some(*expected),
        }
    }
}

/// One change of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Gives the key this value.
    Put {
        /// The key to write.
        key: Key,
        /// Its new value.
        value: Value,
        /// The lease whose end deletes the key; the key leaves any lease it was bound to.
        lease: Option<LeaseId>,
    },
    /// Takes the key away; nothing happens if it is not there.
    Delete {
        /// The key to delete.
        key: Key,
    },
}

impl Batch {
    /// A batch that does nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a precondition.
    #[must_use]
    pub fn when(mut self, precondition: Precondition) -> Self {
        self.preconditions.push(precondition);
        self
    }

    /// Adds a write.
    #[must_use]
    pub fn put(mut self, key: Key, value: impl Into<Value>) -> Self {
        self.operations.push(Operation::Put { key, value: value.into(), lease: None });
        self
    }

    /// Adds a write of a key that goes away with `lease`.
    #[must_use]
    pub fn put_leased(mut self, key: Key, value: impl Into<Value>, lease: LeaseId) -> Self {
        self.operations.push(Operation::Put { key, value: value.into(), lease: Some(lease) });
        self
    }

    /// Adds a deletion.
    #[must_use]
    pub fn delete(mut self, key: Key) -> Self {
        self.operations.push(Operation::Delete { key });
        self
    }
}
