//! Configuration with its history.

use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{AT_ONCE, Importer, settle};
use crate::{
    api::import::{ImportOutcome, ImportedConfiguration, ImportedHistory},
    commands::progress,
    exit::Failure,
    migrate::{ConfigurationForm, HistoryForm, ItemName},
};

impl Importer<'_> {
    pub(super) async fn configurations(&mut self, namespace: &str) -> Result<(), Failure> {
        let names = self.source.configurations(namespace).await?;
        let bar =
            progress::bar(names.len(), format!("{namespace}: configurations"), self.args.json);
        let (this, counted) = (&*self, &bar);
        let results: Vec<_> = stream::iter(names)
            .map(|name| async move {
                let result = this.configuration(namespace, &name).await;
                counted.inc(1);
                settle(result, || format!("{namespace} {} {}", name.group, name.data_id))
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        bar.finish_and_clear();
        for result in results {
            match result {
                Ok(Some((outcome, entries))) => {
                    self.report.configurations.add(outcome);
                    self.report.history += entries;
                }
                Ok(None) => {}
                Err(failure) => self.report.failures.push(failure),
            }
        }
        Ok(())
    }

    /// Copies one configuration; `None` if it went away meanwhile.
    async fn configuration(
        &self,
        namespace: &str,
        name: &ItemName,
    ) -> Result<Option<(ImportOutcome, usize)>, Failure> {
        let Some(item) = self.source.configuration(namespace, name).await? else {
            return Ok(None);
        };
        let history = if self.args.no_history {
            Vec::new()
        } else {
            self.source.history(namespace, name).await?
        };
        let body = imported(namespace, item, history);
        let entries = body.history.len();
        let outcome = self.put("/api/v1/import/configuration", &body).await?;
        let entries = if outcome == ImportOutcome::Copied { entries } else { 0 };
        Ok(Some((outcome, entries)))
    }
}

fn imported(
    namespace: &str,
    item: ConfigurationForm,
    history: Vec<HistoryForm>,
) -> ImportedConfiguration {
    ImportedConfiguration {
        namespace: namespace.to_owned(),
        group: item.group,
        data_id: item.data_id,
        content: item.content,
        content_type: item.content_type,
        app_name: item.app_name,
        description: item.description,
        usage: item.usage,
        effect: item.effect,
        schema: item.schema,
        tags: item
            .config_tags
            .split(',')
            .map(str::trim)
            .filter(|tag| !tag.is_empty())
            .map(str::to_owned)
            .collect(),
        encrypted_data_key: item.encrypted_data_key,
        created_ms: item.create_time,
        modified_ms: item.modify_time,
        created_by: item.create_user,
        source_ip: item.create_ip,
        // Gray releases are not copied, so neither is what became of them.
        history: history
            .into_iter()
            .filter(|entry| entry.gray_name.is_empty())
            .map(imported_history)
            .collect(),
    }
}

fn imported_history(entry: HistoryForm) -> ImportedHistory {
    ImportedHistory {
        content: entry.content,
        operation: entry.op_type.trim().to_owned(),
        author: entry.src_user,
        source_ip: entry.src_ip,
        encrypted_data_key: entry.encrypted_data_key,
        modified_ms: entry.modify_time,
    }
}
