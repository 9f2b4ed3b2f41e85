//! Figures for Prometheus.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use prometheus_client::{encoding::text::encode, registry::Registry};
use seawall_net::NetMetrics;
use seawall_registry::RegistryMetrics;

use super::{ApiState, admission::Scraper, error::ApiError};
use crate::node::Parts;

/// OpenMetrics 1.0, which Prometheus has read since version 2.5.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The figures of every part of the node.
pub(super) struct Metrics(Registry);

impl Metrics {
    pub(super) fn of(parts: &Parts, net: &NetMetrics) -> Self {
        let mut registry = Registry::default();
        net.register(&mut registry);
        parts.store.metrics().register(&mut registry);
        parts.identity.metrics().register(&mut registry);
        RegistryMetrics::new(Arc::downgrade(&parts.registry)).register(&mut registry);
        parts.configs.register_metrics(&mut registry);
        parts.nacos.register_metrics(&mut registry);
        Self(registry)
    }
}

pub(crate) async fn show(_: Scraper, State(state): State<ApiState>) -> Result<Response, ApiError> {
    let mut text = String::new();
    encode(&mut text, &state.0.metrics.0).map_err(ApiError::unavailable)?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}
