//! Registering an instance.

use std::sync::Arc;

use seawall_registry::ClientId;

use super::input::Described;
use crate::http::{fault::Fault, state::Http};

/// Registers: ephemeral instances live by the heartbeats of their address,
/// persistent ones are on disk when this returns.
pub(crate) async fn register(http: Arc<Http>, input: Described) -> Result<(), Fault> {
    let Described { service, instance } = input;
    let instance = http.identified(&service, instance);
    if instance.ephemeral {
        let client = ClientId::heartbeat(instance.ip.clone(), instance.port);
        Ok(http.registry.register(&client, service, instance)?)
    } else {
        Ok(http.registry.register_persistent(service, instance).await?)
    }
}
