//! Answers about services whose instances may not all be back after a restart.
//!
//! A client must never take a part for all there is, so it is answered by an error, upon
//! which it keeps the list it has. Who asks for the first time has none, and its client
//! hands the error to the application; instances come back within seconds, so waiting a
//! little spares some of these errors.
//!
//! Only questions are held back, never subscriptions. A client that has reconnected
//! subscribes anew to one service after the other before it registers its instances
//! anew (Go and Python: `OnConnected`; Java does both in one thread): held back, every
//! process would wait for instances that every other one holds back as well.

use std::sync::Arc;

use seawall_registry::{Query, ServiceView};

use crate::{
    grpc::{call::Call, failure::Failure},
    wire::ErrorCode,
};

/// What a client is told that must keep the list it has.
pub(super) fn not_whole() -> Failure {
    Failure::new(ErrorCode::STARTING, "the service's instances are not all back yet")
}

/// The view `query` gave, or a newer one that is whole: waited for once a connection,
/// however many services it asks for.
pub(super) async fn whole(
    call: &Call<'_>,
    view: Arc<ServiceView>,
    query: &Query,
) -> Result<Arc<ServiceView>, Failure> {
    if !view.is_warming() {
        return Ok(view);
    }
    let registry = &call.nacos.registry;
    let patience = call.link.patience(call.nacos.settings.grpc.warming_hold());
    registry.warmed(&view.service, patience).await;
    let view = registry.query(&view.service, query);
    if view.is_warming() { Err(not_whole()) } else { Ok(view) }
}
