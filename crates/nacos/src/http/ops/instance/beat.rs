//! Signs of life of instances without a connection.

use std::{sync::Arc, time::Duration};

use seawall_registry::{Beat, BeatOutcome, Instance, InstanceAddress, ServiceKey};
use serde::Deserialize;

use super::legal;
use crate::{
    http::{call::Call, fault::Fault, state::Http, target},
    wire::LabelsJson,
};

/// A beat and whose it is.
#[derive(Debug)]
pub(crate) struct Beating {
    service: ServiceKey,
    beat: Beat,
}

/// The instance as a full beat describes it (Nacos's `RsInfo`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    ip: String,
    port: u16,
    #[serde(default)]
    cluster: Option<String>,
    #[serde(default)]
    weight: Option<f64>,
    #[serde(default)]
    metadata: Option<LabelsJson>,
    #[serde(default)]
    ephemeral: Option<bool>,
}

impl Beating {
    /// A full beat carries `beat`; a light one only names the address.
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let service = target::service(call)?;
        let beat = match call.params.get("beat") {
            Some(text) => full(text, call)?,
            None => Beat { address: target::address(call)?, instance: None },
        };
        Ok(Self { service, beat })
    }

    /// The third generation has light beats only.
    pub(crate) fn read_light(call: &mut Call) -> Result<Self, Fault> {
        let beat = Beat { address: target::address(call)?, instance: None };
        Ok(Self { service: target::service(call)?, beat })
    }
}

fn full(text: &str, call: &Call) -> Result<Beat, Fault> {
    let described: Described = serde_json::from_str(text)
        .map_err(|error| Fault::invalid(format!("parameter 'beat' cannot be read: {error}")))?;
    let cluster = match described.cluster.as_deref().map(str::trim) {
        Some(named) if !named.is_empty() => target::cluster_named(named)?,
        _ => target::cluster(&call.params)?,
    };
    let address = InstanceAddress::new(described.ip.trim(), described.port, cluster);
    let LabelsJson(metadata) = described.metadata.unwrap_or_default();
    legal::check(&metadata)?;
    let mut instance = Instance::new(address.ip.clone(), address.port);
    instance.cluster = address.cluster.clone();
    instance.weight = described.weight.unwrap_or(1.0);
    instance.ephemeral = described.ephemeral.unwrap_or(true);
    instance.metadata = Arc::new(metadata);
    Ok(Beat { address, instance: Some(instance) })
}

/// What the beat met: how soon the next one is due, or nothing when the instance
/// is not known and must be registered again (trap T15).
pub(crate) async fn beat(http: Arc<Http>, input: Beating) -> Result<Option<Duration>, Fault> {
    let Beating { service, mut beat } = input;
    beat.instance = beat.instance.map(|instance| http.identified(&service, instance));
    match http.registry.beat(&service, beat)? {
        BeatOutcome::Known { interval } => Ok(Some(interval)),
        BeatOutcome::Unknown => Ok(None),
    }
}
