//! Taking over what another installation has. Everything here can be repeated:
//! what is here already stays as it is.

use axum::{
    Json,
    extract::{Query, State},
};
use seawall_clock::WallTime;
use seawall_config::{
    Author, ConfigKey, ContentType, GrayRule, GrayRuleError, HistoryOperation, Publish,
    PublishError, Restore, Restored, RestoredEntry, RestoredGray,
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
    /// Its gray releases.
    #[serde(default)]
    pub(crate) grays: Vec<ImportedGray>,
}

/// A gray release of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImportedGray {
    pub(crate) rule: ImportedRule,
    pub(crate) content: String,
    pub(crate) encrypted_data_key: String,
    pub(crate) author: String,
    pub(crate) modified_ms: Option<u64>,
}

/// Whom a gray release is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImportedRule {
    /// Name of the release.
    pub(crate) name: String,
    /// `beta`, `tag` or `labels`, as in Nacos.
    pub(crate) kind: String,
    /// Addresses, the tag, or a selector.
    pub(crate) expression: String,
    pub(crate) priority: i32,
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
    /// The gray release it tells of; none for the item itself.
    #[serde(default)]
    pub(crate) gray: Option<ImportedRule>,
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
    /// Gray releases copied with it.
    #[serde(default)]
    pub(crate) grays: usize,
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
    let grays = grays_of(&item)?;
    let restore = restore_of(item)?;
    let restored = if query.dry_run {
        configs.would_restore(&restore).map_err(ApiError::unavailable)?
    } else {
        configs.restore(restore).await.map_err(publish_refused)?
    };
    let outcome = match restored {
        Restored::Copied => ImportOutcome::Copied,
        Restored::Same => ImportOutcome::Same,
        // Releases for some belong to a content for all that is not here.
        Restored::Kept => return Ok(reply(ImportOutcome::Kept)),
    };
    let mut copied = 0;
    for gray in grays {
        let came = if query.dry_run {
            configs.would_restore_gray(&gray).map_err(ApiError::unavailable)?
        } else {
            configs.restore_gray(gray).await.map_err(publish_refused)?
        };
        copied += usize::from(came);
    }
    Ok(Json(ImportReply { outcome, grays: copied }))
}

fn publish_refused(error: PublishError) -> ApiError {
    match error {
        PublishError::Unavailable(_) | PublishError::Unknown { .. } | PublishError::Contended => {
            ApiError::unavailable(error)
        }
        refused => ApiError::invalid(refused),
    }
}

fn grays_of(item: &ImportedConfiguration) -> Result<Vec<RestoredGray>, ApiError> {
    let key =
        ConfigKey::parse(&item.namespace, &item.group, &item.data_id).map_err(ApiError::invalid)?;
    let gray = |gray: &ImportedGray| {
        let rule = rule_of(&gray.rule).map_err(ApiError::invalid)?;
        let told = |entry: &ImportedHistory| {
            entry.gray.as_ref().is_some_and(|told| told.name == gray.rule.name)
        };
        Ok(RestoredGray {
            publish: Publish {
                content_type: ContentType::parse(&item.content_type),
                encrypted_data_key: gray.encrypted_data_key.clone(),
                app_name: Some(item.app_name.clone()),
                gray: Some(rule),
                author: Author { user: gray.author.clone(), ip: String::new() },
                ..Publish::new(key.clone(), gray.content.clone())
            },
            modified: gray.modified_ms.map(WallTime::from_millis),
            has_history: item.history.iter().any(told),
        })
    };
    item.grays.iter().map(gray).collect()
}

fn rule_of(rule: &ImportedRule) -> Result<GrayRule, GrayRuleError> {
    match rule.kind.as_str() {
        "beta" => GrayRule::beta(&rule.expression),
        "tag" => GrayRule::tag(&rule.expression),
        _ => GrayRule::labels(&rule.name, &rule.expression, rule.priority),
    }
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

/// An entry; one without a time cannot be placed in a history, and one of a release
/// whose rule is not understood would pass for one of the item itself.
fn entry_of(entry: ImportedHistory) -> Option<RestoredEntry> {
    let gray = entry.gray.as_ref().map(rule_of).transpose().ok()?;
    Some(RestoredEntry {
        gray,
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
    Json(ImportReply { outcome, grays: 0 })
}
