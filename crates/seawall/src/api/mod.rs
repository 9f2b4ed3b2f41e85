//! What a node answers besides the Nacos wire: health, metrics, status and the
//! resource API under `/api/v1`.

mod admission;
mod error;
pub(crate) mod export;
mod health;
pub(crate) mod import;
mod metrics;
mod openapi;
pub(crate) mod resources;
pub(crate) mod status;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};
use seawall_clock::Instant;
use seawall_nacos::HttpSettings;
use seawall_net::{ConnectionGate, NetMetrics};
use seawall_topology::Locality;

use crate::{
    node::Parts,
    settings::{AccessChoice, Settings},
};

/// What every handler may use.
#[derive(Clone)]
pub(crate) struct ApiState(Arc<Inner>);

struct Inner {
    parts: Parts,
    locality: Locality,
    started: Instant,
    gate: ConnectionGate,
    metrics_access: AccessChoice,
    http: HttpSettings,
    metrics: metrics::Metrics,
}

/// The routes beside the Nacos wire.
pub(crate) fn router(
    parts: &Parts,
    settings: &Settings,
    net: &NetMetrics,
    gate: ConnectionGate,
) -> Router {
    let state = ApiState(Arc::new(Inner {
        parts: parts.clone(),
        locality: settings.node.locality(),
        started: parts.clock.now(),
        gate,
        metrics_access: settings.security.metrics,
        http: settings.nacos.nacos().http,
        metrics: metrics::Metrics::of(parts, net),
    }));
    Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(metrics::show))
        // Where Nacos itself shows them, so that existing scrape jobs work.
        .route("/nacos/actuator/prometheus", get(metrics::show))
        .route("/api/v1/openapi.json", get(openapi::show))
        .route("/api/v1/status", get(status::show))
        .route("/api/v1/kinds", get(resources::kinds))
        .route("/api/v1/apply", post(resources::apply))
        .route("/api/v1/resources/{kind}", get(resources::list))
        .route("/api/v1/resources/{kind}/{name}", get(resources::get).delete(resources::delete))
        .route("/api/v1/resources/{kind}/{name}/history", get(resources::history))
        .route("/api/v1/export/configuration", get(export::configuration))
        .route("/api/v1/import/configuration", post(import::configuration))
        .route("/api/v1/import/history", post(import::history))
        .route("/api/v1/import/namespace", post(import::namespace))
        .route("/api/v1/import/service", post(import::service))
        .route("/api/v1/import/instance", post(import::instance))
        .layer(axum::extract::DefaultBodyLimit::max(seawall_nacos::BODY_BYTES_MAX))
        .with_state(state)
}
