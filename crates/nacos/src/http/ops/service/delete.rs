//! Removing a service.

use std::sync::Arc;

use seawall_registry::ServiceKey;

use crate::http::{fault::Fault, state::Http};

/// Removes a service that has no instances.
pub(crate) async fn delete(http: Arc<Http>, service: ServiceKey) -> Result<(), Fault> {
    Ok(http.registry.delete_service(&service).await?)
}
