//! What a run remembers for the next: the time, and which services had instances.

use std::{sync::Arc, time::Duration};

use seawall_store::{Batch, KeyRange, Store, record};

use super::Shell;
use crate::{
    OpenError,
    core::{Memory, MemoryChange},
    keys::{self, Subject},
    record::{PopulatedRecord, TimeRecord},
};

/// Changes are collected for so long before they are written.
const DELAY: Duration = Duration::from_secs(1);
/// Wait before a failed write is tried again.
const RETRY: Duration = Duration::from_secs(2);
/// Services written in one commit.
const SERVICES_MAX: usize = 2_000;
/// Pairs read at once.
const PAGE: usize = 1_000;
/// How much later than the last written time a service may have been told of: what
/// was collected, what was being written, and a little more.
const TIME_MARGIN: Duration = Duration::from_secs(5);

/// What the last run remembered.
pub(super) async fn read(store: &dyn Store) -> Result<Memory, OpenError> {
    let snapshot = store.snapshot().await?;
    let mut memory = Memory::default();
    let mut range = Some(KeyRange::prefix(&keys::memory()));
    while let Some(part) = range {
        let page = snapshot.scan(&part, PAGE).await?;
        for pair in page.pairs {
            match keys::subject(&pair.key) {
                Some(Subject::MemoryTime) => {
                    let time: TimeRecord = record::decode(&pair.value)?;
                    let margin = u64::try_from(TIME_MARGIN.as_millis()).unwrap_or(u64::MAX);
                    memory.ref_time = time.ref_time.saturating_add(margin);
                }
                Some(Subject::MemoryPopulated(service)) => {
                    let populated: PopulatedRecord = record::decode(&pair.value)?;
                    let instances = usize::try_from(populated.instances).unwrap_or(usize::MAX);
                    memory.services.push((service, instances));
                }
                _ => tracing::warn!(key = ?pair.key, "unknown entry in the registry's memory"),
            }
        }
        range = page.rest;
    }
    Ok(memory)
}

/// Writes down what changed, a little late, until the registry ends.
pub(super) async fn run(shell: Arc<Shell>) {
    loop {
        tokio::select! {
            () = shell.stop.cancelled() => return,
            () = shell.remember.notified() => {}
        }
        tokio::select! {
            () = shell.stop.cancelled() => return,
            () = tokio::time::sleep(DELAY) => {}
        }
        let Some(change) = shell.core.write().take_memory_change() else { continue };
        // What was taken must be written before anything later is: try until it is.
        while !write_once(&*shell.store, &change).await {
            tokio::select! {
                () = shell.stop.cancelled() => return,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
    }
}

/// Writes a change; whether all of it was acknowledged.
pub(super) async fn write_once(store: &dyn Store, change: &MemoryChange) -> bool {
    let time = record::encode(&TimeRecord { ref_time: change.ref_time });
    let mut batches = vec![Batch::new().put(keys::memory_time(), time)];
    for part in change.services.chunks(SERVICES_MAX) {
        batches.push(part.iter().fold(Batch::new(), |batch, (service, instances)| {
            let key = keys::memory_populated(service);
            match *instances {
                0 => batch.delete(key),
                n => batch.put(key, record::encode(&PopulatedRecord { instances: n as u64 })),
            }
        }));
    }
    for batch in batches {
        if let Err(error) = store.commit(batch).await {
            tracing::warn!(%error, "the registry's memory is not written");
            return false;
        }
    }
    true
}
