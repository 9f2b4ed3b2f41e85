//! What all parts of the service share.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, atomic::AtomicU64},
};

use parking_lot::Mutex;
use seawall_clock::Clock;
use seawall_store::Store;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::contents::Contents;
use crate::{
    ConfigKey, ConfigSettings,
    fuzzy::watches::FuzzyWatches,
    index::{applied::Applied, memory::Index},
    listen::{polls::PollLoad, table::ListenerTable},
    metrics::ConfigMetrics,
    write::numbers::Numbers,
};

/// Writers of different items rarely share one of these.
const TURNS: usize = 256;

/// State of the service, shared with its background tasks.
pub(super) struct Core {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) settings: ConfigSettings,
    pub(super) index: Index,
    pub(super) applied: Applied,
    pub(super) contents: Contents,
    pub(super) listeners: Mutex<ListenerTable>,
    pub(super) fuzzy: Mutex<FuzzyWatches>,
    pub(super) numbers: Numbers,
    pub(super) metrics: ConfigMetrics,
    pub(super) warm: watch::Sender<bool>,
    pub(super) closed: CancellationToken,
    /// Wakes the cleaner before its time.
    pub(super) clean_now: Notify,
    pub(super) writes_since_clean: AtomicU64,
    pub(super) polls: AtomicU64,
    pub(super) poll_load: PollLoad,
    turns: Vec<tokio::sync::Mutex<()>>,
    hasher: RandomState,
}

impl Core {
    pub(super) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: ConfigSettings,
    ) -> Self {
        Self {
            contents: Contents::new(settings.content_cache_bytes),
            store,
            clock,
            settings,
            index: Index::new(),
            applied: Applied::default(),
            listeners: Mutex::default(),
            fuzzy: Mutex::default(),
            numbers: Numbers::default(),
            metrics: ConfigMetrics::default(),
            warm: watch::Sender::new(false),
            closed: CancellationToken::new(),
            clean_now: Notify::new(),
            writes_since_clean: AtomicU64::new(0),
            polls: AtomicU64::new(0),
            poll_load: PollLoad::default(),
            turns: (0..TURNS).map(|_| tokio::sync::Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    /// Waits for this process's turn to write `key`, so that its own writers do not
    /// run into each other's preconditions.
    pub(super) async fn turn(&self, key: &ConfigKey) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let hash = usize::try_from(self.hasher.hash_one(key) >> 32).unwrap_or_default();
        match self.turns.get(hash % TURNS) {
            Some(turn) => Some(turn.lock().await),
            None => None,
        }
    }
}
