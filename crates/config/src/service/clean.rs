//! Forgets old history in the background.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use seawall_store::{
    Batch, CommitError, Key, KeyRange, Precondition, Revision, Snapshot, Unavailable,
};

use super::core::Core;
use crate::{
    ConfigKey,
    history::policy::{self, Kept},
    index::slot::Slot,
    stored::{convert, keys},
};

/// Entries read at once.
const PAGE: usize = 500;
/// Keys deleted in one commit: small, so that writers are not held up.
const DELETES: usize = 200;

/// Cleans whenever it is time, or woken, until the service is closed.
pub(super) async fn clean(core: Arc<Core>) {
    let every = Duration::from_secs(core.settings.history.clean_every_s.max(1));
    loop {
        tokio::select! {
            () = core.closed.cancelled() => return,
            () = tokio::time::sleep(every) => {}
            () = core.clean_now.notified() => {}
        }
        if !core.index.is_loaded() {
            continue;
        }
        core.writes_since_clean.store(0, Ordering::Relaxed);
        if let Err(error) = core.clean_history().await {
            tracing::warn!(%error, "history was not cleaned; trying again later");
        }
    }
}

impl Core {
    /// Goes through all history once; gives how many entries were forgotten.
    pub(super) async fn clean_history(&self) -> Result<usize, CommitError> {
        let snapshot = self.store.snapshot().await?;
        let mut forgotten = 0;
        let mut entries: Option<(ConfigKey, Vec<Kept>)> = None;
        let mut rest = Some(KeyRange::prefix(&keys::all_history()));
        while let Some(range) = rest {
            let (page, next) = read(snapshot.as_ref(), &range).await?;
            rest = next;
            // Keys are in order, so the entries of one item follow each other.
            for (key, kept) in page {
                match &mut entries {
                    Some((same, all)) if *same == key => all.push(kept),
                    other => {
                        if let Some((done, all)) = other.replace((key, vec![kept])) {
                            forgotten += self.clean_item(&done, &all).await?;
                        }
                    }
                }
            }
        }
        if let Some((done, all)) = entries {
            forgotten += self.clean_item(&done, &all).await?;
        }
        self.metrics.history_cleaned.inc_by(forgotten as u64);
        Ok(forgotten)
    }

    /// Forgets what may go of one item's history; `seen` are its entries of a moment ago.
    async fn clean_item(&self, key: &ConfigKey, seen: &[Kept]) -> Result<usize, CommitError> {
        let settings = self.settings.history;
        if policy::forget(seen, &HashSet::new(), self.clock.wall(), settings).entries.is_empty() {
            return Ok(0);
        }
        let _turn = self.turn(key).await;
        // The order matters: a change after this look fails the preconditions, a
        // change before it is among the entries read next. Either way no content goes
        // that an entry or the item needs.
        let slot = self.index.slot(key);
        let entries = self.entries_of(key).await?;
        let current = slot.formal.iter().chain(&slot.grays).map(|meta| meta.version).collect();
        let forget = policy::forget(&entries, &current, self.clock.wall(), settings);
        // Contents first: if it ends half way, the entries are found again next time.
        let contents = forget.contents.iter().map(|version| keys::content(key, *version));
        let gone: Vec<Key> =
            contents.chain(forget.entries.iter().map(|id| keys::history(key, *id))).collect();
        for chunk in gone.chunks(DELETES) {
            match self.store.commit(unchanged(key, &slot, chunk)).await {
                Ok(_) => {}
                // Somebody else wrote the item: next time.
                Err(CommitError::Precondition { .. }) => return Ok(0),
                Err(error) => return Err(error),
            }
        }
        Ok(forget.entries.len())
    }

    async fn entries_of(&self, key: &ConfigKey) -> Result<Vec<Kept>, Unavailable> {
        let snapshot = self.store.snapshot().await?;
        let mut entries = Vec::new();
        let mut rest = Some(KeyRange::prefix(&keys::history_of(key)));
        while let Some(range) = rest {
            let (page, next) = read(snapshot.as_ref(), &range).await?;
            entries.extend(page.into_iter().map(|(_, kept)| kept));
            rest = next;
        }
        Ok(entries)
    }
}

/// Deletes `gone` if the item and its gray releases are still what `slot` says.
fn unchanged(key: &ConfigKey, slot: &Slot, gone: &[Key]) -> Batch {
    let formal = slot.formal.as_ref().map_or(Revision::ZERO, |meta| meta.revision);
    let mut batch = Batch::new().when(Precondition::ModifiedAt(keys::item(key), formal));
    for meta in &slot.grays {
        if let Some(rule) = &meta.gray {
            let place = keys::gray(key, &rule.name);
            batch = batch.when(Precondition::ModifiedAt(place, meta.revision));
        }
    }
    gone.iter().cloned().fold(batch, Batch::delete)
}

type Entries = Vec<(ConfigKey, Kept)>;

async fn read(
    snapshot: &dyn Snapshot,
    range: &KeyRange,
) -> Result<(Entries, Option<KeyRange>), Unavailable> {
    let page = snapshot.scan(range, PAGE).await?;
    let mut entries = Vec::with_capacity(page.pairs.len());
    for pair in page.pairs {
        let Some((key, id)) = keys::history_place(&pair.key) else { continue };
        match convert::decode_history(key.clone(), id, &pair.value) {
            Ok((entry, _)) => {
                entries.push((key, Kept { id, at: entry.at, version: entry.version }));
            }
            // Left alone: a newer version may have written it.
            Err(error) => tracing::warn!(%key, %id, %error, "a history entry cannot be read"),
        }
    }
    Ok((entries, page.rest))
}
