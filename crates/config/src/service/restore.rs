//! Taking over items and their history from elsewhere.

use std::collections::BTreeSet;

use seawall_store::{Batch, Unavailable};

use super::{open::ConfigService, write::refused};
use crate::{
    ConfigMeta, HistoryId, Md5, PublishError, Restore, Restored, RestoredEntry,
    model::meta::ContentVersion,
    stored::{convert, keys},
    write::{check, plan},
};

/// Numbers of history entries that one millisecond has room for.
const NUMBERS_PER_MILLI: u64 = 1_000;

impl ConfigService {
    /// What [`ConfigService::restore`] would do, without doing it.
    pub fn would_restore(&self, restore: &Restore) -> Result<Restored, Unavailable> {
        let present = self.meta(&restore.publish.key)?;
        Ok(match present {
            None => Restored::Copied,
            Some(present) if present.md5 == Md5::of(&restore.publish.content) => Restored::Same,
            Some(_) => Restored::Kept,
        })
    }

    /// Takes over an item that is not here yet, with its times and its history. What
    /// is here already stays as it is, so a restore can be repeated. The history is
    /// written first: a restore that broke off has no item yet, and is finished by
    /// the next one.
    pub async fn restore(&self, restore: Restore) -> Result<Restored, PublishError> {
        check::publish(&restore.publish, &self.core.settings)?;
        let found = self.would_restore(&restore)?;
        if found != Restored::Copied {
            return Ok(found);
        }
        let key = &restore.publish.key;
        for (number, entry) in numbered(&restore.history) {
            self.restore_entry(&restore, number, entry).await?;
        }
        let content = &restore.publish.content;
        let done = self
            .core
            .write(key, Some(content), |slot, now, number| {
                if slot.formal.is_some() {
                    return Ok(None);
                }
                plan::restore(slot, &restore, now, number).map(Some)
            })
            .await?;
        match done {
            Some(_) => Ok(Restored::Copied),
            // Somebody else published it meanwhile.
            None => Ok(self.would_restore(&restore)?),
        }
    }

    async fn restore_entry(
        &self,
        restore: &Restore,
        number: u64,
        entry: &RestoredEntry,
    ) -> Result<(), PublishError> {
        let key = &restore.publish.key;
        let meta = recorded(restore, number, entry);
        let sealed = self.core.seal(&meta, &entry.content)?;
        let recorded = convert::encode_history(entry.operation, &meta, entry.at, &entry.author);
        let batch = Batch::new()
            .put(keys::content(key, meta.version), sealed)
            .put(keys::history(key, HistoryId::new(number)), recorded);
        self.core.store.commit(batch).await.map(drop).map_err(refused)
    }
}

/// Every entry with its number, which follows from its time: the same entry gets
/// the same number in every restore, and sorts among those recorded here.
fn numbered(history: &[RestoredEntry]) -> Vec<(u64, &RestoredEntry)> {
    let mut taken = BTreeSet::new();
    let mut entries: Vec<_> = history.iter().collect();
    entries.sort_by(|left, right| (left.at, &left.content).cmp(&(right.at, &right.content)));
    entries
        .into_iter()
        .map(|entry| {
            let mut number = entry.at.as_millis().saturating_mul(NUMBERS_PER_MILLI);
            while !taken.insert(number) {
                number = number.saturating_add(1);
            }
            (number, entry)
        })
        .collect()
}

/// The item as it was at an entry, as far as that is known.
fn recorded(restore: &Restore, number: u64, entry: &RestoredEntry) -> ConfigMeta {
    let mut meta = plan::restored(restore, entry.at, number);
    meta.md5 = Md5::of(&entry.content);
    meta.bytes = entry.content.len() as u64;
    meta.encrypted_data_key = entry.encrypted_data_key.as_str().into();
    meta.modified = entry.at;
    meta.version = ContentVersion(number);
    meta
}
