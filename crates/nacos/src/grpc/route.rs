//! Where the two calls are found.

use std::sync::Arc;

use axum::{Router, routing::post};

use super::stream;
use crate::Nacos;

/// Where unary calls go. The paths have no package (see `proto/nacos.proto`).
pub(crate) const UNARY_PATH: &str = "/Request/request";

/// The routes beside [`UNARY_PATH`].
pub(crate) fn router(nacos: Arc<Nacos>) -> Router {
    Router::new().route("/BiRequestStream/requestBiStream", post(stream::serve)).with_state(nacos)
}
