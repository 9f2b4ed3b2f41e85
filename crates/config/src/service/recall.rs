//! History of items.

use std::sync::Arc;

use seawall_store::{KeyRange, Unavailable};

use super::open::ConfigService;
use crate::{
    Author, ConfigKey, ConfigMeta, Diff, HistoryDetail, HistoryEntry, HistoryError, HistoryId,
    HistoryOperation, PageOf, Paged, Publish,
    history::diff,
    model::meta::ContentVersion,
    stored::{convert, keys},
};

/// Entries read at once.
const PAGE: usize = 500;

/// An entry, and the item as it recorded it.
type Recorded = (HistoryEntry, ConfigMeta);

impl ConfigService {
    /// History of an item and its gray releases, newest first.
    pub async fn history(
        &self,
        key: &ConfigKey,
        page: PageOf,
    ) -> Result<Paged<HistoryEntry>, Unavailable> {
        let all = self.entries(key).await?;
        let total = all.len();
        let items = all.into_iter().map(|(entry, _)| entry).skip(page.skip()).take(page.size());
        Ok(Paged { total, items: items.collect() })
    }

    /// One change with the content it recorded.
    pub async fn history_detail(
        &self,
        key: &ConfigKey,
        id: HistoryId,
    ) -> Result<HistoryDetail, HistoryError> {
        let (entry, _) = self.entry(key, id).await?;
        let content = self.recorded_content(key, entry.version).await?;
        Ok(HistoryDetail { entry, content })
    }

    /// The change before `id`, of the same item or gray release.
    pub async fn history_previous(
        &self,
        key: &ConfigKey,
        id: HistoryId,
    ) -> Result<HistoryDetail, HistoryError> {
        let all = self.entries(key).await?;
        let (this, _) = find(&all, id)?;
        let before = |(entry, _): &&Recorded| entry.id < id && entry.gray == this.gray;
        let (entry, _) = all.iter().find(before).ok_or(HistoryError::NotFound)?;
        let content = self.recorded_content(key, entry.version).await?;
        Ok(HistoryDetail { entry: entry.clone(), content })
    }

    /// What a change changed: from what was there before to what it left.
    pub async fn history_diff(&self, key: &ConfigKey, id: HistoryId) -> Result<Diff, HistoryError> {
        let all = self.entries(key).await?;
        let (this, _) = find(&all, id)?;
        let recorded = self.recorded_content(key, this.version).await?;
        let nothing = || Arc::from("");
        let (before, after) = match this.operation {
            HistoryOperation::Insert => (nothing(), recorded),
            HistoryOperation::Delete => (recorded, nothing()),
            HistoryOperation::Update => {
                let after = self.version_after(&all, this);
                (recorded, self.recorded_content(key, after.ok_or(HistoryError::NotFound)?).await?)
            }
        };
        tokio::task::spawn_blocking(move || diff::diff(before, after))
            .await
            .map_err(|error| HistoryError::Unavailable(Unavailable { reason: error.to_string() }))
    }

    /// Undoes everything from `id` on: what it records becomes current again, with
    /// type, description and gray rule; undoing a creation removes. Is itself a
    /// change that history records.
    pub async fn rollback(
        &self,
        key: &ConfigKey,
        id: HistoryId,
        author: Author,
    ) -> Result<(), HistoryError> {
        let (entry, recorded) = self.entry(key, id).await?;
        if entry.operation == HistoryOperation::Insert {
            self.remove(key, entry.gray.as_ref(), author).await?;
            return Ok(());
        }
        let content = self.recorded_content(key, entry.version).await?;
        let gray = recorded.gray.as_deref().cloned();
        let publish = Publish { gray, author, ..Publish::like(key.clone(), &recorded, content) };
        self.publish_unchecked(publish).await?;
        Ok(())
    }

    /// What `this` update left: what the next change of the same item found, or,
    /// if there was none, what is current.
    fn version_after(
        &self,
        newest_first: &[Recorded],
        this: &HistoryEntry,
    ) -> Option<ContentVersion> {
        let after = |(entry, _): &&Recorded| entry.id > this.id && entry.gray == this.gray;
        match newest_first.iter().rfind(after) {
            Some((next, _)) => Some(next.version),
            None => {
                let slot = self.core.index.slot(&this.key);
                slot.target(this.gray.as_ref()).map(|meta| meta.version)
            }
        }
    }

    /// All entries of an item, newest first. Their number is bounded by the settings.
    async fn entries(&self, key: &ConfigKey) -> Result<Vec<Recorded>, Unavailable> {
        let snapshot = self.core.store.snapshot().await?;
        let mut entries = Vec::new();
        let mut rest = Some(KeyRange::prefix(&keys::history_of(key)));
        while let Some(range) = rest {
            let page = snapshot.scan_back(&range, PAGE).await?;
            for pair in page.pairs {
                let Some((key, id)) = keys::history_place(&pair.key) else { continue };
                entries.push(convert::decode_history(key, id, &pair.value).map_err(unreadable)?);
            }
            rest = page.rest;
        }
        Ok(entries)
    }

    async fn entry(&self, key: &ConfigKey, id: HistoryId) -> Result<Recorded, HistoryError> {
        let snapshot = self.core.store.snapshot().await?;
        let pair = snapshot.get(&keys::history(key, id)).await?.ok_or(HistoryError::NotFound)?;
        Ok(convert::decode_history(key.clone(), id, &pair.value).map_err(unreadable)?)
    }

    async fn recorded_content(
        &self,
        key: &ConfigKey,
        version: ContentVersion,
    ) -> Result<Arc<str>, HistoryError> {
        self.core.content(key, version).await?.ok_or(HistoryError::NotFound)
    }
}

fn find(all: &[Recorded], id: HistoryId) -> Result<&Recorded, HistoryError> {
    all.iter().find(|(entry, _)| entry.id == id).ok_or(HistoryError::NotFound)
}

fn unreadable(error: convert::Unreadable) -> Unavailable {
    Unavailable { reason: error.to_string() }
}
