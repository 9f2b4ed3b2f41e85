//! Declaring a service.

use std::sync::Arc;

use seawall_registry::ServiceDefinition;

use super::input::Described;
use crate::http::{fault::Fault, state::Http};

/// Declares the service.
pub(crate) async fn create(http: Arc<Http>, input: Described) -> Result<(), Fault> {
    let definition = ServiceDefinition {
        metadata: input.metadata,
        protect_threshold: input.protect_threshold.unwrap_or(0.0),
        selector: input.selector,
        ephemeral: Some(input.ephemeral),
        ..ServiceDefinition::default()
    };
    Ok(http.registry.create_service(input.service, definition).await?)
}
