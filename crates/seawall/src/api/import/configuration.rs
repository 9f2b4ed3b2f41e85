//! Configuration from elsewhere.

use axum::{
    Json,
    extract::{Query, State},
};
use seawall_clock::WallTime;
use seawall_config::{
    Author, ConfigKey, ContentType, HistoryOperation, Publish, PublishError, Restore, Restored,
    RestoredEntry,
};
use serde::{Deserialize, Serialize};

use super::{ImportOutcome, ImportQuery, ImportReply, reply};
use crate::api::{ApiState, admission::Writer, error::ApiError};

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
