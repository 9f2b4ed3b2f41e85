//! Configuration as zip files in Nacos' form, one part after the other.

use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, header};
use seawall_config::{ArchiveError, ArchiveForm, ConfigId, Export, ExportPart};
use seawall_topology::Namespace;
use serde::Deserialize;

use super::{ApiState, admission::Caller, error::ApiError};

/// Items in the part.
pub(crate) const ITEMS: HeaderName = HeaderName::from_static("x-seawall-items");
/// Items left for further parts.
pub(crate) const LEFT: HeaderName = HeaderName::from_static("x-seawall-left");
/// What to ask for as `after` to get the next part; absent in the last one.
pub(crate) const NEXT: HeaderName = HeaderName::from_static("x-seawall-next");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportQuery {
    namespace: String,
    after: Option<u64>,
    items_max: usize,
    bytes_max: u64,
}

/// A part of the configuration of a namespace.
pub(crate) async fn configuration(
    caller: Caller,
    State(state): State<ApiState>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, ApiError> {
    let namespace: Namespace = query.namespace.parse().map_err(ApiError::invalid)?;
    caller.may_read_configuration(&state, &namespace)?;
    let namespaces = &state.0.parts.namespaces;
    if !namespace.is_public()
        && !namespaces.exists(&namespace).await.map_err(ApiError::unavailable)?
    {
        return Err(ApiError::not_found(format!("there is no namespace {namespace}")));
    }
    let export = Export {
        namespace,
        ids: Vec::new(),
        data_id: String::new(),
        group: String::new(),
        app_name: String::new(),
        form: ArchiveForm::V2,
    };
    let part = ExportPart {
        after: query.after.map(ConfigId::new),
        items_max: query.items_max,
        bytes_max: query.bytes_max,
    };
    let part =
        state.0.parts.configs.export_part(&export, part).await.map_err(|error| match error {
            ArchiveError::Unavailable(_) => ApiError::unavailable(error),
            refused => ApiError::invalid(refused),
        })?;
    let mut response =
        ([(header::CONTENT_TYPE, "application/zip")], part.exported.zip).into_response();
    let headers = response.headers_mut();
    headers.insert(ITEMS, HeaderValue::from(part.exported.items));
    headers.insert(LEFT, HeaderValue::from(part.left));
    if let Some(next) = part.next {
        headers.insert(NEXT, HeaderValue::from(next.get()));
    }
    Ok(response)
}
