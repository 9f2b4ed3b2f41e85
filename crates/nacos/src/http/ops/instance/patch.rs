//! Changing some of an instance.

use std::sync::Arc;

use seawall_registry::{InstanceAddress, InstanceEdit, MetadataEdit, ServiceKey};

use super::input;
use crate::http::{call::Call, fault::Fault, state::Http, target};

/// What changes; what the request leaves out stays. Metadata takes the place of what
/// earlier edits set.
#[derive(Debug)]
pub(crate) struct Patch {
    service: ServiceKey,
    address: InstanceAddress,
    edit: InstanceEdit,
}

impl Patch {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let metadata = match call.params.metadata("metadata")? {
            Some(labels) => MetadataEdit::Over(labels),
            None => MetadataEdit::Keep,
        };
        Ok(Self {
            service: target::service(call)?,
            address: target::address(call)?,
            edit: InstanceEdit {
                weight: input::weight(&call.params)?,
                enabled: input::enabled(&call.params)?,
                metadata,
            },
        })
    }
}

/// Changes the named parts of the instance. Its health is not among them: Nacos
/// takes the parameter and ignores it.
pub(crate) async fn patch(http: Arc<Http>, input: Patch) -> Result<(), Fault> {
    let Patch { service, address, edit } = input;
    Ok(http.registry.update_instance(&service, &address, edit).await?)
}
