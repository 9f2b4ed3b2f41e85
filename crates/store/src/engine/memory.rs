//! The engine as a model: what the one on disk is compared with.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;

use super::{Engine, EngineBatch, EngineError, EngineSnapshot, Span, Table, Visit};

type Rows = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

/// Everything in memory. It can be told to fail, and forgets on
/// [`Engine::reopen`] what was not persisted, as a crash would.
#[derive(Default)]
pub(crate) struct MemoryEngine {
    rows: Mutex<Arc<Rows>>,
    persisted: Mutex<Arc<Rows>>,
    /// Writes to fail from now on; they and all later ones fail until it is reopened.
    pub(crate) failing_writes: AtomicUsize,
    poisoned: AtomicUsize,
    /// How often it refuses to be reopened.
    pub(crate) failing_reopens: AtomicUsize,
    /// What it says its write buffer holds; a reopen empties it.
    pub(crate) write_buffer: AtomicU64,
    /// How often it was reopened.
    pub(crate) reopened: AtomicUsize,
    /// Bringing it to disk waits while this is set.
    pub(crate) persist_paused: AtomicBool,
    /// How often that was begun.
    pub(crate) persists: AtomicUsize,
    /// How often it fails from now on.
    pub(crate) failing_persists: AtomicUsize,
}

struct MemorySnapshot {
    rows: Arc<Rows>,
}

impl Engine for MemoryEngine {
    fn write(&self, batch: EngineBatch) -> Result<(), EngineError> {
        if self.failing_writes.load(Ordering::SeqCst) > 0 {
            self.failing_writes.fetch_sub(1, Ordering::SeqCst);
            self.poisoned.store(1, Ordering::SeqCst);
        }
        if self.poisoned.load(Ordering::SeqCst) > 0 {
            return Err(EngineError::Poisoned);
        }
        let mut rows = self.rows.lock();
        let rows = Arc::make_mut(&mut rows);
        for (key, value) in batch.writes {
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
        Ok(())
    }

    fn snapshot(&self) -> Result<Arc<dyn EngineSnapshot>, EngineError> {
        Ok(Arc::new(MemorySnapshot { rows: self.rows.lock().clone() }))
    }

    fn persist(&self) -> Result<(), EngineError> {
        let rows = self.rows.lock().clone();
        self.persists.fetch_add(1, Ordering::SeqCst);
        while self.persist_paused.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        if self.failing_persists.load(Ordering::SeqCst) > 0 {
            self.failing_persists.fetch_sub(1, Ordering::SeqCst);
            return Err(EngineError::Io(std::io::Error::other("the disk does not answer")));
        }
        *self.persisted.lock() = rows;
        Ok(())
    }

    fn write_buffer_bytes(&self) -> u64 {
        self.write_buffer.load(Ordering::SeqCst)
    }

    fn reopen(&self) -> Result<(), EngineError> {
        if self.failing_reopens.load(Ordering::SeqCst) > 0 {
            self.failing_reopens.fetch_sub(1, Ordering::SeqCst);
            return Err(EngineError::Io(std::io::ErrorKind::StorageFull.into()));
        }
        *self.rows.lock() = self.persisted.lock().clone();
        self.poisoned.store(0, Ordering::SeqCst);
        self.write_buffer.store(0, Ordering::SeqCst);
        self.reopened.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn close(&self) {}
}

impl EngineSnapshot for MemorySnapshot {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(self.rows.get(&(table, key.to_vec())).cloned())
    }

    fn scan(&self, span: Span<'_>, visit: Visit<'_>) -> Result<(), EngineError> {
        if span.end.is_some_and(|end| end <= span.start) {
            return Ok(());
        }
        let start = Bound::Included((span.table, span.start.to_vec()));
        let end =
            span.end.map_or(Bound::Unbounded, |end| Bound::Excluded((span.table, end.to_vec())));
        let mut rows: Vec<_> =
            self.rows.range((start, end)).filter(|((table, _), _)| *table == span.table).collect();
        if span.falling {
            rows.reverse();
        }
        for ((_, key), value) in rows {
            if visit(key, value).is_break() {
                break;
            }
        }
        Ok(())
    }
}
