//! The embedded store behind the interface of a store.

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
    thread::{self, JoinHandle},
    time::Duration,
};

use async_trait::async_trait;
use crossbeam_channel::{Sender, TrySendError};
use parking_lot::{Mutex, RwLock};
use seawall_clock::Clock;
use tokio::sync::oneshot;

use super::{
    apply_thread::ApplyThread,
    changes::{EmbeddedChanges, check_history},
    checkpoint_thread::CheckpointThread,
    directory::Directory,
    health::StoreHealth,
    log_thread::{AbortOnPanic, Gathering, LogThread, Request, Submission},
    metrics::StoreMetrics,
    scrub_thread::ScrubThread,
    settings::StoreSettings,
    shared::Shared,
    snapshot::EmbeddedSnapshot,
    startup::{Started, start},
    upkeep::UpkeepThread,
};
use crate::{
    Batch, Commit, CommitError, Key, Lease, LeaseError, LeaseId, OpenError, Operation, Revision,
    Snapshot, Store, Unavailable, Watch, WatchError,
    engine::Engine,
    lessor::{LeaseEffect, LeaseEvent, granted_ttl},
    log::Upkeep,
};

/// Groups that may wait between the log and the engine.
const LOGGED_GROUPS: usize = 64;

/// The store of one process: durable, in a folder of its own.
///
/// Dropping it waits until everything accepted is on disk, as [`EmbeddedStore::close`]
/// does. A panic in one of its threads ends the process (docs/dev/store.md, rule 5).
pub struct EmbeddedStore {
    shared: Arc<Shared>,
    /// `None` once the store is being closed.
    requests: RwLock<Option<Sender<Submission>>>,
    running: Mutex<Option<Running>>,
}

/// What has to be brought to an end.
struct Running {
    log: JoinHandle<()>,
    apply: JoinHandle<()>,
    checkpoint: JoinHandle<()>,
    scrub: JoinHandle<()>,
    upkeep: JoinHandle<()>,
    /// Closed to end the upkeep.
    stop: Sender<()>,
    engine: Arc<dyn Engine>,
    /// Given back last.
    directory: Directory,
}

