//! Stores in folders that go away with the test.

use std::{path::Path, sync::Arc};

use seawall_clock::{ManualClock, WallTime};
use tempfile::TempDir;

use crate::{
    Batch, EmbeddedStore, Key, OpenError, Revision, Store, StoreSettings,
    embedded::{directory::Directory, replay, startup},
    engine::Engine,
    log::CommitLog,
};

/// A folder, a clock and the settings of stores opened in it.
pub(in crate::embedded) struct Home {
    pub(in crate::embedded) folder: TempDir,
    pub(in crate::embedded) clock: Arc<ManualClock>,
    pub(in crate::embedded) settings: StoreSettings,
}

impl Home {
    pub(in crate::embedded) fn new() -> Self {
        let settings = StoreSettings {
            tick_ms: 2,
            reserve_bytes: 0,
            space_low_bytes: 0,
            log_file_bytes: 256 * 1024,
            // Tests of it drive it themselves.
            scrub_bytes_per_second: 0,
            ..StoreSettings::default()
        };
        let clock = Arc::new(ManualClock::at(WallTime::from_millis(1_000_000)));
        Self { folder: tempfile::tempdir().unwrap(), clock, settings }
    }

    /// A home whose stores keep hardly any history and bring everything to disk at once.
    pub(in crate::embedded) fn forgetful() -> Self {
        let mut home = Self::new();
        home.settings.history_commits = 300;
        home.settings.recent_commits = 20;
        home.settings.checkpoint_bytes = 1;
        home
    }

    pub(in crate::embedded) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(in crate::embedded) fn open(&self) -> Result<Arc<EmbeddedStore>, OpenError> {
        EmbeddedStore::open(self.path(), self.settings.clone(), self.clock.clone())
    }

    /// A store on the real log and another engine.
    pub(in crate::embedded) fn open_on(&self, engine: Arc<dyn Engine>) -> Arc<EmbeddedStore> {
        let directory = Directory::take(self.path()).unwrap();
        let log = CommitLog::open(&directory.log(), self.settings.log()).unwrap();
        let from = replay::progress(engine.as_ref()).unwrap();
        let (settings, clock) = (self.settings.clone(), self.clock.clone());
        let started = startup::assemble(directory, settings, clock, log, engine, from);
        EmbeddedStore::run(started.unwrap()).unwrap()
    }
}

/// A key of these tests.
pub(in crate::embedded) fn key(name: impl std::fmt::Display) -> Key {
    Key::of_parts(["test", &name.to_string()])
}

/// Commits one write.
pub(in crate::embedded) async fn put(
    store: &EmbeddedStore,
    name: impl std::fmt::Display,
) -> Revision {
    let batch = Batch::new().put(key(&name), name.to_string());
    store.commit(batch).await.unwrap().revision
}

/// How many keys of these tests there are.
pub(in crate::embedded) async fn count(store: &EmbeddedStore) -> usize {
    let snapshot = store.snapshot().await.unwrap();
    let range = crate::KeyRange::prefix(&Key::of_parts(["test"]));
    snapshot.scan(&range, usize::MAX).await.unwrap().pairs.len()
}

/// Waits until something that other threads bring about is so.
pub(in crate::embedded) async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}
