//! Services and their persistent instances.

use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{AT_ONCE, Importer, settle};
use crate::{
    api::import::{
        ImportOutcome, ImportedChecker, ImportedCluster, ImportedInstance, ImportedService,
    },
    commands::progress,
    exit::Failure,
    migrate::{DeclaredCluster, DeclaredService, HostForm, ServiceName},
};

/// What became of one service.
#[derive(Default)]
struct Outcomes {
    service: Option<ImportOutcome>,
    instances: Vec<ImportOutcome>,
    left_behind: Vec<String>,
    /// What of it could not be copied.
    failures: Vec<String>,
}

impl Importer<'_> {
    pub(super) async fn services(&mut self, namespace: &str) -> Result<(), Failure> {
        let names = self.source.services(namespace).await?;
        let bar = progress::bar(names.len(), format!("{namespace}: services"), self.args.json);
        let (this, counted) = (&*self, &bar);
        let results: Vec<_> = stream::iter(names)
            .map(|name| async move {
                let result = this.service(namespace, &name).await;
                counted.inc(1);
                settle(result, || named(namespace, &name))
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        bar.finish_and_clear();
        for result in results {
            match result {
                Ok(outcomes) => self.count_service(outcomes),
                Err(failure) => self.report.failures.push(failure),
            }
        }
        Ok(())
    }

    fn count_service(&mut self, outcomes: Outcomes) {
        let report = &mut self.report;
        outcomes.service.into_iter().for_each(|outcome| report.services.add(outcome));
        outcomes.instances.into_iter().for_each(|outcome| report.instances.add(outcome));
        report.left_behind.extend(outcomes.left_behind);
        report.failures.extend(outcomes.failures);
    }

    /// Copies what is declared of a service, and its persistent instances; ephemeral
    /// ones come with their clients, and a service of nothing else with them.
    async fn service(&self, namespace: &str, name: &ServiceName) -> Result<Outcomes, Failure> {
        let mut outcomes = Outcomes::default();
        let Some(declared) = self.source.declared(namespace, name).await? else {
            return Ok(outcomes);
        };
        let mut hosts = Vec::new();
        for cluster in declared.clusters.keys() {
            hosts.extend(self.source.instances(namespace, name, cluster).await?);
        }
        let (ephemeral, persistent): (Vec<_>, Vec<_>) =
            hosts.into_iter().partition(|host: &HostForm| host.ephemeral);
        let body = imported(namespace, name, &declared, &mut outcomes.left_behind);
        let lasting = ephemeral.is_empty() && declared.ephemeral != Some(true);
        if persistent.is_empty() && !lasting && nothing_declared(&body) {
            return Ok(outcomes);
        }
        let kind = if persistent.is_empty() { declared.ephemeral } else { Some(false) };
        let body = ImportedService { ephemeral: kind, ..body };
        outcomes.service = Some(self.put("/api/v1/import/service", &body).await?);
        for host in persistent {
            let what = format!("{} instance {}:{}", named(namespace, name), host.ip, host.port);
            let body = imported_instance(namespace, name, host);
            match settle(self.put("/api/v1/import/instance", &body).await, || what)? {
                Ok(outcome) => outcomes.instances.push(outcome),
                Err(failure) => outcomes.failures.push(failure),
            }
        }
        Ok(outcomes)
    }
}

fn named(namespace: &str, name: &ServiceName) -> String {
    format!("{namespace} service {} {}", name.group, name.name)
}

fn nothing_declared(body: &ImportedService) -> bool {
    let plain = |cluster: &ImportedCluster| {
        cluster.checker == ImportedChecker::Tcp
            && cluster.check_port.is_none()
            && cluster.metadata.is_empty()
    };
    body.protect_threshold == 0.0
        && body.metadata.is_empty()
        && body.selector.is_empty()
        && body.clusters.values().all(plain)
}

/// What is to be sent of a service; what cannot be said in it goes to `left_behind`.
fn imported(
    namespace: &str,
    name: &ServiceName,
    declared: &DeclaredService,
    left_behind: &mut Vec<String>,
) -> ImportedService {
    let mut leave = |what: String| left_behind.push(format!("{}: {what}", named(namespace, name)));
    let selector = match declared.selector.expression() {
        Ok(expression) => expression.to_owned(),
        Err(unknown) => {
            leave(unknown);
            String::new()
        }
    };
    let clusters = declared.clusters.iter();
    let clusters = clusters
        .map(|(cluster, it)| (cluster.clone(), imported_cluster(cluster, it, &mut leave)))
        .collect();
    ImportedService {
        namespace: namespace.to_owned(),
        group: name.group.clone(),
        service: name.name.clone(),
        protect_threshold: declared.protect_threshold,
        metadata: declared.metadata.clone(),
        selector,
        ephemeral: None,
        clusters,
    }
}

fn imported_cluster(
    name: &str,
    declared: &DeclaredCluster,
    leave: &mut impl FnMut(String),
) -> ImportedCluster {
    let checker = match &declared.checker {
        // Nothing was said of it: Nacos checks by TCP then.
        serde_json::Value::Null => ImportedChecker::Tcp,
        // Nacos itself takes a checker it does not know as none.
        said => serde_json::from_value(said.clone()).unwrap_or_else(|_| {
            let kind = said.get("type").and_then(|kind| kind.as_str()).unwrap_or_default();
            leave(format!("health checker `{kind}` of cluster {name}; it is not checked now"));
            ImportedChecker::None
        }),
    };
    ImportedCluster {
        checker,
        check_port: declared.check_port,
        metadata: declared.metadata.clone(),
    }
}

fn imported_instance(namespace: &str, name: &ServiceName, host: HostForm) -> ImportedInstance {
    ImportedInstance {
        namespace: namespace.to_owned(),
        group: name.group.clone(),
        service: name.name.clone(),
        ip: host.ip,
        port: host.port,
        cluster: host.cluster_name,
        weight: host.weight,
        enabled: host.enabled,
        metadata: host.metadata,
    }
}
