//! Where watches of the embedded store draw from: memory when they keep up, the
//! log when they are behind.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;

use super::{
    commit_record::CommitRecord, recent::Found, shared::Shared, snapshot::off_the_runtime,
};
use crate::{
    ChangeSet, ChangeSource, Key, Revision, Unavailable, WatchError,
    log::{CommitLog, LogError},
};

/// Bytes of the log read at once.
const READ_BYTES: usize = 1024 * 1024;
/// Entries of the log read at once.
const READ_ENTRIES: u64 = 1_024;

pub(super) struct EmbeddedChanges {
    shared: Arc<Shared>,
    applied: watch::Receiver<u64>,
    /// Commits before this one do not touch the prefix, or were delivered.
    next: u64,
}

impl EmbeddedChanges {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let applied = shared.applied.subscribe();
        Self { shared, applied, next: 0 }
    }
}

#[async_trait]
impl ChangeSource for EmbeddedChanges {
    async fn next(&mut self, prefix: &Key, from: Revision) -> Result<ChangeSet, WatchError> {
        self.next = self.next.max(first_of(from));
        loop {
            if self.shared.health.is_closed() {
                return Err(Unavailable { reason: "the store is closed".to_owned() }.into());
            }
            let applied = *self.applied.borrow_and_update();
            if self.next > applied {
                // The sender is part of what this shares, so it is never gone.
                let _ = self.applied.changed().await;
                continue;
            }
            let found = self.shared.recent.read().find(prefix, self.next);
            let found = match found {
                Found::Older => self.read_log(prefix, applied).await?,
                found => found,
            };
            match found {
                Found::Change(set) => {
                    self.next = set.revision.get();
                    return Ok(set);
                }
                Found::Nothing { next } => self.next = next,
                Found::Older => {}
            }
        }
    }
}

impl EmbeddedChanges {
    async fn read_log(&self, prefix: &Key, applied: u64) -> Result<Found, WatchError> {
        let (shared, prefix, from) = (self.shared.clone(), prefix.clone(), self.next);
        off_the_runtime(move || find_in_log(&shared.log, &prefix, from, applied)).await
    }
}

fn find_in_log(
    log: &CommitLog,
    prefix: &Key,
    from: u64,
    applied: u64,
) -> Result<Found, WatchError> {
    let through = applied.min(from.saturating_add(READ_ENTRIES));
    let entries = log.read(from, through, READ_BYTES)?;
    let mut next = from;
    for entry in entries {
        let record = CommitRecord::from_entry(&entry)
            .map_err(|error| Unavailable { reason: error.to_string() })?;
        if let Some(set) = record.changes(entry.index, prefix) {
            return Ok(Found::Change(set));
        }
        next = entry.index + 1;
    }
    if next == from {
        let reason = format!("commit {from} is not in the log");
        return Err(Unavailable { reason }.into());
    }
    Ok(Found::Nothing { next })
}

/// Refuses a watch whose first commits are gone.
pub(super) fn check_history(log: &CommitLog, from: Revision) -> Result<(), WatchError> {
    match log.first() {
        Some(oldest) if first_of(from) < oldest => {
            Err(WatchError::Compacted { oldest: Revision::new(oldest) })
        }
        _ => Ok(()),
    }
}

/// Revision zero is before the first commit: nothing is missing there.
fn first_of(from: Revision) -> u64 {
    from.get().max(1)
}

impl From<LogError> for WatchError {
    fn from(error: LogError) -> Self {
        let reason = match error {
            LogError::Compacted { oldest } => {
                return Self::Compacted { oldest: Revision::new(oldest) };
            }
            LogError::NoSpace => "no space".to_owned(),
            LogError::Failed(reason) => reason,
        };
        Unavailable { reason: format!("the log cannot be read: {reason}") }.into()
    }
}
