//! Export, import and clone.

use std::sync::Arc;

use seawall_store::Unavailable;

use super::open::ConfigService;
use crate::{
    ArchiveError, CloneItem, ConfigId, ConfigKey, ConfigMeta, Export, ExportPart, Exported,
    ExportedPart, Import, Imported, Publish, PublishError, SamePolicy,
    archive::{
        pack::Packer,
        unpack::{ArchivedItem, unpack},
    },
    search::glob,
};

impl ConfigService {
    /// Exports items as a zip file, contents in the clear unless the client
    /// encrypted them. Gray releases and history are not exported, as in Nacos. What
    /// does not fit into one archive is refused; [`ConfigService::export_part`] takes
    /// several.
    pub async fn export(&self, export: &Export) -> Result<Exported, ArchiveError> {
        let items = self.selected(export, None)?;
        let limits = self.core.settings.import;
        // The list of items is an entry too.
        if items.len() >= limits.entries_max {
            let entries = items.len();
            return Err(ArchiveError::TooManyEntries { entries, max: limits.entries_max });
        }
        let mut left = limits.unpacked_bytes_max;
        let mut packer = Packer::new(export.form);
        for meta in items {
            // Removed since: not exported.
            let Some(answer) = self.current(&meta).await? else { continue };
            let max = limits.unpacked_bytes_max;
            left = left
                .checked_sub(answer.content.len() as u64)
                .ok_or(ArchiveError::TooLarge { max })?;
            packer.add(&answer)?;
        }
        packer.finish()
    }

    /// Exports as many items as fit into one archive, oldest first, so that any number
    /// of them can be exported one archive after the other. An archive is held to the
    /// limits of imports whatever `part` allows; an item larger than `part` allows goes
    /// alone.
    pub async fn export_part(
        &self,
        export: &Export,
        part: ExportPart,
    ) -> Result<ExportedPart, ArchiveError> {
        let limits = self.core.settings.import;
        let items_max = part.items_max.min(limits.entries_max.saturating_sub(1)).max(1);
        let items = self.selected(export, part.after)?;
        let mut packer = Packer::new(export.form);
        let (mut taken, mut bytes, mut last) = (0, 0_u64, None);
        for meta in items.iter().take(items_max) {
            if meta.bytes > limits.unpacked_bytes_max {
                return Err(ArchiveError::TooLarge { max: limits.unpacked_bytes_max });
            }
            bytes = bytes.saturating_add(meta.bytes);
            if taken > 0 && bytes > part.bytes_max.min(limits.unpacked_bytes_max) {
                break;
            }
            // Removed since: not exported.
            if let Some(answer) = self.current(meta).await? {
                packer.add(&answer)?;
            }
            taken += 1;
            last = Some(meta.id);
        }
        let left = items.len().saturating_sub(taken);
        Ok(ExportedPart { exported: packer.finish()?, left, next: last.filter(|_| left > 0) })
    }

    /// The items of an export after the one with the number `after`, oldest first.
    fn selected(
        &self,
        export: &Export,
        after: Option<ConfigId>,
    ) -> Result<Vec<Arc<ConfigMeta>>, Unavailable> {
        self.core.index.check_loaded()?;
        let said = |asked: &str, found: &str| asked.is_empty() || asked == found;
        let wanted = |meta: &ConfigMeta| {
            after.is_none_or(|after| meta.id > after)
                && (export.ids.is_empty() || export.ids.contains(&meta.id))
                && (export.data_id.is_empty()
                    || glob::matches(&export.data_id, meta.key.data_id.as_str()))
                && said(&export.group, meta.key.group.as_str())
                && said(&export.app_name, &meta.about.app_name)
        };
        Ok(self.core.index.items(&export.namespace, wanted))
    }

    /// Imports an archive in either of Nacos' forms. What cannot be read is refused
    /// before anything is written; items are then published one by one, and what
    /// became of each is told.
    pub async fn import(&self, zip: &[u8], import: &Import) -> Result<Imported, ArchiveError> {
        self.core.index.check_loaded()?;
        let unpacked = unpack(zip, &import.namespace, self.core.settings.import)?;
        if unpacked.items.is_empty() {
            return Err(ArchiveError::Empty);
        }
        let items = unpacked.items.into_iter().map(|item| from_archive(item, import)).collect();
        let mut imported = self.publish_all(items, import.policy).await?;
        imported.unrecognized = unpacked.unrecognized;
        Ok(imported)
    }

    /// Clones items into the namespace of `import`, with everything people wrote
    /// about them. What is not there is reported as failed.
    pub async fn clone_items(
        &self,
        items: &[CloneItem],
        import: &Import,
    ) -> Result<Imported, Unavailable> {
        let mut publishes = Vec::with_capacity(items.len());
        let mut missing = Vec::new();
        for item in items {
            let Some(source) = self.get_formal(&item.from).await? else {
                missing.push((item.from.clone(), PublishError::NotFound));
                continue;
            };
            let key = ConfigKey {
                namespace: import.namespace.clone(),
                group: item.group.clone().unwrap_or_else(|| item.from.group.clone()),
                data_id: item.data_id.clone().unwrap_or_else(|| item.from.data_id.clone()),
            };
            publishes.push(Publish {
                only_new: import.policy != SamePolicy::Overwrite,
                author: import.author.clone(),
                ..Publish::like(key, &source.meta, Arc::clone(&source.content))
            });
        }
        let mut imported = self.publish_all(publishes, import.policy).await?;
        imported.failed.extend(missing);
        Ok(imported)
    }

    async fn publish_all(
        &self,
        items: Vec<Publish>,
        policy: SamePolicy,
    ) -> Result<Imported, Unavailable> {
        let mut imported = Imported::default();
        let mut items = items.into_iter();
        while let Some(publish) = items.next() {
            let key = publish.key.clone();
            match self.publish_unchecked(publish).await {
                Ok(_) => imported.done.push(key),
                Err(PublishError::Exists) if policy == SamePolicy::Skip => {
                    imported.skipped.push(key);
                }
                Err(PublishError::Exists) => {
                    imported.failed.push((key, PublishError::Exists));
                    imported.skipped.extend(items.map(|rest| rest.key));
                    break;
                }
                // The store went away before anything was imported: say so plainly.
                Err(PublishError::Unavailable(reason)) if imported.done.is_empty() => {
                    return Err(reason);
                }
                Err(refused) => imported.failed.push((key, refused)),
            }
        }
        Ok(imported)
    }
}

fn from_archive(item: ArchivedItem, import: &Import) -> Publish {
    Publish {
        only_new: import.policy != SamePolicy::Overwrite,
        content_type: item.content_type,
        encrypted_data_key: item.encrypted_data_key,
        app_name: item.app_name,
        description: item.description,
        tags: item.tags,
        author: import.author.clone(),
        ..Publish::new(item.key, item.content)
    }
}
