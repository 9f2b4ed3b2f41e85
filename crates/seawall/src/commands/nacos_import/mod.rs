//! `seawall nacos import`.

mod configurations;
mod grays;
mod history;
mod report;
mod services;

use reqwest::Method;
use serde::Serialize;

use self::report::Report;
use super::{PUBLIC, canonical};
use crate::{
    api::import::{ImportOutcome, ImportReply, ImportedNamespace},
    cli::ImportArgs,
    client::Session,
    exit::Failure,
    migrate::{NamespaceForm, Source},
    runtime,
};

/// Items copied at the same time.
const AT_ONCE: usize = 8;

pub(super) fn run(args: ImportArgs) -> Result<(), Failure> {
    let report = runtime::block_on(import(&args))?;
    if args.json {
        println!("{}", serde_json::to_string(&report).map_err(anyhow::Error::from)?);
    } else {
        report.print();
    }
    match report.failures.as_slice() {
        [] => Ok(()),
        failures => Err(Failure::Partial(format!(
            "{} could not be copied; run the same command again for them",
            failures.len()
        ))),
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
    let source = Source::open(&args.from, login, args.source_tls()).await?;
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

    async fn put(&self, path: &str, body: &impl Serialize) -> Result<ImportOutcome, Failure> {
        self.send(path, body, self.args.dry_run).await
    }

    /// What [`Importer::put`] would come to.
    async fn would_put(&self, path: &str, body: &impl Serialize) -> Result<ImportOutcome, Failure> {
        self.send(path, body, true).await
    }

    async fn send(
        &self,
        path: &str,
        body: &impl Serialize,
        dry_run: bool,
    ) -> Result<ImportOutcome, Failure> {
        let request =
            self.target.request(Method::POST, path).query(&[("dryRun", dry_run)]).json(body);
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

fn same_id(left: &str, right: &str) -> bool {
    canonical(left) == canonical(right)
}
