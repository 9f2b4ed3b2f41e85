//! Changing an instance as a whole.

use std::sync::Arc;

use seawall_registry::{InstanceEdit, MetadataEdit};
use seawall_topology::Labels;

use super::input::Described;
use crate::http::{fault::Fault, state::Http};

/// Sets weight and enabled, also when the request leaves them out (then to their
/// defaults), and puts the metadata, in place of what earlier edits set, over what the
/// instance registered with.
pub(crate) async fn update(http: Arc<Http>, input: Described) -> Result<(), Fault> {
    let Described { service, instance } = input;
    let address = instance.address();
    let metadata = Labels::clone(&instance.metadata);
    let edit = InstanceEdit {
        weight: Some(instance.weight),
        enabled: Some(instance.enabled),
        metadata: MetadataEdit::Over(metadata),
    };
    Ok(http.registry.update_instance(&service, &address, edit).await?)
}
