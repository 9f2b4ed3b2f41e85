//! The ordered state under the store: tables of keys and values, written by one
//! thread in atomic batches, read through snapshots.
//!
//! An engine need not be durable up to its last write: what it lost since the
//! last [`Engine::persist`] comes again from the log. It must never show half a
//! batch, and must not forget anything it persisted.

mod creation;
mod fjall;
mod journal;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, io, ops::ControlFlow, sync::Arc};

pub(crate) use self::{
    creation::{create, is_ready, sync_folder},
    fjall::{EngineSettings, FjallEngine},
    journal::{OlderDamage, damage_in_older},
};
#[cfg(test)]
pub(crate) use memory::MemoryEngine;

/// A table of the engine. Few, because each costs memory, files and some twenty
/// syncs to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Table {
    /// Keys with what is known of them and short values, and leases.
    Data,
    /// Pieces of long values.
    Chunk,
}

impl Table {
    /// Every table.
    pub(crate) const ALL: [Self; 2] = [Self::Data, Self::Chunk];

    /// Its name on disk.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Chunk => "chunk",
        }
    }
}

/// Writes that are seen together or not at all; of two on one key the later counts.
///
/// Kept by key: fjall gives all writes of a batch one sequence number, and which of
/// two on one key it then returns is anybody's guess.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct EngineBatch {
    /// What becomes of each key; without a value it is deleted.
    pub(crate) writes: BTreeMap<(Table, Vec<u8>), Option<Vec<u8>>>,
}

impl EngineBatch {
    pub(crate) fn put(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) {
        self.writes.insert((table, key), Some(value));
    }

    pub(crate) fn delete(&mut self, table: Table, key: Vec<u8>) {
        self.writes.insert((table, key), None);
    }
}

/// What the store needs of an engine.
pub(crate) trait Engine: Send + Sync {
    /// Writes a batch, not necessarily to disk. Called by one thread only.
    fn write(&self, batch: EngineBatch) -> Result<(), EngineError>;

    /// Everything written so far, unchanged by what is written later.
    fn snapshot(&self) -> Result<Arc<dyn EngineSnapshot>, EngineError>;

    /// Brings everything written so far to disk. Any thread may call it, and neither
    /// writes nor snapshots wait for it.
    fn persist(&self) -> Result<(), EngineError>;

    /// Bytes written that are not yet in tables on disk.
    fn write_buffer_bytes(&self) -> u64;

    /// Closes the engine and opens it again. Snapshots from before fail from now on.
    fn reopen(&self) -> Result<(), EngineError>;

    /// Closes it: everything fails from now on.
    fn close(&self);
}

/// What a scan calls with each key and value, until it breaks off.
pub(crate) type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>;

/// The engine at one moment.
pub(crate) trait EngineSnapshot: Send + Sync {
    /// The value of a key.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError>;

    /// Visits the keys of a range in rising, or in falling, order.
    fn scan(&self, range: Span<'_>, visit: Visit<'_>) -> Result<(), EngineError>;
}

/// Keys of a table from `start` up to but not including `end`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span<'a> {
    pub(crate) table: Table,
    pub(crate) start: &'a [u8],
    pub(crate) end: Option<&'a [u8]>,
    pub(crate) falling: bool,
}

/// Why an engine failed, by what can be done about it.
#[derive(Debug)]
pub(crate) enum EngineError {
    /// The operating system refused; nothing is known to be wrong with the data.
    Io(io::Error),
    /// Another opener has it.
    Locked,
    /// It takes no writes until it is reopened.
    Poisoned,
    /// Its journal ends in a broken batch: cut there and open again.
    Journal(String),
    /// Its data is broken: it has to be built anew.
    Damaged(String),
    /// It was closed, or reopened since the snapshot was taken.
    Closed,
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(source) => write!(f, "{source}"),
            Self::Locked => write!(f, "in use"),
            Self::Poisoned => write!(f, "the engine stopped after a failed write"),
            Self::Journal(reason) => write!(f, "journal: {reason}"),
            Self::Damaged(reason) => write!(f, "{reason}"),
            Self::Closed => write!(f, "the engine was closed"),
        }
    }
}

impl From<io::Error> for EngineError {
    fn from(source: io::Error) -> Self {
        Self::Io(source)
    }
}
