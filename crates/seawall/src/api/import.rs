//! Taking over what another installation has. Everything here can be repeated:
//! what is here already stays as it is.

use axum::{
    Json,
    extract::{Query, State},
};
use seawall_clock::WallTime;
use seawall_config::{
    Author, ConfigKey, ContentType, HistoryOperation, Publish, PublishError, Restore, Restored,
    RestoredEntry,
};
use seawall_registry::{
    ClusterName, Instance, InstanceAddress, ServiceDefinition, ServiceKey, WriteError,
};
use seawall_resource::NamespaceError;
use seawall_topology::{Labels, Namespace};
use serde::{Deserialize, Serialize};

use super::{ApiState, admission::Writer, error::ApiError};

/// A configuration with its past, as it was elsewhere. Times are in milliseconds
/// since the epoch.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImportedConfiguration {
    pub(crate) namespace: String,
    pub(crate) group: String,
    pub(crate) data_id: String,
    pub(crate) content: String,
    pub(crate) content_type: String,
    pub(crate) app_name: String,
    pub(crate) description: String,
    pub(crate) usage: String,
    pub(crate) effect: String,
    pub(crate) schema: String,
    pub(crate) tags: Vec<String>,
    pub(crate) encrypted_data_key: String,
    pub(crate) created_ms: Option<u64>,
    pub(crate) modified_ms: Option<u64>,
    pub(crate) created_by: String,
    pub(crate) source_ip: String,
    pub(crate) history: Vec<ImportedHistory>,
}

/// One entry of its history.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImportedHistory {
    pub(crate) content: String,
    /// `I`, `U` or `D`, as in Nacos.
    pub(crate) operation: String,
    pub(crate) author: String,
    pub(crate) source_ip: String,
    pub(crate) encrypted_data_key: String,
    pub(crate) modified_ms: Option<u64>,
}

/// A namespace.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImportedNamespace {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
}

/// A persistent instance, with what is set for its service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImportedInstance {
    pub(crate) namespace: String,
    pub(crate) group: String,
    pub(crate) service: String,
    pub(crate) protect_threshold: f32,
    pub(crate) service_metadata: Labels,
    pub(crate) ip: String,
    pub(crate) port: u16,
    pub(crate) cluster: String,
    pub(crate) weight: f64,
    pub(crate) enabled: bool,
    pub(crate) metadata: Labels,
}

/// What came of one import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ImportOutcome {
    /// It was not here and is now, or would be after a dry run.
    Copied,
    /// It is here, and the same.
    Same,
    /// It is here, is different, and was kept.
    Kept,
}

/// The answer to an import.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ImportReply {
    pub(crate) outcome: ImportOutcome,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportQuery {
    #[serde(default)]
    dry_run: bool,
}

pub(crate) async fn configuration(
    _: Writer,
    State(state): State<ApiState>,
    Query(query): Query<ImportQuery>,
    Json(item): Json<ImportedConfiguration>,
) -> Result<Json<ImportReply>, ApiError> {
    let configs = &state.0.parts.configs;
    let restore = restore_of(item)?;
    let restored = if query.dry_run {
        configs.would_restore(&restore).map_err(ApiError::unavailable)?
    } else {
        configs.restore(restore).await.map_err(|error| match error {
            PublishError::Unavailable(_)
            | PublishError::Unknown { .. }
            | PublishError::Contended => ApiError::unavailable(error),
            refused => ApiError::invalid(refused),
        })?
    };
    Ok(reply(match restored {
        Restored::Copied => ImportOutcome::Copied,
        Restored::Same => ImportOutcome::Same,
        Restored::Kept => ImportOutcome::Kept,
    }))
}

