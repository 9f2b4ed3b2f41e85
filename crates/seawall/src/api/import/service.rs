//! Services and their persistent instances from elsewhere.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Query, State},
};
use seawall_registry::{
    ClusterDefinition, ClusterName, HealthChecker, Instance, InstanceAddress, Registry, Secret,
    ServiceDefinition, ServiceKey, ServiceUpdate, WriteError,
};
use seawall_topology::{Labels, Namespace};
use serde::{Deserialize, Deserializer, Serialize};

use super::{ImportOutcome, ImportQuery, ImportReply, reply};
use crate::api::{ApiState, admission::Writer, error::ApiError};

/// A service with what is declared of it and of its clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImportedService {
    pub(crate) namespace: String,
    pub(crate) group: String,
    pub(crate) service: String,
    pub(crate) protect_threshold: f32,
    pub(crate) metadata: Labels,
    /// A selector in our text form; empty for none.
    pub(crate) selector: String,
    /// Whether its instances are ephemeral, if that is known.
    pub(crate) ephemeral: Option<bool>,
    pub(crate) clusters: BTreeMap<String, ImportedCluster>,
}

/// What is declared of a cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImportedCluster {
    pub(crate) checker: ImportedChecker,
    /// The port that is checked; none for the instance's own.
    pub(crate) check_port: Option<u16>,
    pub(crate) metadata: Labels,
}

/// A health checker as Nacos writes it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "UPPERCASE")]
pub(crate) enum ImportedChecker {
    None,
    Tcp,
    #[serde(rename_all = "camelCase")]
    Http {
        #[serde(default, deserialize_with = "or_empty")]
        path: String,
        /// `name:value` pairs with `|` between them.
        #[serde(default, deserialize_with = "or_empty")]
        headers: String,
        #[serde(default = "ok")]
        expected_response_code: u16,
    },
    Mysql {
        #[serde(default, deserialize_with = "or_empty")]
        user: String,
        #[serde(default, deserialize_with = "or_empty")]
        pwd: String,
        #[serde(default, deserialize_with = "or_empty")]
        cmd: String,
    },
}

/// Without the password.
impl std::fmt::Debug for ImportedChecker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Tcp => "Tcp",
            Self::Http { .. } => "Http(…)",
            Self::Mysql { .. } => "Mysql(…)",
        })
    }
}

const fn ok() -> u16 {
    200
}

fn or_empty<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl From<ImportedChecker> for HealthChecker {
    fn from(checker: ImportedChecker) -> Self {
        match checker {
            ImportedChecker::None => Self::None,
            ImportedChecker::Tcp => Self::Tcp,
            ImportedChecker::Http { path, headers, expected_response_code } => Self::Http {
                path,
                headers: headers
                    .split('|')
                    .filter_map(|pair| pair.split_once(':'))
                    .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                    .collect(),
                expected_status: expected_response_code,
            },
            ImportedChecker::Mysql { user, pwd, cmd } => {
                Self::Mysql { user, password: Secret(pwd), statement: cmd }
            }
        }
    }
}

/// A persistent instance. Its service is imported before it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImportedInstance {
    pub(crate) namespace: String,
    pub(crate) group: String,
    pub(crate) service: String,
    pub(crate) ip: String,
    pub(crate) port: u16,
    pub(crate) cluster: String,
    pub(crate) weight: f64,
    pub(crate) enabled: bool,
    pub(crate) metadata: Labels,
}

pub(crate) async fn service(
    _: Writer,
    State(state): State<ApiState>,
    Query(query): Query<ImportQuery>,
    Json(asked): Json<ImportedService>,
) -> Result<Json<ImportReply>, ApiError> {
    let registry = &state.0.parts.registry;
    let service = key_of(&asked.namespace, &asked.group, &asked.service)?;
    let wanted = definition_of(asked)?;
    let present = registry.service(&service).map(|detail| detail.definition);
    let nothing_declared = present.as_ref().is_some_and(|it| same(it, &Default::default()));
    match &present {
        Some(present) if same(present, &wanted) => return Ok(reply(ImportOutcome::Same)),
        Some(_) if !nothing_declared => return Ok(reply(ImportOutcome::Kept)),
        Some(_) | None => {}
    }
    if !query.dry_run {
        declare(registry, service, wanted, present.is_some()).await.map_err(refusal)?;
    }
    Ok(reply(ImportOutcome::Copied))
}

