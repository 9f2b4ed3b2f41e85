//! `[node]`: who and where this node is.

use confique::Config;
use seawall_topology::{Locality, NodeId, Region, Zone};

#[derive(Debug, Clone, Config)]
#[config(layer_attr(derive(Debug, Clone, clap::Args)))]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub(crate) struct NodeSection {
    /// Region the node stands in (地域): links to other regions are slow.
    #[config(env = "SEAWALL_NODE_REGION", default = "local")]
    #[config(layer_attr(arg(id = "setting-region", long = "region", value_name = "NAME")))]
    pub(crate) region: Region,

    /// Zone inside the region (可用区): one failure domain.
    #[config(env = "SEAWALL_NODE_ZONE", default = "a")]
    #[config(layer_attr(arg(id = "setting-zone", long = "zone", value_name = "NAME")))]
    pub(crate) zone: Zone,

    /// Name of the node, unique in its zone.
    #[config(env = "SEAWALL_NODE_NAME", default = "node-1")]
    #[config(layer_attr(arg(id = "setting-node-name", long = "node-name", value_name = "NAME")))]
    pub(crate) name: NodeId,
}

impl NodeSection {
    pub(crate) fn locality(&self) -> Locality {
        Locality { region: self.region.clone(), zone: self.zone.clone(), node: self.name.clone() }
    }
}
