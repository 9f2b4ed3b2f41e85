//! Changing what is declared of a service.

use std::sync::Arc;

use seawall_registry::ServiceUpdate;

use super::input::Described;
use crate::http::{fault::Fault, state::Http};

/// Replaces threshold, metadata and selector, as Nacos does: what the request
/// leaves out goes back to its default.
pub(crate) async fn update(http: Arc<Http>, input: Described) -> Result<(), Fault> {
    let update = ServiceUpdate {
        metadata: Some(input.metadata),
        protect_threshold: Some(input.protect_threshold.unwrap_or(0.0)),
        selector: Some(input.selector),
    };
    Ok(http.registry.update_service(&input.service, update).await?)
}
