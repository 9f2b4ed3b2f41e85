//! The model behind the interface of a store.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use seawall_clock::Clock;
use tokio::sync::watch;

use super::{snapshot::MemorySnapshot, state::State, watch::MemoryChanges};
use crate::{
    Batch, Commit, CommitError, Key, Lease, LeaseError, LeaseId, Limits, Revision, Snapshot, Store,
    Unavailable, Watch, WatchError,
};

/// Commits the model remembers for watchers, unless told otherwise.
const HISTORY: usize = 100_000;

/// A whole store in memory: the reference model of [`Store`], for tests.
///
/// Leases end when their time is over by the clock it was given, at the latest
/// when anyone next asks the store for anything.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    limits: Limits,
    state: Mutex<State>,
    /// For watches, which keep the store alive.
    itself: Weak<Self>,
    /// Changes whenever waiting watchers have to look again.
    changed: watch::Sender<()>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Self::with_history(clock, HISTORY)
    }

    /// An empty store that remembers the last `commits` commits for watchers.
    pub fn with_history(clock: Arc<dyn Clock>, commits: usize) -> Arc<Self> {
        Self::from_state(clock, State::new(commits))
    }

    /// What the store would be after a restart of its process. The old one stays usable.
    pub fn restarted(&self) -> Arc<Self> {
        let state = self.state.lock().restarted(self.clock.as_ref());
        Self::from_state(self.clock.clone(), state)
    }

    /// Forgets history before `oldest`, as if it had grown over its bound.
    pub fn compact(&self, oldest: Revision) {
        self.state.lock().compact(oldest);
        self.changed.send_replace(());
    }

    /// Lets every call fail as [`Unavailable`] with this reason, until set to `None`.
    pub fn set_unavailable(&self, reason: Option<&str>) {
        self.state.lock().unavailable = reason.map(str::to_owned);
        self.changed.send_replace(());
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    fn from_state(clock: Arc<dyn Clock>, state: State) -> Arc<Self> {
        Arc::new_cyclic(|itself| Self {
            clock,
            limits: Limits::default(),
            state: Mutex::new(state),
            itself: itself.clone(),
            changed: watch::Sender::new(()),
        })
    }

    /// Runs `work` on the state as of now, with every lease ended that is over.
    pub(super) fn with_state<T, E: From<Unavailable>>(
        &self,
        work: impl FnOnce(&mut State, &dyn Clock) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut state = self.state.lock();
        state.available()?;
        let before = state.last;
        state.expire(self.clock.as_ref());
        let result = work(&mut state, self.clock.as_ref());
        let changed = state.last > before;
        drop(state);
        if changed {
            self.changed.send_replace(());
        }
        result
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, batch: Batch) -> Result<Commit, CommitError> {
        self.limits.check(&batch)?;
        self.with_state(|state, clock| state.commit(clock, batch))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Unavailable> {
        self.with_state(|state, _| {
            let snapshot = MemorySnapshot { pairs: state.pairs.clone(), revision: state.last };
            Ok(Box::new(snapshot) as Box<dyn Snapshot>)
        })
    }

    async fn watch(&self, prefix: Key, from: Revision) -> Result<Watch, WatchError> {
        self.with_state(|state, _| state.change_after(&prefix, from).map(drop))?;
        let Some(store) = self.itself.upgrade() else {
            return Err(Unavailable { reason: "the store is closed".to_owned() }.into());
        };
        Ok(Watch::new(prefix, from, Box::new(MemoryChanges::new(store))))
    }

    async fn grant(&self, ttl: Duration) -> Result<Lease, LeaseError> {
        self.with_state(|state, clock| Ok(state.grant(clock, ttl)))
    }

    async fn keep_alive(&self, lease: LeaseId) -> Result<Lease, LeaseError> {
        self.with_state(|state, clock| state.keep_alive(clock, lease))
    }

    async fn revoke(&self, lease: LeaseId) -> Result<Commit, LeaseError> {
        self.with_state(|state, clock| state.revoke(clock, lease))
    }
}
