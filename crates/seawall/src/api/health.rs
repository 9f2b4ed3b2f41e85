//! Whether the process lives, and whether it may be sent clients.

use axum::extract::State;

use super::{ApiState, error::ApiError};

/// 200 while the process can answer at all.
pub(crate) async fn live() -> &'static str {
    "live"
}

/// 200 once clients may be answered, 503 before.
pub(crate) async fn ready(State(state): State<ApiState>) -> Result<&'static str, ApiError> {
    if state.0.parts.ready() {
        Ok("ready")
    } else {
        Err(ApiError::unavailable("the node is starting; try again in a moment"))
    }
}
