//! What is known of a service.

use std::sync::Arc;

use http::StatusCode;
use seawall_registry::{ServiceDetail, ServiceKey};

use crate::http::{code::Code, fault::Fault, state::Http};

/// The service with what is declared of it.
pub(crate) async fn detail(http: Arc<Http>, service: ServiceKey) -> Result<ServiceDetail, Fault> {
    http.registry.service(&service).ok_or_else(|| {
        let message = format!(
            "service not found, namespace: {}, serviceName: {}",
            service.namespace,
            service.grouped_name()
        );
        Fault::new(StatusCode::BAD_REQUEST, Code::ServiceNotFound, message)
    })
}
