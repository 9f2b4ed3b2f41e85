//! `seawall nacos import`.

use std::fmt;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reqwest::Method;
use serde::Serialize;

use crate::{
    api::import::{
        ImportOutcome, ImportReply, ImportedConfiguration, ImportedHistory, ImportedInstance,
        ImportedNamespace,
    },
    cli::ImportArgs,
    client::Session,
    exit::Failure,
    migrate::{ConfigurationForm, HistoryForm, ItemName, NamespaceForm, ServiceName, Source},
    runtime,
};

/// Items copied at the same time.
const AT_ONCE: usize = 8;

/// What was done, and what was left alone because it was here already.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
struct Report {
    generation: String,
    dry_run: bool,
    namespaces: Count,
    configurations: Count,
    history: usize,
    instances: Count,
    failures: Vec<String>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
struct Count {
    found: usize,
    copied: usize,
    same: usize,
    kept: usize,
}

impl Count {
    fn add(&mut self, outcome: ImportOutcome) {
        self.found += 1;
        match outcome {
            ImportOutcome::Copied => self.copied += 1,
            ImportOutcome::Same => self.same += 1,
            ImportOutcome::Kept => self.kept += 1,
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { found, copied, same, kept } = self;
        write!(
            f,
            "{found} found, {copied} copied, {same} here already, {kept} kept as they are here"
        )
    }
}

pub(super) fn run(args: ImportArgs) -> Result<(), Failure> {
    let report = runtime::block_on(import(&args))?;
    if args.json {
        println!("{}", serde_json::to_string(&report).map_err(anyhow::Error::from)?);
    } else {
        print(&report);
    }
    match report.failures.as_slice() {
        [] => Ok(()),
        failures => Err(Failure::Partial(format!(
            "{} could not be copied; run the same command again for them",
            failures.len()
        ))),
    }
}

fn print(report: &Report) {
    let dry = if report.dry_run { ", dry run: nothing was written" } else { "" };
    println!("source            API {}{dry}", report.generation);
    println!("namespaces        {}", report.namespaces);
    println!(
        "configurations    {} (with {} history entries)",
        report.configurations, report.history
    );
    println!("persistent inst.  {}", report.instances);
    for failure in &report.failures {
        println!("failed            {failure}");
    }
}

/// One import under way.
struct Importer<'a> {
    args: &'a ImportArgs,
    source: Source,
    target: Session,
    report: Report,
}

async fn import(args: &ImportArgs) -> Result<Report, Failure> {
    let login = args.from_username.as_deref().zip(args.from_password.as_deref());
    let source = Source::open(&args.from, login).await?;
    let target = Session::open(&args.server).await?;
    let report = Report {
        generation: source.generation().to_string(),
        dry_run: args.dry_run,
        ..Report::default()
    };
    let mut importer = Importer { args, source, target, report };
    for namespace in importer.namespaces().await? {
        importer.namespace(&namespace).await?;
    }
    Ok(importer.report)
}

impl Importer<'_> {
    /// The namespaces to copy; a named one that is not there is refused.
    async fn namespaces(&self) -> Result<Vec<NamespaceForm>, Failure> {
        let all = self.source.namespaces().await?;
        let wanted = &self.args.namespaces;
        let missing =
            wanted.iter().find(|id| !all.iter().any(|namespace| same_id(&namespace.id, id)));
        if let Some(id) = missing {
            return Err(Failure::Refused(format!("{} has no namespace `{id}`", self.args.from)));
        }
        let chosen = |namespace: &NamespaceForm| {
            wanted.is_empty() || wanted.iter().any(|id| same_id(&namespace.id, id))
        };
        Ok(all.into_iter().filter(chosen).collect())
    }

    async fn namespace(&mut self, namespace: &NamespaceForm) -> Result<(), Failure> {
        let id = canonical(&namespace.id).to_owned();
        if id != PUBLIC {
            let outcome = self.create_namespace(&id, namespace).await?;
            self.report.namespaces.add(outcome);
        }
        self.configurations(&id).await?;
        self.services(&id).await
    }

    async fn create_namespace(
        &self,
        id: &str,
        namespace: &NamespaceForm,
    ) -> Result<ImportOutcome, Failure> {
        let name = if namespace.name.is_empty() { id } else { &namespace.name };
        let body = ImportedNamespace {
            id: id.to_owned(),
            name: name.to_owned(),
            description: namespace.description.clone(),
        };
        self.put("/api/v1/import/namespace", &body).await
    }

    async fn configurations(&mut self, namespace: &str) -> Result<(), Failure> {
        let names = self.source.configurations(namespace).await?;
        let bar = progress(names.len(), format!("{namespace}: configurations"), self.args.json);
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

    async fn services(&mut self, namespace: &str) -> Result<(), Failure> {
        let names = self.source.services(namespace).await?;
        let bar = progress(names.len(), format!("{namespace}: services"), self.args.json);
        for name in names {
            let result = self.service(namespace, &name).await;
            bar.inc(1);
            match settle(result, || format!("{namespace} service {}", name.name))? {
                Ok(outcomes) => {
                    outcomes.into_iter().for_each(|outcome| self.report.instances.add(outcome))
                }
                Err(failure) => self.report.failures.push(failure),
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Copies the persistent instances of a service; ephemeral ones come with their clients.
    async fn service(
        &self,
        namespace: &str,
        name: &ServiceName,
    ) -> Result<Vec<ImportOutcome>, Failure> {
        let mut instances = self.source.instances(namespace, name).await?;
        instances.retain(|instance| !instance.ephemeral);
        if instances.is_empty() {
            return Ok(Vec::new());
        }
        let service = self.source.service(namespace, name).await?;
        let mut outcomes = Vec::with_capacity(instances.len());
        for instance in instances {
            let body = ImportedInstance {
                namespace: namespace.to_owned(),
                group: name.group.clone(),
                service: name.name.clone(),
                protect_threshold: service.protect_threshold,
                service_metadata: service.metadata.clone(),
                ip: instance.ip,
                port: instance.port,
                cluster: instance.cluster_name,
                weight: instance.weight,
                enabled: instance.enabled,
                metadata: instance.metadata,
            };
            outcomes.push(self.put("/api/v1/import/instance", &body).await?);
        }
        Ok(outcomes)
    }

    async fn put(&self, path: &str, body: &impl Serialize) -> Result<ImportOutcome, Failure> {
        let request = self
            .target
            .request(Method::POST, path)
            .query(&[("dryRun", self.args.dry_run)])
            .json(body);
        let reply: ImportReply = self.target.json(request).await?;
        Ok(reply.outcome)
    }
}

/// One thing that cannot be copied does not stop the others; a server that is
/// gone, or that lets nobody in, does.
fn settle<T>(
    result: Result<T, Failure>,
    what: impl FnOnce() -> String,
) -> Result<Result<T, String>, Failure> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(failure @ (Failure::Unreachable(_) | Failure::Unauthorised(_))) => Err(failure),
        Err(failure) => Ok(Err(format!("{}: {failure}", what()))),
    }
}

const PUBLIC: &str = "public";

fn canonical(id: &str) -> &str {
    if id.is_empty() { PUBLIC } else { id }
}

fn same_id(left: &str, right: &str) -> bool {
    canonical(left) == canonical(right)
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

fn progress(total: usize, what: String, hidden: bool) -> ProgressBar {
    let bar = ProgressBar::new(total as u64).with_message(what);
    if hidden {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    // The template is a constant; a wrong one would only cost the bar its looks.
    match ProgressStyle::with_template("{msg:32} {bar:30} {pos}/{len} {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
