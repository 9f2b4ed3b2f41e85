//! Changing the metadata of many instances.

use std::sync::Arc;

use seawall_registry::{
    ClusterName, Instance, InstanceAddress, InstanceEdit, MetadataEdit, ServiceKey,
};
use serde::Deserialize;

use crate::http::{call::Call, fault::Fault, state::Http, target};

/// Whose metadata changes, and how.
#[derive(Debug)]
pub(crate) struct Batch {
    service: ServiceKey,
    persistent: bool,
    /// Empty for all.
    addresses: Vec<InstanceAddress>,
    edit: MetadataEdit,
}

/// An instance as the list names it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    ip: String,
    port: u16,
    #[serde(default)]
    cluster_name: Option<String>,
}

impl Batch {
    fn read(call: &Call, edit: MetadataEdit) -> Result<Self, Fault> {
        let persistent = call.params.get("consistencyType") == Some("persist");
        let addresses = match call.params.get("instances") {
            None => Vec::new(),
            Some(text) => addresses(text)?,
        };
        Ok(Self { service: target::service(call)?, persistent, addresses, edit })
    }

    /// The metadata is set on top of what is there.
    pub(crate) fn read_update(call: &mut Call) -> Result<Self, Fault> {
        call.params.required("metadata")?;
        let metadata = call.params.metadata("metadata")?.unwrap_or_default();
        Self::read(call, MetadataEdit::Merge(metadata))
    }

    /// The keys of the metadata are taken away.
    pub(crate) fn read_delete(call: &mut Call) -> Result<Self, Fault> {
        call.params.required("metadata")?;
        let metadata = call.params.metadata("metadata")?.unwrap_or_default();
        Self::read(call, MetadataEdit::Remove(metadata.into_keys().collect()))
    }
}

fn addresses(text: &str) -> Result<Vec<InstanceAddress>, Fault> {
    let named: Vec<Named> = serde_json::from_str(text).map_err(|error| {
        Fault::invalid(format!("parameter 'instances' cannot be read: {error}"))
    })?;
    named
        .into_iter()
        .map(|one| {
            let cluster = ClusterName::or_default(one.cluster_name.as_deref().unwrap_or_default())?;
            Ok(InstanceAddress::new(one.ip, one.port, cluster))
        })
        .collect()
}

/// Edits each instance that is there, and names them.
pub(crate) async fn edit(http: Arc<Http>, input: Batch) -> Result<Vec<String>, Fault> {
    let Batch { service, persistent, addresses, edit } = input;
    let found: Vec<Arc<Instance>> = if addresses.is_empty() {
        http.registry.instances(&service, None)
    } else {
        addresses.iter().filter_map(|address| http.registry.instance(&service, address)).collect()
    };
    let mut edited = Vec::new();
    for instance in found.into_iter().filter(|one| one.ephemeral != persistent) {
        let edit = InstanceEdit { metadata: edit.clone(), ..InstanceEdit::default() };
        http.registry.update_instance(&service, &instance.address(), edit).await?;
        edited.push(label(&instance));
    }
    Ok(edited)
}

/// How Nacos names an instance here; `unknown` stands where a site once was.
fn label(instance: &Instance) -> String {
    let kind = if instance.ephemeral { "ephemeral" } else { "persist" };
    format!("{}:{}:unknown:{}:{kind}", instance.ip, instance.port, instance.cluster)
}
