//! What a request is about: the names in its parameters, made into keys.

use seawall_config::{ConfigKey, ConfigNameError};
use seawall_registry::{ClusterName, InstanceAddress, NameError, ServiceKey};
use seawall_topology::Namespace;

use super::{call::Call, fault::Fault, generation::Generation, params::Params};

/// The namespace under `name`; absent and blank mean the default one.
pub(crate) fn namespace(params: &Params, name: &str) -> Result<Namespace, Fault> {
    params.or(name, "").parse().map_err(|error| Fault::invalid(format!("{error}")))
}

/// The service the parameters name: `groupName` and `serviceName`, or both in one
/// text `group@@name` (trap T11).
pub(crate) fn service(call: &Call) -> Result<ServiceKey, Fault> {
    service_of(&call.params)
}

/// As [`service`], from bare parameters.
pub(crate) fn service_of(params: &Params) -> Result<ServiceKey, Fault> {
    let name = params.required("serviceName")?;
    let namespace = namespace(params, "namespaceId")?;
    Ok(ServiceKey::parse(namespace, params.or("groupName", ""), name)?)
}

/// The cluster under any of the names clients use; absent means the default one.
pub(crate) fn cluster(params: &Params) -> Result<ClusterName, Fault> {
    Ok(cluster_named(params.first(&["clusterName", "cluster"]).unwrap_or_default())?)
}

/// The cluster of this name, the default one if it is blank. Python's client before 3
/// writes `None` for it when it registers and nothing when it beats or deregisters;
/// both must be one cluster.
pub(crate) fn cluster_named(name: &str) -> Result<ClusterName, NameError> {
    match name.trim() {
        "None" => ClusterName::or_default(""),
        named => ClusterName::or_default(named),
    }
}

/// The address the parameters name.
pub(crate) fn address(call: &Call) -> Result<InstanceAddress, Fault> {
    let ip = call.params.required("ip")?;
    let port = call.params.required_parsed("port")?;
    Ok(InstanceAddress::new(ip, port, cluster(&call.params)?))
}

/// The configuration item the parameters name.
pub(crate) fn config(call: &Call) -> Result<ConfigKey, Fault> {
    config_of(&call.params, call.generation)
}

/// As [`config`], from bare parameters.
pub(crate) fn config_of(params: &Params, generation: Generation) -> Result<ConfigKey, Fault> {
    let names = generation.config_names();
    let data_id = params.required("dataId")?;
    let group = params.required(names.group)?;
    Ok(ConfigKey::parse(params.or(names.namespace, ""), group, data_id)?)
}

impl From<NameError> for Fault {
    fn from(error: NameError) -> Self {
        Self::invalid(format!("Param check invalid: {error}"))
    }
}

impl From<ConfigNameError> for Fault {
    fn from(error: ConfigNameError) -> Self {
        Self::invalid(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(encoded: &str) -> Params {
        let mut params = Params::default();
        params.add_encoded(encoded.as_bytes()).unwrap();
        params
    }

    #[test]
    fn t11_a_service_is_the_same_however_it_is_named() {
        let grouped = service_of(&params("serviceName=G%40%40s&namespaceId=public")).unwrap();
        let split = service_of(&params("serviceName=s&groupName=G&namespaceId=")).unwrap();
        let both = service_of(&params("serviceName=G@@s&groupName=other")).unwrap();
        assert_eq!((&grouped, &grouped), (&split, &both));
        let plain = service_of(&params("serviceName=s")).unwrap();
        assert_eq!(plain.grouped_name(), "DEFAULT_GROUP@@s");
        assert_eq!(cluster(&params("clusterName=&cluster=c")).unwrap().as_str(), "c");
        assert_eq!(cluster(&params("")).unwrap(), ClusterName::default());
    }

    #[test]
    fn each_generation_has_its_names_of_one_item() {
        let first = config_of(&params("dataId=a&group=G&tenant=dev"), Generation::V1).unwrap();
        let second =
            config_of(&params("dataId=a&group=G&namespaceId=dev"), Generation::V2).unwrap();
        let third =
            config_of(&params("dataId=a&groupName=G&namespaceId=dev"), Generation::V3).unwrap();
        assert_eq!((&first, &first), (&second, &third));
        assert!(config_of(&params("dataId=a&group=G"), Generation::V3).is_err());
    }
}
