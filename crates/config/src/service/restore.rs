//! Taking over items and their history from elsewhere.

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
/// Contents of history that are written in one commit, in bytes; a larger one is
/// written alone.
const COMMIT_BYTES: usize = 1 << 20;

impl ConfigService {
    /// What [`ConfigService::restore`] would do, without doing it.
    pub fn would_restore(&self, restore: &Restore) -> Result<Restored, Unavailable> {
        self.core.index.check_loaded()?;
        let publish = &restore.publish;
        let slot = self.core.index.slot(&publish.key);
        let gray = publish.gray.as_ref();
        let same = |present: &ConfigMeta| {
            present.md5 == Md5::of(&publish.content) && present.gray.as_deref() == gray
        };
        Ok(match slot.target(gray.map(|rule| &rule.name)) {
            None => Restored::Copied,
            Some(present) if same(present) => Restored::Same,
            Some(_) => Restored::Kept,
        })
    }

    /// Takes over an item or a gray release that is not here yet, with its times. What
    /// is here already stays as it is, so a restore can be repeated. Restore its
    /// history first: a restore that broke off has no item yet then, and is finished
    /// by the next one.
    pub async fn restore(&self, restore: Restore) -> Result<Restored, PublishError> {
        let settings = &self.core.settings;
        check::publish(&restore.publish, settings)?;
        let found = self.would_restore(&restore)?;
        if found != Restored::Copied {
            return Ok(found);
        }
        let key = &restore.publish.key;
        let name = restore.publish.gray.as_ref().map(|rule| &rule.name);
        let content = &restore.publish.content;
        let done = self
            .core
            .write(key, Some(content), |slot, now, number| {
                if slot.target(name).is_some() {
                    return Ok(None);
                }
                if name.is_some() && slot.grays.len() >= settings.gray_releases_max {
                    return Err(PublishError::TooManyGrays { max: settings.gray_releases_max });
                }
                Ok(Some(plan::restore(&restore, now, number)))
            })
            .await?;
        match done {
            Some(_) => Ok(Restored::Copied),
            // Somebody else published it meanwhile.
            None => Ok(self.would_restore(&restore)?),
        }
    }

    /// Takes over part of the history of an item that is not here yet; `of` is the
    /// item without its content, which its entries are described by. Returns whether
    /// they were taken: what is here already keeps its own history. The same entry
    /// restored twice is there once.
    pub async fn restore_history(
        &self,
        of: &Restore,
        entries: &[RestoredEntry],
    ) -> Result<bool, PublishError> {
        if self.meta(&of.publish.key)?.is_some() {
            return Ok(false);
        }
        let mut batch = Batch::new();
        let mut bytes = 0_usize;
        for entry in entries {
            if bytes > 0 && bytes.saturating_add(entry.content.len()) > COMMIT_BYTES {
                self.core.store.commit(std::mem::take(&mut batch)).await.map_err(refused)?;
                bytes = 0;
            }
            batch = self.with_entry(batch, of, entry)?;
            bytes = bytes.saturating_add(entry.content.len()).max(1);
        }
        if bytes > 0 {
            self.core.store.commit(batch).await.map_err(refused)?;
        }
        Ok(true)
    }

    fn with_entry(
        &self,
        batch: Batch,
        of: &Restore,
        entry: &RestoredEntry,
    ) -> Result<Batch, PublishError> {
        let key = &of.publish.key;
        let meta = recorded(of, entry);
        let sealed = self.core.seal(&meta, &entry.content)?;
        let number = HistoryId::new(meta.version.0);
        let recorded = convert::encode_history(entry.operation, &meta, entry.at, &entry.author);
        Ok(batch
            .put(keys::content(key, meta.version), sealed)
            .put(keys::history(key, number), recorded))
    }
}

/// The number of an entry, which follows from its time: it sorts among those recorded
/// here.
fn number(entry: &RestoredEntry) -> u64 {
    let first = entry.at.as_millis().saturating_mul(NUMBERS_PER_MILLI);
    first.saturating_add(u64::from(entry.ordinal))
}

/// The item as it was at an entry, as far as that is known.
fn recorded(of: &Restore, entry: &RestoredEntry) -> ConfigMeta {
    let number = number(entry);
    let mut meta = plan::restored(of, entry.at, number);
    meta.md5 = Md5::of(&entry.content);
    meta.bytes = entry.content.len() as u64;
    meta.encrypted_data_key = entry.encrypted_data_key.as_str().into();
    meta.modified = entry.at;
    meta.gray = entry.gray.clone().map(std::sync::Arc::new);
    meta.version = ContentVersion(number);
    meta
}
