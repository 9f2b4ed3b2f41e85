//! What the threads, the callers and the watchers of a store share.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use parking_lot::{Mutex, RwLock};
use seawall_clock::Clock;
use tokio::sync::watch;

use super::{
    health::Health, metrics::StoreMetrics, recent::Recent, settings::StoreSettings, view::View,
};
use crate::{lessor::Lessor, log::CommitLog};

pub(super) struct Shared {
    pub(super) settings: StoreSettings,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) log: CommitLog,
    pub(super) lessor: Mutex<Lessor>,
    pub(super) recent: RwLock<Recent>,
    pub(super) health: Health,
    pub(super) checkpoints: Checkpoints,
    pub(super) metrics: StoreMetrics,
    /// Bytes of the writes that wait for the log thread.
    pub(super) waiting_bytes: AtomicUsize,
    /// The last applied commit; changes after the view did.
    pub(super) applied: watch::Sender<u64>,
    view: RwLock<Arc<View>>,
}

/// How far the engine is known to be on disk.
#[derive(Debug)]
pub(super) struct Checkpoints {
    last: AtomicU64,
    /// The one before: the log is kept from there, in case the last one is not
    /// what it seems (rule 6).
    before: AtomicU64,
}

impl Shared {
    pub(super) fn new(
        settings: StoreSettings,
        clock: Arc<dyn Clock>,
        log: CommitLog,
        lessor: Lessor,
        view: View,
    ) -> Self {
        let persisted = log.persisted();
        let recent = Recent::new(view.applied + 1, settings.recent_commits, settings.recent_bytes);
        Self {
            settings,
            clock,
            lessor: Mutex::new(lessor),
            recent: RwLock::new(recent),
            health: Health::default(),
            checkpoints: Checkpoints { last: persisted.into(), before: persisted.into() },
            metrics: StoreMetrics::default(),
            waiting_bytes: AtomicUsize::new(0),
            applied: watch::Sender::new(view.applied),
            view: RwLock::new(Arc::new(view)),
            log,
        }
    }

    /// The applied state.
    pub(super) fn view(&self) -> Arc<View> {
        self.view.read().clone()
    }

    /// Lets everybody see the state after more commits.
    pub(super) fn publish(&self, view: View) {
        *self.view.write() = Arc::new(view);
    }
}

impl Checkpoints {
    /// The engine is on disk up to this commit.
    pub(super) fn reached(&self, index: u64) {
        let last = self.last.load(Ordering::Acquire);
        if index > last {
            self.before.store(last, Ordering::Release);
            self.last.store(index, Ordering::Release);
        }
    }

    pub(super) fn last(&self) -> u64 {
        self.last.load(Ordering::Acquire)
    }

    /// Entries of the log up to this one are not needed to rebuild the state.
    pub(super) fn not_needed(&self) -> u64 {
        self.before.load(Ordering::Acquire)
    }
}