fn restore_of(item: ImportedConfiguration) -> Result<Restore, ApiError> {
    let key =
        ConfigKey::parse(&item.namespace, &item.group, &item.data_id).map_err(ApiError::invalid)?;
    let publish = Publish {
        content_type: ContentType::parse(&item.content_type),
        encrypted_data_key: item.encrypted_data_key,
        app_name: Some(item.app_name),
        description: Some(item.description),
        tags: Some(item.tags),
        schema: Some(item.schema),
        usage: Some(item.usage),
        effect: Some(item.effect),
        author: Author { user: item.created_by, ip: item.source_ip },
        ..Publish::new(key, item.content)
    };
    let history = item.history.into_iter().filter_map(entry_of).collect();
    let time = |millis: Option<u64>| millis.map(WallTime::from_millis);
    Ok(Restore {
        publish,
        created: time(item.created_ms),
        modified: time(item.modified_ms),
        history,
    })
}

/// An entry; one without a time cannot be placed in a history.
fn entry_of(entry: ImportedHistory) -> Option<RestoredEntry> {
    Some(RestoredEntry {
        content: entry.content.into(),
        encrypted_data_key: entry.encrypted_data_key,
        operation: match entry.operation.as_str() {
            "I" => HistoryOperation::Insert,
            "D" => HistoryOperation::Delete,
            _ => HistoryOperation::Update,
        },
        at: WallTime::from_millis(entry.modified_ms?),
        author: Author { user: entry.author, ip: entry.source_ip },
    })
}

pub(crate) async fn namespace(
    _: Writer,
    State(state): State<ApiState>,
    Query(query): Query<ImportQuery>,
    Json(asked): Json<ImportedNamespace>,
) -> Result<Json<ImportReply>, ApiError> {
    let namespaces = &state.0.parts.namespaces;
    let id: Namespace = asked.id.parse().map_err(ApiError::invalid)?;
    let refusal = |error: NamespaceError| match error {
        NamespaceError::Invalid(_) => ApiError::invalid(error),
        other => ApiError::unavailable(other),
    };
    if let Some(present) = namespaces.get(&id).await.map_err(refusal)? {
        let same = present.show_name == asked.name && present.description == asked.description;
        return Ok(reply(if same { ImportOutcome::Same } else { ImportOutcome::Kept }));
    }
    if !query.dry_run {
        namespaces.create(&id, &asked.name, &asked.description).await.map_err(refusal)?;
    }
    Ok(reply(ImportOutcome::Copied))
}

pub(crate) async fn instance(
    _: Writer,
    State(state): State<ApiState>,
    Query(query): Query<ImportQuery>,
    Json(asked): Json<ImportedInstance>,
) -> Result<Json<ImportReply>, ApiError> {
    let registry = &state.0.parts.registry;
    let namespace: Namespace = asked.namespace.parse().map_err(ApiError::invalid)?;
    let service =
        ServiceKey::parse(namespace, &asked.group, &asked.service).map_err(ApiError::invalid)?;
    let wanted = instance_of(&asked)?;
    let address = InstanceAddress::new(asked.ip.as_str(), asked.port, wanted.cluster.clone());
    if let Some(present) = registry.instance(&service, &address) {
        let same = present.weight == wanted.weight
            && present.enabled == wanted.enabled
            && present.metadata == wanted.metadata;
        return Ok(reply(if same { ImportOutcome::Same } else { ImportOutcome::Kept }));
    }
    if query.dry_run {
        return Ok(reply(ImportOutcome::Copied));
    }
    let refusal = |error: WriteError| match error {
        WriteError::Store(_) | WriteError::Unavailable(_) | WriteError::Conflict { .. } => {
            ApiError::unavailable(error)
        }
        refused => ApiError::invalid(refused),
    };
    let definition = ServiceDefinition {
        metadata: asked.service_metadata,
        protect_threshold: asked.protect_threshold,
        ephemeral: Some(false),
        ..ServiceDefinition::default()
    };
    match registry.create_service(service.clone(), definition).await {
        Ok(()) | Err(WriteError::Exists { .. }) => {}
        Err(error) => return Err(refusal(error)),
    }
    registry.register_persistent(service, wanted).await.map_err(refusal)?;
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

fn reply(outcome: ImportOutcome) -> Json<ImportReply> {
    Json(ImportReply { outcome })
}
