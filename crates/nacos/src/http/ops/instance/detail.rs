//! One instance.

use std::sync::Arc;

use seawall_registry::{Instance, InstanceAddress, ServiceKey};

use crate::http::{call::Call, fault::Fault, state::Http, target};

/// Which one.
#[derive(Debug)]
pub(crate) struct Which {
    service: ServiceKey,
    address: InstanceAddress,
}

impl Which {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        Ok(Self { service: target::service(call)?, address: target::address(call)? })
    }
}

/// An instance and where it belongs.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) service: ServiceKey,
    pub(crate) instance: Arc<Instance>,
}

/// The instance with the operators' edits.
///
/// # Errors
///
/// "Not found" only when no instance may still be coming back after a restart.
pub(crate) async fn detail(http: Arc<Http>, input: Which) -> Result<Found, Fault> {
    let Which { service, address } = input;
    match http.registry.instance(&service, &address) {
        Some(instance) => Ok(Found { service, instance }),
        None if http.registry.is_warming(&service) => Err(Fault::starting()),
        None => Err(Fault::not_found("no matched ip found!")),
    }
}
