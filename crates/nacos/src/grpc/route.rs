//! Where the two calls are mounted.

use std::sync::Arc;

use axum::{Router, routing::post};

use super::{stream, unary};
use crate::Nacos;

/// The gRPC routes. Their paths have no package (see `proto/nacos.proto`).
pub(crate) fn router(nacos: Arc<Nacos>) -> Router {
    Router::new()
        .route("/Request/request", post(unary::serve))
        .route("/BiRequestStream/requestBiStream", post(stream::serve))
        .with_state(nacos)
}
