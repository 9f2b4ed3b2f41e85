//! How large a batch and its parts may be.

use serde::Deserialize;

use crate::{Batch, CommitError, Operation};

/// Limits of one batch. What is over a limit is refused before anything is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of one key. Default 4,096; at most 32,768.
    pub key_bytes: usize,
    /// Bytes of one value. Default 16 MiB.
    pub value_bytes: usize,
    /// Bytes of all keys and values of a batch together. Default 32 MiB.
    pub batch_bytes: usize,
    /// Preconditions and operations of a batch together. Default 16,384.
    pub batch_parts: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            key_bytes: 4 * 1024,
            value_bytes: 16 * 1024 * 1024,
            batch_bytes: 32 * 1024 * 1024,
            batch_parts: 16 * 1024,
        }
    }
}

impl Limits {
    /// The size of a batch; refuses one that is too large, naming the part.
    pub(crate) fn check(&self, batch: &Batch) -> Result<usize, CommitError> {
        at_most("the list of operations", part_count(batch), self.batch_parts)?;
        let mut total = 0;
        for precondition in &batch.preconditions {
            let bytes = precondition.key().as_bytes().len();
            at_most("a key", bytes, self.key_bytes)?;
            total += bytes;
        }
        for operation in &batch.operations {
            let (key, value_bytes) = match operation {
                Operation::Put { key, value, .. } => (key, value.len()),
                Operation::Delete { key } => (key, 0),
            };
            at_most("a key", key.as_bytes().len(), self.key_bytes)?;
            at_most("a value", value_bytes, self.value_bytes)?;
            total += key.as_bytes().len() + value_bytes;
        }
        at_most("the batch", total, self.batch_bytes)?;
        Ok(total)
    }
}

fn part_count(batch: &Batch) -> usize {
    batch.preconditions.len() + batch.operations.len()
}

fn at_most(what: &'static str, bytes: usize, max: usize) -> Result<(), CommitError> {
    if bytes > max { Err(CommitError::TooLarge { what, bytes, max }) } else { Ok(()) }
}
