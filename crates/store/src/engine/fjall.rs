//! The engine on disk: fjall, with the precautions that docs/dev/store.md lists.

use std::{
    ops::Bound,
    path::{Path, PathBuf},
    sync::Arc,
};

use fjall::{
    CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable,
    config::CompressionPolicy,
};
use parking_lot::RwLock;

use super::{
    Engine, EngineBatch, EngineError, EngineSnapshot, Span, Table, Visit,
    journal::{cut_newest, sync_newest},
};

/// Fewer flush workers than this can block each other for ever (rule 3).
const WORKERS_MIN: usize = 4;
/// The least that fjall accepts, and more than the write buffer may grow to.
const JOURNALS_MAX_BYTES: u64 = 128 * 1024 * 1024;
/// Files kept open.
const OPEN_FILES: usize = 256;

/// A key that no row has.
const NOBODYS_KEY: [u8; 1] = [u8::MAX];

/// What can be tuned of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EngineSettings {
    /// Bytes of table blocks kept in memory.
    pub(crate) cache_bytes: u64,
    /// Bytes a table collects in memory before it writes a file.
    pub(crate) memtable_bytes: u64,
}

/// fjall behind the interface of an engine.
pub(crate) struct FjallEngine {
    path: PathBuf,
    settings: EngineSettings,
    gate: Arc<Gate>,
}

/// What the engine shares with its snapshots.
struct Gate {
    opened: RwLock<Opened>,
    /// Held for writing during a commit and for reading while a snapshot is taken:
    /// otherwise a flush can publish half of the batch (rule 1).
    visible: RwLock<()>,
}

struct Opened {
    /// Counts how often it was opened, so that older snapshots are known.
    generation: u64,
    database: Option<(Database, Tables)>,
}

struct Tables {
    data: Keyspace,
    chunk: Keyspace,
}

struct FjallSnapshot {
    gate: Arc<Gate>,
    generation: u64,
    snapshot: fjall::Snapshot,
}

impl FjallEngine {
    /// Opens an engine that [`super::create`] made. A torn end of its journal is
    /// cut off; what was there before is the caller's to find out (rule 7).
    pub(crate) fn open(path: &Path, settings: EngineSettings) -> Result<Self, EngineError> {
        let database = Some(open_cutting(path, settings)?);
        let opened = RwLock::new(Opened { generation: 1, database });
        let gate = Arc::new(Gate { opened, visible: RwLock::new(()) });
        Ok(Self { path: path.to_owned(), settings, gate })
    }

    fn with_database<T>(
        &self,
        work: impl FnOnce(&Database, &Tables, u64) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let opened = self.gate.opened.read_recursive();
        let (database, tables) = opened.database.as_ref().ok_or(EngineError::Closed)?;
        work(database, tables, opened.generation)
    }
}

/// Opens the database with all its tables; makes them in an empty folder.
pub(super) fn open_tables(path: &Path, settings: EngineSettings) -> Result<(), EngineError> {
    open_database(path, settings).map(drop)
}

/// Opens the database, without the torn end of its journal if it has one (rule 8).
fn open_cutting(path: &Path, settings: EngineSettings) -> Result<(Database, Tables), EngineError> {
    match open_database(path, settings) {
        Err(EngineError::Journal(reason)) => {
            let cut = cut_newest(path, &path.with_extension("uncut-journal"))?;
            tracing::warn!(reason, ?cut, "the state's journal was cut");
            open_database(path, settings)
        }
        opened => opened,
    }
}

fn open_database(path: &Path, settings: EngineSettings) -> Result<(Database, Tables), EngineError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let database = Database::builder(path)
        .worker_threads(workers(cores))
        .cache_size(settings.cache_bytes)
        .max_cached_files(Some(OPEN_FILES))
        .max_journaling_size(JOURNALS_MAX_BYTES)
        // Uncompressed, so that `cut_newest` can read it.
        .journal_compression(CompressionType::None)
        .open()?;
    let table = |table: Table| {
        database.keyspace(table.name(), || {
            KeyspaceCreateOptions::default()
                .max_memtable_size(settings.memtable_bytes)
                .data_block_compression_policy(CompressionPolicy::all(CompressionType::Lz4))
        })
    };
    let tables = Tables { data: table(Table::Data)?, chunk: table(Table::Chunk)? };
    if database.visible_seqno() == 0 {
        // A snapshot held since sequence number zero is not counted among those in
        // use: what others still read would be cleaned up (docs/dev/store.md).
        let mut first = database.batch();
        first.remove(&tables.data, NOBODYS_KEY);
        first.commit()?;
    }
    Ok((database, tables))
}

