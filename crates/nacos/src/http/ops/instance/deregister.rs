//! Removing an instance.

use std::sync::Arc;

use seawall_registry::{ClientId, InstanceAddress, ServiceKey};

use crate::http::{call::Call, fault::Fault, state::Http, target};

/// Which instance goes.
#[derive(Debug)]
pub(crate) struct Deregister {
    service: ServiceKey,
    address: InstanceAddress,
    ephemeral: bool,
}

impl Deregister {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        Ok(Self {
            service: target::service(call)?,
            address: target::address(call)?,
            ephemeral: call.params.flag("ephemeral")?.unwrap_or(true),
        })
    }
}

/// Removes the instance; nothing happens if there is none.
pub(crate) async fn deregister(http: Arc<Http>, input: Deregister) -> Result<(), Fault> {
    let Deregister { service, address, ephemeral } = input;
    if ephemeral {
        let client = ClientId::heartbeat(address.ip.clone(), address.port);
        Ok(http.registry.deregister(&client, &service, &address)?)
    } else {
        Ok(http.registry.deregister_persistent(&service, &address).await?)
    }
}
