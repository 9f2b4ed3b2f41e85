//! Configuration from elsewhere.

use axum::{
    Json,
    extract::{Query, State},
};
use seawall_clock::WallTime;
use seawall_config::{
    Author, ConfigKey, ContentType, GrayRule, HistoryOperation, Publish, PublishError, Restore,
    Restored, RestoredEntry,
};
use serde::{Deserialize, Serialize};

use super::{ImportOutcome, ImportQuery, ImportReply, reply};
use crate::api::{ApiState, admission::Writer, error::ApiError};

/// A configuration or one of its gray releases, as it was elsewhere. Times are in
/// milliseconds since the epoch.
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
    /// Whether its history was imported before it.
    pub(crate) has_history: bool,
    /// Whom it is for; none for everybody.
    pub(crate) gray: Option<ImportedGray>,
}

/// Whom a gray release is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum ImportedGray {
    /// Nacos' beta: addresses separated by commas.
    Beta { ips: String },
    /// Nacos' tag.
    Tag { tag: String },
    /// Labels of callers.
    Labels { name: String, selector: String, priority: i32 },
}

/// Part of the history of a configuration that is not here yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImportedHistoryPage {
    /// The configuration; its content is not looked at and best left empty.
    pub(crate) configuration: ImportedConfiguration,
    pub(crate) entries: Vec<ImportedHistory>,
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
    pub(crate) modified_ms: u64,
    /// Its place among the entries of the same millisecond.
    pub(crate) ordinal: u32,
    /// The gray release it was done to.
    pub(crate) gray: Option<ImportedGray>,
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
        configs.restore(restore).await.map_err(refusal)?
    };
    Ok(reply(match restored {
        Restored::Copied => ImportOutcome::Copied,
        Restored::Same => ImportOutcome::Same,
        Restored::Kept => ImportOutcome::Kept,
    }))
}

/// Takes over a page of history; `kept` if the configuration is here and keeps its own.
pub(crate) async fn history(
    _: Writer,
    State(state): State<ApiState>,
    Query(query): Query<ImportQuery>,
    Json(page): Json<ImportedHistoryPage>,
) -> Result<Json<ImportReply>, ApiError> {
    let configs = &state.0.parts.configs;
    let of = restore_of(page.configuration)?;
    let entries: Vec<_> = page.entries.into_iter().map(entry_of).collect::<Result<_, _>>()?;
    let taken = if query.dry_run {
        configs.would_restore(&of).map_err(ApiError::unavailable)? == Restored::Copied
    } else {
        configs.restore_history(&of, &entries).await.map_err(refusal)?
    };
    Ok(reply(if taken { ImportOutcome::Copied } else { ImportOutcome::Kept }))
}

fn refusal(error: PublishError) -> ApiError {
    match error {
        PublishError::Unavailable(_) | PublishError::Unknown { .. } | PublishError::Contended => {
            ApiError::unavailable(error)
        }
        refused => ApiError::invalid(refused),
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
        gray: item.gray.map(rule_of).transpose()?,
        ..Publish::new(key, item.content)
    };
    let time = |millis: Option<u64>| millis.map(WallTime::from_millis);
    Ok(Restore {
        publish,
        created: time(item.created_ms),
        modified: time(item.modified_ms),
        has_history: item.has_history,
    })
}

fn rule_of(gray: ImportedGray) -> Result<GrayRule, ApiError> {
    match gray {
        ImportedGray::Beta { ips } => GrayRule::beta(&ips),
        ImportedGray::Tag { tag } => GrayRule::tag(&tag),
        ImportedGray::Labels { name, selector, priority } => {
            GrayRule::labels(&name, &selector, priority)
        }
    }
    .map_err(ApiError::invalid)
}

fn entry_of(entry: ImportedHistory) -> Result<RestoredEntry, ApiError> {
    Ok(RestoredEntry {
        content: entry.content.into(),
        encrypted_data_key: entry.encrypted_data_key,
        operation: match entry.operation.as_str() {
            "I" => HistoryOperation::Insert,
            "D" => HistoryOperation::Delete,
            _ => HistoryOperation::Update,
        },
        at: WallTime::from_millis(entry.modified_ms),
        ordinal: entry.ordinal,
        gray: entry.gray.map(rule_of).transpose()?,
        author: Author { user: entry.author, ip: entry.source_ip },
    })
}
