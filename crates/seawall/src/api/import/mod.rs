//! Taking over what another installation has. Everything here can be repeated:
//! what is here already stays as it is.

mod configuration;
mod service;

use axum::{
    Json,
    extract::{Query, State},
};
use seawall_resource::NamespaceError;
use seawall_topology::Namespace;
use serde::{Deserialize, Serialize};

pub(crate) use self::{
    configuration::{
        ImportedConfiguration, ImportedGray, ImportedHistory, ImportedHistoryPage, configuration,
        history,
    },
    service::{
        ImportedChecker, ImportedCluster, ImportedInstance, ImportedService, instance, service,
    },
};
use super::{ApiState, admission::Writer, error::ApiError};

/// A namespace.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImportedNamespace {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
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

fn reply(outcome: ImportOutcome) -> Json<ImportReply> {
    Json(ImportReply { outcome })
}
