//! The log on disk: raft-engine, with the precautions that docs/dev/store.md lists.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::RwLock;
use raft_engine::{
    Command, Config, Engine, Error, LogBatch, MessageExt, ReadableSize, RecoveryMode, Version,
};
use raft_proto::eraftpb::Entry;

use super::files::LogFiles;
use crate::engine::sync_folder;

/// The log serves one group of commits; numbers other than one are left to shards.
const GROUP: u64 = 1;
/// Where the log keeps how far the engine was known to be on disk.
const PERSISTED: &[u8] = b"sm_persisted";

/// How often a failed read is tried again.
const READ_AGAIN: usize = 3;

/// What can be tuned of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogSettings {
    /// Bytes of one file.
    pub(crate) file_bytes: u64,
    /// Bytes of entries the owner means to keep; files are removed from about twice as much on.
    pub(crate) keep_bytes: u64,
}

/// What goes to disk together with entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Upkeep {
    /// The engine is on disk up to this entry.
    pub(crate) persisted: Option<u64>,
    /// Entries before this one are no longer needed.
    pub(crate) keep_from: Option<u64>,
}

/// Why the log failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LogError {
    /// There is no space. The entries may or may not be there: write the same again.
    NoSpace,
    /// The entries asked for are gone; this is the oldest that is there.
    Compacted { oldest: u64 },
    /// Anything else. Of a write: the entries may or may not be there.
    Failed(String),
}

/// Entries numbered without gaps, oldest first.
pub(crate) struct CommitLog {
    /// `None` once it is closed; watchers may outlive it.
    engine: RwLock<Option<Engine<LogFiles>>>,
    syncs: Arc<AtomicU64>,
    #[cfg(test)]
    pub(crate) faults: Arc<super::Faults>,
}

struct Entries;

impl MessageExt for Entries {
    type Entry = Entry;

    fn index(entry: &Entry) -> u64 {
        entry.index
    }
}

impl CommitLog {
    /// Opens the log in `path`, which is made if it is not there.
    pub(crate) fn open(path: &Path, settings: LogSettings) -> Result<Self, LogError> {
        let files = LogFiles::new();
        let syncs = files.syncs.clone();
        #[cfg(test)]
        let faults = files.faults.clone();
        let directory = path.to_str().ok_or_else(|| failed("the path is not UTF-8"))?.to_owned();
        let config = Config {
            dir: directory,
            // The only mode that opens after an unclean stop (rule 6); what it may
            // hide is found by the checks at start (rule 7).
            recovery_mode: RecoveryMode::TolerateTailCorruption,
            format_version: Version::V2,
            enable_log_recycle: true,
            // Entries are read one by one by watchers that are behind; compressed
            // groups would be unpacked whole for each.
            batch_compression_threshold: ReadableSize(0),
            target_file_size: ReadableSize(settings.file_bytes),
            // With this much room, live entries are never copied to make space.
            purge_threshold: ReadableSize(2 * settings.keep_bytes + 2 * settings.file_bytes),
            recovery_threads: 2,
            ..Config::default()
        };
        let engine = Engine::open_with_file_system(config, Arc::new(files))?;
        // Its first file has no entry on disk until the folder is synced (rule 4).
        sync_folder(path).map_err(|error| failed(&error.to_string()))?;
        Ok(Self {
            engine: RwLock::new(Some(engine)),
            syncs,
            #[cfg(test)]
            faults,
        })
    }

    /// Writes entries to disk. After an error only the very same call may follow
    /// (rule 6), since part of it may be there.
    pub(crate) fn append(&self, entries: &[Entry], upkeep: Upkeep) -> Result<(), LogError> {
        let mut batch = LogBatch::with_capacity(3);
        batch.add_entries::<Entries>(GROUP, entries)?;
        if let Some(index) = upkeep.persisted {
            batch.put(GROUP, PERSISTED.to_vec(), index.to_be_bytes().to_vec())?;
        }
        if let Some(index) = upkeep.keep_from {
            batch.add_command(GROUP, Command::Compact { index });
        }
        self.with(|engine| Ok(engine.write(&mut batch, true).map(drop)?))
    }

    /// Removes files that hold nothing needed any more.
    pub(crate) fn purge(&self) -> Result<(), LogError> {
        self.with(|engine| Ok(engine.purge_expired_files().map(drop)?))
    }

    /// The oldest entry.
    pub(crate) fn first(&self) -> Option<u64> {
        self.with(|engine| Ok(engine.first_index(GROUP))).unwrap_or_default()
    }

    /// The newest entry.
    pub(crate) fn last(&self) -> Option<u64> {
        self.with(|engine| Ok(engine.last_index(GROUP))).unwrap_or_default()
    }

    /// How far the engine was known to be on disk when this was last written down.
    pub(crate) fn persisted(&self) -> u64 {
        let bytes = self.with(|engine| Ok(engine.get(GROUP, PERSISTED))).unwrap_or_default();
        bytes.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes)
    }

    /// Entries from `from` through `through`, about `max_bytes` of them, at least
    /// one if there is one.
    pub(crate) fn read(
        &self,
        from: u64,
        through: u64,
        max_bytes: usize,
    ) -> Result<Vec<Entry>, LogError> {
        self.with(|engine| {
            let mut result = read(engine, from, through, max_bytes);
            // Tidying up moves entries to other files and removes the old ones; who
            // looked up a place just before finds it gone and has to look again.
            for _ in 0..READ_AGAIN {
                if !matches!(result, Err(LogError::Failed(_))) {
                    break;
                }
                result = read(engine, from, through, max_bytes);
            }
            result
        })
    }

    /// Bytes of its files.
    pub(crate) fn used_bytes(&self) -> u64 {
        self.with(|engine| Ok(engine.get_used_size() as u64)).unwrap_or_default()
    }

    /// How often it was brought to disk since it was opened.
    pub(crate) fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }

    /// Closes it: everything fails from now on.
    pub(crate) fn close(&self) {
        self.engine.write().take();
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&Engine<LogFiles>) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        match self.engine.read().as_ref() {
            Some(engine) => work(engine),
            None => Err(failed("the log is closed")),
        }
    }
}

