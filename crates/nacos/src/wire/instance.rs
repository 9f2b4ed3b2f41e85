//! An instance in JSON, as read and as written.

use std::sync::Arc;

use seawall_registry::{ClusterName, Instance, InstanceId, NameError, ServiceKey, no_metadata};
use seawall_topology::Labels;
use serde::{Deserialize, Serialize};

use super::{LabelsJson, Text};

/// An instance as clients send it. What is absent takes Nacos's default.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct InstanceJson<'a> {
    #[serde(borrow)]
    pub(crate) instance_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) ip: Option<Text<'a>>,
    pub(crate) port: Option<i64>,
    pub(crate) weight: Option<f64>,
    pub(crate) healthy: Option<bool>,
    pub(crate) enabled: Option<bool>,
    pub(crate) ephemeral: Option<bool>,
    #[serde(borrow)]
    pub(crate) cluster_name: Option<Text<'a>>,
    pub(crate) metadata: Option<LabelsJson>,
}

/// Why what was sent is no instance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InstanceFault {
    /// The address is missing.
    #[error("Param 'ip' is illegal, it is required")]
    NoIp,
    /// The port is not one.
    #[error("Param 'port' is illegal, the value should be between 0 and 65535")]
    Port,
    /// The cluster's name breaks a rule.
    #[error("Param 'clusterName' is illegal, {0}")]
    Cluster(#[from] NameError),
}

impl InstanceJson<'_> {
    /// The instance that was meant; `ephemeral` where the sender does not say.
    pub(crate) fn into_instance(self, ephemeral: bool) -> Result<Instance, InstanceFault> {
        let ip = self.ip.as_deref().map(str::trim).filter(|ip| !ip.is_empty());
        let port = u16::try_from(self.port.unwrap_or_default()).map_err(|_| InstanceFault::Port)?;
        let cluster = ClusterName::or_default(self.cluster_name.as_deref().unwrap_or_default())?;
        let id = match self.instance_id.as_deref() {
            None | Some("") => InstanceId::Derived,
            Some(id) => InstanceId::Given(id.into()),
        };
        Ok(Instance {
            port,
            cluster,
            weight: self.weight.unwrap_or(1.0),
            healthy: self.healthy.unwrap_or(true),
            enabled: self.enabled.unwrap_or(true),
            ephemeral: self.ephemeral.unwrap_or(ephemeral),
            metadata: shared(self.metadata),
            id,
            ..Instance::new(ip.ok_or(InstanceFault::NoIp)?, port)
        })
    }
}

fn shared(metadata: Option<LabelsJson>) -> Arc<Labels> {
    match metadata {
        Some(LabelsJson(labels)) if !labels.is_empty() => Arc::new(labels),
        _ => no_metadata(),
    }
}

/// An instance as clients read it. Every field is always there: clients of some
/// languages refuse the whole list otherwise (trap T2).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InstanceView<'a> {
    instance_id: String,
    ip: &'a str,
    port: u16,
    weight: f64,
    healthy: bool,
    enabled: bool,
    ephemeral: bool,
    cluster_name: &'a str,
    /// `group@@service`.
    service_name: &'a str,
    metadata: &'a Labels,
}

impl<'a> InstanceView<'a> {
    /// `instance` of `service`, whose grouped name is `grouped`.
    pub(crate) fn new(service: &ServiceKey, grouped: &'a str, instance: &'a Instance) -> Self {
        Self {
            instance_id: instance.id_in(service),
            ip: &instance.ip,
            port: instance.port,
            weight: instance.weight,
            healthy: instance.healthy,
            enabled: instance.enabled,
            ephemeral: instance.ephemeral,
            cluster_name: instance.cluster.as_str(),
            service_name: grouped,
            metadata: &instance.metadata,
        }
    }
}

#[cfg(test)]
mod tests {
    use seawall_topology::Namespace;

    use super::*;

    fn read(json: &str) -> Result<Instance, String> {
        let read: InstanceJson<'_> = serde_json::from_str(json).map_err(|e| e.to_string())?;
        read.into_instance(true).map_err(|e| e.to_string())
    }

    #[test]
    fn what_is_absent_takes_its_default() {
        let instance =
            read(r#"{"ip":"10.0.0.1","port":80,"unknown":[1],"metadata":null}"#).unwrap();
        assert_eq!(instance, Instance::new("10.0.0.1", 80));
        let given = read(
            r#"{"ip":" 10.0.0.1 ","port":80,"weight":2,"healthy":false,"enabled":false,
                "ephemeral":false,"clusterName":"c","metadata":{"a":"b"},"instanceId":"i"}"#,
        )
        .unwrap();
        assert_eq!((given.ip.as_str(), given.weight), ("10.0.0.1", 2.0));
        assert!(!given.healthy && !given.enabled && !given.ephemeral);
        assert_eq!((given.cluster.as_str(), given.metadata.len()), ("c", 1));
        assert_eq!(given.id, InstanceId::Given("i".into()));
    }

    #[test]
    fn what_is_no_instance_is_refused() {
        for json in [
            "{}",
            r#"{"ip":"","port":1}"#,
            r#"{"ip":"a","port":65536}"#,
            r#"{"ip":"a","port":-1}"#,
            r#"{"ip":"a","port":"80"}"#,
            r#"{"ip":"a","port":1,"clusterName":"a,b"}"#,
            r#"{"ip":"a","port":1,"metadata":{"a":{}}}"#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn t02_every_field_of_a_host_is_written() {
        let service = ServiceKey::parse(Namespace::public(), "", "s").unwrap();
        let instance = Instance::new("10.0.0.1", 80);
        let view = InstanceView::new(&service, "DEFAULT_GROUP@@s", &instance);
        assert_eq!(
            serde_json::to_string(&view).unwrap(),
            r#"{"instanceId":"10.0.0.1#80#DEFAULT#DEFAULT_GROUP@@s","ip":"10.0.0.1","port":80,"weight":1.0,"healthy":true,"enabled":true,"ephemeral":true,"clusterName":"DEFAULT","serviceName":"DEFAULT_GROUP@@s","metadata":{}}"#
        );
    }
}
