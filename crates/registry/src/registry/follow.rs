//! Brings what is stored into the core, and keeps it there as it is in the store.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use seawall_store::{Change, Key, Mirror, MirrorEvent, record};

use super::Shell;
use crate::{
    ServiceDefinition,
    checks::Verdict,
    core::{StoredChange, StoredState},
    keys::{self, Subject},
    record::{EditRecord, InstanceRecord, ServiceRecord},
};

/// Follows the store until the registry ends.
pub(super) async fn run(shell: Arc<Shell>) {
    let mut mirror = Mirror::start(shell.store.clone(), keys::stored());
    loop {
        let event = tokio::select! {
            () = shell.stop.cancelled() => return,
            event = mirror.next() => event,
        };
        match event {
            MirrorEvent::Reset { pairs, revision } => {
                let changes = pairs.iter().filter_map(|pair| put(&pair.key, &pair.value));
                let state: StoredState = changes.collect();
                let has_data = !state.is_empty();
                shell.change(|core, at, effects| core.reset_stored(at, state, effects));
                shell.applied.send_replace(revision);
                become_ready(&shell, has_data);
            }
            MirrorEvent::Changed(set) => {
                let changes = set.changes.iter().filter_map(stored_change);
                let changes: Vec<_> = changes.collect();
                shell.change(|core, at, effects| {
                    for change in changes {
                        core.apply_stored(at, change, effects);
                    }
                });
                shell.applied.send_replace(set.revision);
            }
            MirrorEvent::Unavailable => {
                tracing::warn!("the store is away; the registry goes on with what it has");
            }
        }
    }
}

/// After the first load, and the warm-up if there is anything to warm up for.
fn become_ready(shell: &Arc<Shell>, has_data: bool) {
    let warm_up = Duration::from_millis(shell.settings.warm_up_ms);
    if shell.ready.load(Ordering::Acquire) {
        return;
    }
    if warm_up.is_zero() || !(has_data || shell.core.read().is_warming()) {
        shell.ready.store(true, Ordering::Release);
        return;
    }
    let shell = shell.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = shell.stop.cancelled() => {}
            () = tokio::time::sleep(warm_up) => shell.ready.store(true, Ordering::Release),
        }
    });
}

fn stored_change(change: &Change) -> Option<StoredChange> {
    match change {
        Change::Put(pair) => put(&pair.key, &pair.value),
        Change::Delete(key) => match keys::subject(key)? {
            Subject::Definition(service) => Some(StoredChange::Definition(service, None)),
            Subject::Instance(service, address) => {
                Some(StoredChange::InstanceGone(service, address))
            }
            Subject::Edit(service, address) => Some(StoredChange::Edits(service, address, None)),
            Subject::MemoryTime | Subject::MemoryPopulated(_) => None,
        },
    }
}

/// What a pair says. One that cannot be read (of a newer version, say) is left out
/// and complained of: the rest of the registry must not wait for it.
fn put(key: &Key, value: &[u8]) -> Option<StoredChange> {
    let read = match keys::subject(key)? {
        Subject::Definition(service) => record::decode::<ServiceRecord>(value)
            .and_then(ServiceDefinition::try_from)
            .map(|definition| StoredChange::Definition(service, Some(Box::new(definition)))),
        Subject::Instance(service, address) => record::decode::<InstanceRecord>(value)
            .map(|record| StoredChange::Instance(service, record.at(address))),
        Subject::Edit(service, address) => record::decode::<EditRecord>(value)
            .map(|record| StoredChange::Edits(service, address, Some(record.into()))),
        Subject::MemoryTime | Subject::MemoryPopulated(_) => return None,
    };
    read.inspect_err(|error| tracing::error!(?key, %error, "stored entry left out")).ok()
}

impl Shell {
    /// Takes in what a check found out.
    pub(super) fn take_verdict(&self, verdict: Verdict) {
        let Verdict { service, address, healthy } = verdict;
        tracing::info!(%service, ip = %address.ip, port = address.port, healthy, "health changed");
        self.change(|core, at, _| core.report_health(at, &service, &address, healthy));
    }
}
