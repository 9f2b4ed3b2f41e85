//! Setting the health of an instance by hand.

use std::sync::Arc;

use seawall_registry::{InstanceAddress, ServiceKey};

use crate::http::{call::Call, fault::Fault, state::Http, target};

/// Which instance, and what it is from now on.
#[derive(Debug)]
pub(crate) struct SetHealth {
    service: ServiceKey,
    address: InstanceAddress,
    healthy: bool,
}

impl SetHealth {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let healthy = match call.params.flag("healthy")? {
            Some(healthy) => healthy,
            // What the oldest clients call it.
            None => call.params.flag("valid")?.ok_or_else(|| Fault::missing("healthy"))?,
        };
        Ok(Self { service: target::service(call)?, address: target::address(call)?, healthy })
    }
}

/// Sets the health of a persistent instance that nobody checks.
///
/// # Errors
///
/// When the server checks the instance itself, for its next check would undo this.
pub(crate) async fn set(http: Arc<Http>, input: SetHealth) -> Result<(), Fault> {
    let SetHealth { service, address, healthy } = input;
    Ok(http.registry.set_health(&service, &address, healthy).await?)
}