impl EmbeddedStore {
    /// Opens the store in `dir`, which is made if it is not there. Reads and writes
    /// the disk, so not to be called on a runtime's thread when that matters.
    ///
    /// A store that was not closed is brought up to date from its log; one whose
    /// log and state contradict each other is refused with [`OpenError::Damaged`]
    /// and left as it is, unless the log alone can rebuild it.
    pub fn open(
        dir: &Path,
        settings: StoreSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, OpenError> {
        Self::run(start(dir, settings, clock)?)
    }

    /// Finishes everything accepted and gives the folder back. Everything asked of
    /// the store from now on is answered as unavailable.
    pub async fn close(&self) {
        let ended = self.begin_close();
        if let Some(running) = ended {
            let shared = self.shared.clone();
            let closing = tokio::task::spawn_blocking(move || running.end(&shared));
            if let Err(error) = closing.await {
                tracing::error!(%error, "closing the store was broken off");
            }
        }
    }

    /// What the store counts.
    pub fn metrics(&self) -> &StoreMetrics {
        &self.shared.metrics
    }

    /// Whether writes are taken, and whether what is stored is whole.
    pub fn health(&self) -> StoreHealth {
        self.shared.health.report()
    }

    /// How often the log was brought to disk since the store was opened.
    pub fn log_syncs(&self) -> u64 {
        self.shared.log.syncs()
    }

    pub(super) fn run(started: Started) -> Result<Arc<Self>, OpenError> {
        let Started { directory, shared, engine, planner, history } = started;
        let (requests, waiting) = crossbeam_channel::bounded(shared.settings.queue_requests);
        let (apply, logged) = crossbeam_channel::bounded(LOGGED_GROUPS);
        let (stop, stopped) = crossbeam_channel::bounded(0);
        let log_thread = LogThread {
            shared: shared.clone(),
            requests: waiting,
            apply,
            planner,
            history,
            gathering: Gathering::default(),
        };
        let (due, checkpoints) = crossbeam_channel::bounded(1);
        let (checkpoint_failed, failed) = crossbeam_channel::bounded(1);
        let checkpoint_thread = CheckpointThread {
            shared: shared.clone(),
            engine: engine.clone(),
            due: checkpoints,
            failed: checkpoint_failed,
        };
        let apply_thread = ApplyThread {
            shared: shared.clone(),
            engine: engine.clone(),
            logged,
            root: directory.root().to_owned(),
            due,
            failed,
            dirty_bytes: 0,
            dirty_since: shared.clock.now(),
        };
        let scrub_thread = ScrubThread { shared: shared.clone(), stop: stopped.clone() };
        let mut upkeep_thread =
            UpkeepThread::new(shared.clone(), directory.root(), directory.reserve(), stopped);
        upkeep_thread.look_at_space();
        let io = |source| OpenError::Io { path: directory.root().to_owned(), source };
        let running = Running {
            log: spawn("store-log", move || log_thread.run()).map_err(io)?,
            apply: spawn("store-apply", move || apply_thread.run()).map_err(io)?,
            checkpoint: spawn("store-checkpoint", move || checkpoint_thread.run()).map_err(io)?,
            scrub: spawn("store-scrub", move || scrub_thread.run()).map_err(io)?,
            upkeep: spawn("store-upkeep", move || upkeep_thread.run()).map_err(io)?,
            stop,
            engine,
            directory,
        };
        let requests = RwLock::new(Some(requests));
        Ok(Arc::new(Self { shared, requests, running: Mutex::new(Some(running)) }))
    }

    #[cfg(test)]
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Stops taking requests; the first caller gets what has to be ended.
    fn begin_close(&self) -> Option<Running> {
        // First of all, so that nobody goes on trying what fails.
        self.shared.health.change(|obstacles| obstacles.closed = true);
        self.requests.write().take();
        self.running.lock().take()
    }

    async fn submit(&self, request: Request, bytes: usize) -> Result<Commit, CommitError> {
        let (ack, answer) = oneshot::channel();
        self.enqueue(Submission { request, bytes, ack })?;
        answer.await.unwrap_or_else(|_| {
            Err(CommitError::Unknown { reason: "the store was closed".to_owned() })
        })
    }

    fn enqueue(&self, submission: Submission) -> Result<(), CommitError> {
        let requests = self.requests.read();
        let Some(requests) = requests.as_ref() else {
            return Err(Unavailable { reason: "the store is closed".to_owned() }.into());
        };
        let (waiting, bytes) = (&self.shared.waiting_bytes, submission.bytes);
        let before = waiting.fetch_add(bytes, Ordering::Relaxed);
        // A single batch is always let in, however small the queue.
        let full = before > 0 && before + bytes > self.shared.settings.queue_bytes;
        let refusal = if full {
            CommitError::Overloaded
        } else {
            match requests.try_send(submission) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(_)) => CommitError::Overloaded,
                Err(TrySendError::Disconnected(_)) => {
                    Unavailable { reason: "the store is closed".to_owned() }.into()
                }
            }
        };
        waiting.fetch_sub(bytes, Ordering::Relaxed);
        if refusal == CommitError::Overloaded {
            self.shared.metrics.overloaded.inc();
        }
        Err(refusal)
    }

    fn admit(&self, only_deletes: bool) -> Result<(), CommitError> {
        self.shared.health.admit(only_deletes).inspect_err(|refusal| {
            if *refusal == CommitError::NoSpace {
                self.shared.metrics.no_space.inc();
            }
        })
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn commit(&self, batch: Batch) -> Result<Commit, CommitError> {
        let bytes = self.shared.settings.limits.check(&batch)?;
        let deletes = |operation: &Operation| matches!(operation, Operation::Delete { .. });
        self.admit(batch.operations.iter().all(deletes))?;
        self.submit(Request::Batch(batch), bytes).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Unavailable> {
        if self.shared.health.is_closed() {
            return Err(Unavailable { reason: "the store is closed".to_owned() });
        }
        Ok(Box::new(EmbeddedSnapshot { view: self.shared.view() }))
    }

    async fn watch(&self, prefix: Key, from: Revision) -> Result<Watch, WatchError> {
        check_history(&self.shared.log, from)?;
        Ok(Watch::new(prefix, from, Box::new(EmbeddedChanges::new(self.shared.clone()))))
    }

    async fn grant(&self, ttl: Duration) -> Result<Lease, LeaseError> {
        let ttl = granted_ttl(ttl);
        let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        self.admit(false)?;
        let commit = self.submit(Request::Grant { ttl_ms }, 0).await?;
        Ok(Lease { id: LeaseId::new(commit.revision.get()), ttl })
    }

    async fn keep_alive(&self, lease: LeaseId) -> Result<Lease, LeaseError> {
        if self.shared.health.is_closed() {
            return Err(Unavailable { reason: "the store is closed".to_owned() }.into());
        }
        let mut lessor = self.shared.lessor.lock();
        // Read under the lock, so that no tick with a later time came before.
        let now = self.shared.clock.now();
        match lessor.handle(now, LeaseEvent::KeepAlive(lease)).first() {
            Some(LeaseEffect::Renewed(lease)) => Ok(*lease),
            _ => Err(LeaseError::NotFound(lease)),
        }
    }

    async fn revoke(&self, lease: LeaseId) -> Result<Commit, LeaseError> {
        self.admit(true)?;
        match self.submit(Request::End(lease), 0).await {
            Err(CommitError::NoLease(lease)) => Err(LeaseError::NotFound(lease)),
            answer => Ok(answer?),
        }
    }
}

impl Running {
    /// Waits for the threads, and leaves the store so that it opens quickly.
    fn end(self, shared: &Shared) {
        // The last write to the log must not fail unseen either (rule 5).
        let _abort = (!thread::panicking()).then(|| AbortOnPanic);
        drop(self.stop);
        for thread in [self.log, self.apply, self.checkpoint, self.scrub, self.upkeep] {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
        let persisted = Some(shared.checkpoints.last());
        if persisted > Some(shared.log.persisted())
            && let Err(error) = shared.log.append(&[], Upkeep { persisted, keep_from: None })
        {
            tracing::warn!(?error, "the log does not take the last checkpoint");
        }
        // Watchers look up and find the store closed.
        shared.applied.send_modify(|_| ());
        self.engine.close();
        shared.log.close();
        drop(self.directory);
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        if let Some(running) = self.begin_close() {
            running.end(&self.shared);
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(work)
}
