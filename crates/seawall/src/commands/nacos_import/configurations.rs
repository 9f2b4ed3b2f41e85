//! Configuration.

use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{AT_ONCE, Importer, settle};
use crate::{
    api::import::{ImportOutcome, ImportedConfiguration},
    commands::progress,
    exit::Failure,
    migrate::{ConfigurationForm, ItemName},
};

/// What became of one configuration.
#[derive(Default)]
pub(super) struct Outcomes {
    pub(super) item: Option<ImportOutcome>,
    pub(super) grays: Vec<ImportOutcome>,
    /// History entries that were copied.
    pub(super) entries: usize,
    pub(super) left_behind: Vec<String>,
}

impl Outcomes {
    /// Notes that something of the configuration is not brought along.
    pub(super) fn leave(&mut self, namespace: &str, name: &ItemName, what: &str) {
        self.left_behind.push(format!("{}: {what}", named(namespace, name)));
    }
}

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
                settle(result, || named(namespace, &name))
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        bar.finish_and_clear();
        for result in results {
            match result {
                Ok(outcomes) => self.count_configuration(outcomes),
                Err(failure) => self.report.failures.push(failure),
            }
        }
        Ok(())
    }

    fn count_configuration(&mut self, outcomes: Outcomes) {
        let report = &mut self.report;
        outcomes.item.into_iter().for_each(|outcome| report.configurations.add(outcome));
        outcomes.grays.into_iter().for_each(|outcome| report.gray_releases.add(outcome));
        report.history += outcomes.entries;
        report.left_behind.extend(outcomes.left_behind);
    }

    /// Copies one configuration that is not here yet, its history and its gray releases
    /// before it: an import that broke off is finished by the next one, and a release
    /// that was ended here does not come back.
    async fn configuration(&self, namespace: &str, name: &ItemName) -> Result<Outcomes, Failure> {
        let mut outcomes = Outcomes::default();
        let Some(item) = self.source.configuration(namespace, name).await? else {
            // It went away meanwhile.
            return Ok(outcomes);
        };
        let mut body = imported(namespace, item);
        let found = self.would_put("/api/v1/import/configuration", &body).await?;
        if found == ImportOutcome::Copied {
            let recorded = self.history(namespace, name, &body, &mut outcomes).await?;
            self.grays(namespace, name, &body, &recorded, &mut outcomes).await?;
            body.has_history = outcomes.entries > 0;
        }
        outcomes.item = Some(match found {
            ImportOutcome::Copied => self.put("/api/v1/import/configuration", &body).await?,
            found => found,
        });
        Ok(outcomes)
    }
}

pub(super) fn named(namespace: &str, name: &ItemName) -> String {
    format!("{namespace} {} {}", name.group, name.data_id)
}

fn imported(namespace: &str, item: ConfigurationForm) -> ImportedConfiguration {
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
        has_history: false,
        gray: None,
    }
}