/// Declares the service; one that has instances already gets its parts one by one.
async fn declare(
    registry: &Registry,
    service: ServiceKey,
    wanted: ServiceDefinition,
    there: bool,
) -> Result<(), WriteError> {
    if !there {
        return registry.create_service(service, wanted).await;
    }
    for (cluster, definition) in wanted.clusters {
        registry.update_cluster(&service, cluster, definition).await?;
    }
    let update = ServiceUpdate {
        metadata: Some(wanted.metadata),
        protect_threshold: Some(wanted.protect_threshold),
        selector: Some(wanted.selector),
    };
    registry.update_service(&service, update).await
}

/// Whether two definitions do the same, whoever's instances they are for.
fn same(left: &ServiceDefinition, right: &ServiceDefinition) -> bool {
    let clusters = |definition: &ServiceDefinition| {
        let declared = definition.clusters.clone().into_iter();
        declared.filter(|(_, it)| *it != ClusterDefinition::default()).collect::<BTreeMap<_, _>>()
    };
    left.metadata == right.metadata
        && left.protect_threshold == right.protect_threshold
        && left.selector == right.selector
        && clusters(left) == clusters(right)
}

fn key_of(namespace: &str, group: &str, service: &str) -> Result<ServiceKey, ApiError> {
    let namespace: Namespace = namespace.parse().map_err(ApiError::invalid)?;
    ServiceKey::parse(namespace, group, service).map_err(ApiError::invalid)
}

fn definition_of(asked: ImportedService) -> Result<ServiceDefinition, ApiError> {
    let mut clusters = BTreeMap::new();
    for (name, cluster) in asked.clusters {
        let definition = ClusterDefinition {
            checker: cluster.checker.into(),
            check_port: cluster.check_port,
            metadata: cluster.metadata,
        };
        clusters.insert(name.parse::<ClusterName>().map_err(ApiError::invalid)?, definition);
    }
    Ok(ServiceDefinition {
        metadata: asked.metadata,
        protect_threshold: asked.protect_threshold,
        selector: asked.selector.parse().map_err(ApiError::invalid)?,
        ephemeral: asked.ephemeral,
        clusters,
    })
}

pub(crate) async fn instance(
    _: Writer,
    State(state): State<ApiState>,
    Query(query): Query<ImportQuery>,
    Json(asked): Json<ImportedInstance>,
) -> Result<Json<ImportReply>, ApiError> {
    let registry = &state.0.parts.registry;
    let service = key_of(&asked.namespace, &asked.group, &asked.service)?;
    let wanted = instance_of(&asked)?;
    let address = InstanceAddress::new(asked.ip.as_str(), asked.port, wanted.cluster.clone());
    if let Some(present) = registry.instance(&service, &address) {
        let same = present.weight == wanted.weight
            && present.enabled == wanted.enabled
            && present.metadata == wanted.metadata;
        return Ok(reply(if same { ImportOutcome::Same } else { ImportOutcome::Kept }));
    }
    if !query.dry_run {
        registry.register_persistent(service, wanted).await.map_err(refusal)?;
    }
    Ok(reply(ImportOutcome::Copied))
}

fn instance_of(asked: &ImportedInstance) -> Result<Instance, ApiError> {
    let mut instance = Instance::new(asked.ip.as_str(), asked.port);
    if !asked.cluster.is_empty() {
        instance.cluster = asked.cluster.parse::<ClusterName>().map_err(ApiError::invalid)?;
    }
    instance.weight = asked.weight;
    instance.enabled = asked.enabled;
    instance.ephemeral = false;
    instance.metadata = asked.metadata.clone().into();
    Ok(instance)
}

fn refusal(error: WriteError) -> ApiError {
    match error {
        WriteError::Store(_) | WriteError::Unavailable(_) | WriteError::Conflict { .. } => {
            ApiError::unavailable(error)
        }
        refused => ApiError::invalid(refused),
    }
}
