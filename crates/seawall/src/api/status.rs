//! How the node is, for `seawall status`.

use std::fmt;

use axum::{Json, extract::State};
use seawall_topology::Locality;
use serde::{Deserialize, Serialize};

use super::{ApiState, admission::Reader, error::ApiError};

/// How a node is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Status {
    /// Whether it serves.
    pub(crate) state: NodeState,
    /// Who and where it is.
    pub(crate) node: Locality,
    /// Version of the binary.
    pub(crate) version: String,
    /// Seconds since it started.
    pub(crate) uptime_s: u64,
    /// Services it knows.
    pub(crate) services: u64,
    /// Instances it knows.
    pub(crate) instances: u64,
    /// Configuration items it serves, all namespaces together.
    pub(crate) configurations: u64,
    /// Open connections of its doors.
    pub(crate) connections: u64,
    /// Why the store refuses writes now; nothing while it takes them.
    #[serde(default)]
    pub(crate) writes_refused: Option<String>,
    /// Damaged places that the store met while it read through what it holds.
    #[serde(default)]
    pub(crate) damaged: u64,
}

/// Whether a node serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NodeState {
    Starting,
    Ready,
}

impl fmt::Display for NodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
        })
    }
}

pub(crate) async fn show(
    _: Reader,
    State(state): State<ApiState>,
) -> Result<Json<Status>, ApiError> {
    let inner = &state.0;
    let parts = &inner.parts;
    let registered = parts.registry.counts();
    let mut configurations = 0;
    for namespace in parts.namespaces.list().await.map_err(ApiError::unavailable)? {
        configurations += parts.configs.count(&namespace.id).map_err(ApiError::unavailable)?;
    }
    let store = parts.store.health();
    Ok(Json(Status {
        state: if parts.ready() { NodeState::Ready } else { NodeState::Starting },
        node: inner.locality.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        uptime_s: (parts.clock.now() - inner.started).as_secs(),
        services: registered.services as u64,
        instances: registered.instances as u64,
        configurations,
        connections: u64::from(inner.gate.open()),
        writes_refused: store.refuses_writes,
        damaged: store.damaged as u64,
    }))
}