/// How many threads write tables to disk.
pub(super) fn workers(cores: usize) -> usize {
    cores.max(WORKERS_MIN)
}

impl Engine for FjallEngine {
    fn write(&self, batch: EngineBatch) -> Result<(), EngineError> {
        self.with_database(|database, tables, _| {
            // Never synced inside the commit: that would keep snapshots waiting (rule 1).
            let mut writes = database.batch().durability(Some(PersistMode::Buffer));
            for ((table, key), value) in batch.writes {
                match value {
                    Some(value) => writes.insert(tables.of(table), key, value),
                    None => writes.remove(tables.of(table), key),
                }
            }
            let _visible = self.gate.visible.write();
            Ok(writes.commit()?)
        })
    }

    fn snapshot(&self) -> Result<Arc<dyn EngineSnapshot>, EngineError> {
        self.with_database(|database, _, generation| {
            let _visible = self.gate.visible.read();
            let snapshot = database.snapshot();
            Ok(Arc::new(FjallSnapshot { gate: self.gate.clone(), generation, snapshot }) as _)
        })
    }

    fn persist(&self) -> Result<(), EngineError> {
        // Every commit reaches the journal's file, and a journal is synced before the
        // next is begun, so the newest is all there is to sync. fjall's own persist
        // keeps commits, and with them snapshots, waiting until the disk is done.
        self.with_database(|_, _, _| Ok(sync_newest(&self.path)?))
    }

    fn write_buffer_bytes(&self) -> u64 {
        self.with_database(|database, _, _| Ok(database.write_buffer_size())).unwrap_or_default()
    }

    fn reopen(&self) -> Result<(), EngineError> {
        let mut opened = self.gate.opened.write();
        opened.generation += 1;
        // The old one has to be gone, with its lock, before a new one can be opened.
        opened.database = None;
        opened.database = Some(open_cutting(&self.path, self.settings)?);
        Ok(())
    }

    fn close(&self) {
        self.gate.opened.write().database = None;
    }
}

impl FjallSnapshot {
    fn with_tables<T>(
        &self,
        work: impl FnOnce(&Tables) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let opened = self.gate.opened.read_recursive();
        match &opened.database {
            Some((_, tables)) if opened.generation == self.generation => work(tables),
            _ => Err(EngineError::Closed),
        }
    }
}

impl EngineSnapshot for FjallSnapshot {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.with_tables(|tables| {
            Ok(self.snapshot.get(tables.of(table), key)?.map(|value| value.to_vec()))
        })
    }

    fn scan(&self, span: Span<'_>, visit: Visit<'_>) -> Result<(), EngineError> {
        if span.end.is_some_and(|end| end <= span.start) {
            return Ok(());
        }
        let end = span.end.map_or(Bound::Unbounded, |end| Bound::Excluded(end.to_vec()));
        let bounds = (Bound::Included(span.start.to_vec()), end);
        self.with_tables(|tables| {
            let mut rows = self.snapshot.range(tables.of(span.table), bounds);
            loop {
                let row = if span.falling { rows.next_back() } else { rows.next() };
                let Some(row) = row else { return Ok(()) };
                let (key, value) = row.into_inner()?;
                if visit(&key, &value).is_break() {
                    return Ok(());
                }
            }
        })
    }
}

impl Tables {
    fn of(&self, table: Table) -> &Keyspace {
        match table {
            Table::Data => &self.data,
            Table::Chunk => &self.chunk,
        }
    }
}

impl From<fjall::Error> for EngineError {
    fn from(error: fjall::Error) -> Self {
        match error {
            fjall::Error::Io(source) => Self::Io(source),
            fjall::Error::Storage(fjall::LsmError::Io(source)) => Self::Io(source),
            fjall::Error::Locked => Self::Locked,
            fjall::Error::Poisoned => Self::Poisoned,
            fjall::Error::JournalRecovery(reason) => Self::Journal(format!("{reason:?}")),
            other => Self::Damaged(format!("{other:?}")),
        }
    }
}