fn read(
    engine: &Engine<LogFiles>,
    from: u64,
    through: u64,
    max_bytes: usize,
) -> Result<Vec<Entry>, LogError> {
    let first = engine.first_index(GROUP);
    let (Some(first), Some(last)) = (first, engine.last_index(GROUP)) else {
        return Ok(Vec::new());
    };
    if from < first {
        return Err(LogError::Compacted { oldest: first });
    }
    let end = through.min(last).saturating_add(1);
    if from >= end {
        return Ok(Vec::new());
    }
    let mut entries = Vec::new();
    let read = engine.fetch_entries_to::<Entries>(GROUP, from, end, Some(max_bytes), &mut entries);
    match (read, engine.first_index(GROUP)) {
        (Ok(_), _) => Ok(entries),
        // Removed while being read.
        (Err(_), Some(first)) if from < first => Err(LogError::Compacted { oldest: first }),
        (Err(error), _) => Err(error.into()),
    }
}

impl From<Error> for LogError {
    fn from(error: Error) -> Self {
        match &error {
            Error::TryAgain(reason) if reason.contains("nospace") => Self::NoSpace,
            Error::Io(source) if is_no_space(source) => Self::NoSpace,
            _ => Self::Failed(error.to_string()),
        }
    }
}

fn is_no_space(error: &std::io::Error) -> bool {
    // The log's own errors lose the kind and keep the word.
    error.kind() == std::io::ErrorKind::StorageFull || error.to_string().contains("nospace")
}

fn failed(reason: &str) -> LogError {
    LogError::Failed(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(range: std::ops::RangeInclusive<u64>) -> Vec<Entry> {
        let entry =
            |index| Entry { index, term: 1, data: vec![7; 1_000].into(), ..Entry::default() };
        range.map(entry).collect()
    }

    fn folder_bytes(path: &Path) -> u64 {
        let files = std::fs::read_dir(path).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
    }

    #[test]
    fn files_of_dropped_entries_are_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let settings = LogSettings { file_bytes: 64 * 1024, keep_bytes: 256 * 1024 };
        let log = CommitLog::open(&path, settings).unwrap();
        let mut most = 0;
        for step in 0..200_u64 {
            let first = step * 50 + 1;
            let keep_from = Some(first.saturating_sub(200).max(1));
            let upkeep = Upkeep { persisted: Some(first), keep_from };
            log.append(&entries(first..=first + 49), upkeep).unwrap();
            log.purge().unwrap();
            most = most.max(folder_bytes(&path));
        }
        assert!(most < 5 * settings.keep_bytes, "{most} bytes after 10 MB were written");
        log.close();
        let log = CommitLog::open(&path, settings).unwrap();
        assert_eq!((log.first(), log.last(), log.persisted()), (Some(9_751), Some(10_000), 9_951));
        assert_eq!(log.read(9_750, 10_000, 1), Err(LogError::Compacted { oldest: 9_751 }));
        assert_eq!(log.read(9_751, 10_000, usize::MAX).unwrap(), entries(9_751..=10_000));
    }

    #[test]
    fn entries_can_be_read_while_old_files_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let settings = LogSettings { file_bytes: 16 * 1024, keep_bytes: 64 * 1024 };
        let log = CommitLog::open(&folder.path().join("log"), settings).unwrap();
        log.append(&entries(1..=50), Upkeep::default()).unwrap();
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut read = 0;
                while !done.load(Ordering::SeqCst) {
                    let first = log.first().unwrap();
                    match log.read(first, u64::MAX, usize::MAX) {
                        Ok(found) => read += found.len(),
                        Err(LogError::Compacted { oldest }) => assert!(oldest > first),
                        Err(error) => panic!("{error:?}"),
                    }
                }
                read
            });
            for step in 1..300_u64 {
                let first = step * 20 + 31;
                let keep_from = (step % 3 == 0).then(|| first - 40);
                let upkeep = Upkeep { persisted: Some(first), keep_from };
                log.append(&entries(first..=first + 19), upkeep).unwrap();
                log.purge().unwrap();
            }
            done.store(true, Ordering::SeqCst);
            assert!(reader.join().unwrap() > 0);
        });
    }

    #[test]
    fn a_checkpoint_can_be_noted_without_entries() {
        let folder = tempfile::tempdir().unwrap();
        let settings = LogSettings { file_bytes: 64 * 1024, keep_bytes: 256 * 1024 };
        let log = CommitLog::open(&folder.path().join("log"), settings).unwrap();
        log.append(&entries(1..=3), Upkeep::default()).unwrap();
        log.append(&[], Upkeep { persisted: Some(3), keep_from: None }).unwrap();
        assert_eq!((log.persisted(), log.last()), (3, Some(3)));
        log.close();
        assert!(log.append(&entries(4..=4), Upkeep::default()).is_err());
    }
}
