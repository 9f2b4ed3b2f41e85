//! The model's history as a source of changes.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::sync::watch;

use super::MemoryStore;
use crate::{ChangeSet, ChangeSource, Key, Revision, WatchError};

/// How often a waiting watcher looks whether a lease has ended.
const LEASE_TICK: Duration = Duration::from_millis(10);

pub(super) struct MemoryChanges {
    store: Arc<MemoryStore>,
    changed: watch::Receiver<()>,
}

impl MemoryChanges {
    pub(super) fn new(store: Arc<MemoryStore>) -> Self {
        let changed = store.subscribe();
        Self { store, changed }
    }
}

#[async_trait]
impl ChangeSource for MemoryChanges {
    async fn next(&mut self, prefix: &Key, from: Revision) -> Result<ChangeSet, WatchError> {
        loop {
            self.changed.borrow_and_update();
            let (found, leases) = self.store.with_state(|state, _| {
                let found = state.change_after(prefix, from)?;
                Ok::<_, WatchError>((found, state.has_leases()))
            })?;
            if let Some(set) = found {
                return Ok(set);
            }
            // The store lives as long as this does, so the sender is never gone.
            let changed = self.changed.changed();
            if leases {
                let _ = tokio::time::timeout(LEASE_TICK, changed).await;
            } else {
                let _ = changed.await;
            }
        }
    }
}
