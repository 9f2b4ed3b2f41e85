//! Which service a request is about.

use seawall_registry::ServiceKey;
use seawall_topology::Namespace;

use crate::{
    grpc::failure::Failure,
    wire::{Text, or_empty},
};

/// The service named by the three texts (trap T11): the name may come grouped, and
/// blanks mean the defaults.
pub(super) fn service(
    namespace: &Option<Text<'_>>,
    group: &Option<Text<'_>>,
    name: &Option<Text<'_>>,
) -> Result<ServiceKey, Failure> {
    let namespace: Namespace = or_empty(namespace).parse()?;
    if or_empty(name).trim().is_empty() {
        return Err(Failure::invalid("Param 'serviceName' is illegal, it is required"));
    }
    Ok(ServiceKey::parse(namespace, or_empty(group), or_empty(name))?)
}
