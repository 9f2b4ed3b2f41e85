//! Declared objects: apply, show, delete.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use http::StatusCode;
use seawall_resource::{
    Document, DryRun, Kind, ListRequest, Object, ObjectId, Outcome, ResourceError, Spec as _,
    TrafficRule, Version, parse,
};
use seawall_topology::{Selector, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    ApiState,
    admission::{Reader, Writer},
    error::ApiError,
};
use crate::traffic;

/// Most objects one listing returns; a selector narrows longer ones.
const LIST_MAX: usize = 10_000;

/// What came of one document.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppliedDocument {
    pub(crate) kind: String,
    pub(crate) name: String,
    /// `created`, `changed`, `unchanged` or `refused`.
    pub(crate) outcome: String,
    /// One line for each field that changed.
    pub(crate) diff: String,
    /// Why it was refused.
    pub(crate) error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApplyQuery {
    #[serde(default)]
    dry_run: bool,
}

#[derive(Deserialize)]
pub(crate) struct Scope {
    #[serde(default)]
    tenant: Option<TenantId>,
    #[serde(default)]
    selector: Selector,
}

pub(crate) async fn kinds(_: Reader, State(state): State<ApiState>) -> Json<Vec<String>> {
    Json(state.0.parts.resources.kinds().all().map(ToString::to_string).collect())
}

/// Applies every document by itself: what is wrong with one does not stop another.
pub(crate) async fn apply(
    writer: Writer,
    State(state): State<ApiState>,
    Query(query): Query<ApplyQuery>,
    text: String,
) -> Result<Json<Vec<AppliedDocument>>, ApiError> {
    let documents = parse(&text).map_err(ApiError::invalid)?;
    let dry_run = if query.dry_run { DryRun::Yes } else { DryRun::No };
    let mut applied = Vec::with_capacity(documents.len());
    for document in &documents {
        applied.push(apply_one(&state, document, dry_run, writer.principal.username()).await?);
    }
    Ok(Json(applied))
}

async fn apply_one(
    state: &ApiState,
    document: &Document,
    dry_run: DryRun,
    author: &str,
) -> Result<AppliedDocument, ApiError> {
    let row = |outcome: &str, diff: String, error: Option<String>| AppliedDocument {
        kind: document.id.kind.to_string(),
        name: document.id.name.to_string(),
        outcome: outcome.to_owned(),
        diff,
        error,
    };
    let refused = |error: String| Ok(row("refused", String::new(), Some(error)));
    if let Err(error) = check(document) {
        return refused(error);
    }
    match state.0.parts.resources.apply(document, dry_run, author).await {
        Ok(applied) => {
            let outcome = match applied.outcome {
                Outcome::Created => "created",
                Outcome::Changed => "changed",
                Outcome::Unchanged => "unchanged",
            };
            let diff: Vec<_> = applied.changes.iter().map(ToString::to_string).collect();
            Ok(row(outcome, diff.join("\n"), None))
        }
        // The node is in trouble, not the document.
        Err(error @ (ResourceError::Unavailable(_) | ResourceError::Unknown { .. })) => {
            Err(ApiError::unavailable(error))
        }
        Err(error) => refused(error.to_string()),
    }
}

/// What only the whole node can check of a document.
fn check(document: &Document) -> Result<(), String> {
    if document.id.kind.as_str() != TrafficRule::KIND {
        return Ok(());
    }
    // A spec of the wrong form is refused, field by field, by the resource itself.
    let rule = serde_json::from_value::<TrafficRule>(document.spec.clone());
    rule.map_or(Ok(()), |rule| traffic::check(&rule).map_err(|error| error.to_string()))
}

pub(crate) async fn list(
    _: Reader,
    State(state): State<ApiState>,
    Path(kind): Path<String>,
    Query(scope): Query<Scope>,
) -> Result<Json<Vec<Object>>, ApiError> {
    let kind = known_kind(&state, &kind)?;
    let request = ListRequest {
        kind: &kind,
        tenant: scope.tenant.as_ref(),
        selector: &scope.selector,
        after: None,
        limit: LIST_MAX,
    };
    let page = state.0.parts.resources.list(&request).await.map_err(refusal)?;
    if page.next.is_some() {
        return Err(ApiError::invalid(format!(
            "more than {LIST_MAX} objects; narrow with a selector"
        )));
    }
    Ok(Json(page.objects))
}

pub(crate) async fn get(
    _: Reader,
    State(state): State<ApiState>,
    Path((kind, name)): Path<(String, String)>,
    Query(scope): Query<Scope>,
) -> Result<Json<Object>, ApiError> {
    let id = object_id(&state, &kind, &name, scope)?;
    let object = state.0.parts.resources.get(&id).await.map_err(refusal)?;
    object.map(Json).ok_or_else(|| ApiError::not_found(format!("{id} not found")))
}

pub(crate) async fn delete(
    writer: Writer,
    State(state): State<ApiState>,
    Path((kind, name)): Path<(String, String)>,
    Query(scope): Query<Scope>,
) -> Result<StatusCode, ApiError> {
    let id = object_id(&state, &kind, &name, scope)?;
    let author = writer.principal.username();
    state.0.parts.resources.delete(&id, None, DryRun::No, author).await.map_err(refusal)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn history(
    _: Reader,
    State(state): State<ApiState>,
    Path((kind, name)): Path<(String, String)>,
    Query(scope): Query<Scope>,
) -> Result<Json<Vec<Value>>, ApiError> {
    let id = object_id(&state, &kind, &name, scope)?;
    let versions = state.0.parts.resources.history(&id).await.map_err(refusal)?;
    Ok(Json(versions.iter().map(version_form).collect()))
}

fn version_form(version: &Version) -> Value {
    json!({
        "generation": version.generation.get(),
        "time": version.time.as_millis(),
        "author": version.author,
        "labels": version.labels,
        "deleted": version.spec.is_none(),
        "spec": version.spec,
    })
}

fn known_kind(state: &ApiState, kind: &str) -> Result<Kind, ApiError> {
    let kinds = state.0.parts.resources.kinds();
    kinds.find(kind).cloned().ok_or_else(|| {
        let known: Vec<_> = kinds.all().map(ToString::to_string).collect();
        ApiError::not_found(format!("kind `{kind}` is not known; there are {}", known.join(", ")))
    })
}

fn object_id(state: &ApiState, kind: &str, name: &str, scope: Scope) -> Result<ObjectId, ApiError> {
    Ok(ObjectId {
        kind: known_kind(state, kind)?,
        tenant: scope.tenant.unwrap_or_else(seawall_resource::default_tenant),
        name: name.parse().map_err(ApiError::invalid)?,
    })
}

fn refusal(error: ResourceError) -> ApiError {
    match error {
        ResourceError::NotFound(_) => ApiError::not_found(error),
        ResourceError::Conflict { .. }
        | ResourceError::Contended(_)
        | ResourceError::Kept { .. } => ApiError::conflict(error),
        ResourceError::UnknownKind { .. } | ResourceError::Invalid { .. } => {
            ApiError::invalid(error)
        }
        ResourceError::Unknown { .. }
        | ResourceError::Damaged { .. }
        | ResourceError::Commit(_)
        | ResourceError::Unavailable(_) => ApiError::unavailable(error),
    }
}
