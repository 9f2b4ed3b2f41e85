//! Where in the store the registry keeps what.

use seawall_store::Key;

use crate::{ClusterName, InstanceAddress, ServiceKey};

/// Everything the registry follows: definitions, instances, edits.
const STORED: &str = "registry";
const SERVICE: &str = "service";
const INSTANCE: &str = "instance";
const EDIT: &str = "edit";

/// What the registry remembers of itself across restarts; nobody follows it.
const MEMORY: &str = "registry-memory";
const TIME: &str = "time";
const POPULATED: &str = "populated";

/// The prefix of all that is followed.
pub(crate) fn stored() -> Key {
    Key::of_parts([STORED])
}

/// The definition of a service.
pub(crate) fn definition(service: &ServiceKey) -> Key {
    Key::of_parts([
        STORED,
        SERVICE,
        service.namespace.as_str(),
        service.group.as_str(),
        service.name.as_str(),
    ])
}

/// A stored instance.
pub(crate) fn instance(service: &ServiceKey, address: &InstanceAddress) -> Key {
    at_address(INSTANCE, service, address)
}

/// The operators' edits of an instance.
pub(crate) fn edit(service: &ServiceKey, address: &InstanceAddress) -> Key {
    at_address(EDIT, service, address)
}

/// The prefix of all that is remembered.
pub(crate) fn memory() -> Key {
    Key::of_parts([MEMORY])
}

/// The latest time any service had.
pub(crate) fn memory_time() -> Key {
    Key::of_parts([MEMORY, TIME])
}

/// That a service has ephemeral instances.
pub(crate) fn memory_populated(service: &ServiceKey) -> Key {
    Key::of_parts([
        MEMORY,
        POPULATED,
        service.namespace.as_str(),
        service.group.as_str(),
        service.name.as_str(),
    ])
}

fn at_address(kind: &str, service: &ServiceKey, address: &InstanceAddress) -> Key {
    let port = compact_str::format_compact!("{}", address.port);
    Key::of_parts([
        STORED,
        kind,
        service.namespace.as_str(),
        service.group.as_str(),
        service.name.as_str(),
        address.cluster.as_str(),
        &address.ip,
        &port,
    ])
}

/// What a key under [`stored`] or [`memory`] is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A definition.
    Definition(ServiceKey),
    /// A stored instance.
    Instance(ServiceKey, InstanceAddress),
    /// Edits of an instance.
    Edit(ServiceKey, InstanceAddress),
    /// The latest time.
    MemoryTime,
    /// A service that has ephemeral instances.
    MemoryPopulated(ServiceKey),
}

/// What `key` is about; `None` if the registry did not write it.
pub(crate) fn subject(key: &Key) -> Option<Subject> {
    let parts = key.parts()?;
    match *parts.as_slice() {
        [STORED, SERVICE, namespace, group, name] => {
            service_of(namespace, group, name).map(Subject::Definition)
        }
        [STORED, INSTANCE, namespace, group, name, cluster, ip, port] => Some(Subject::Instance(
            service_of(namespace, group, name)?,
            address_of(cluster, ip, port)?,
        )),
        [STORED, EDIT, namespace, group, name, cluster, ip, port] => {
            Some(Subject::Edit(service_of(namespace, group, name)?, address_of(cluster, ip, port)?))
        }
        [MEMORY, TIME] => Some(Subject::MemoryTime),
        [MEMORY, POPULATED, namespace, group, name] => {
            service_of(namespace, group, name).map(Subject::MemoryPopulated)
        }
        _ => None,
    }
}

fn service_of(namespace: &str, group: &str, name: &str) -> Option<ServiceKey> {
    let namespace = namespace.parse().ok()?;
    Some(ServiceKey { namespace, group: group.parse().ok()?, name: name.parse().ok()? })
}

fn address_of(cluster: &str, ip: &str, port: &str) -> Option<InstanceAddress> {
    let cluster: ClusterName = cluster.parse().ok()?;
    Some(InstanceAddress::new(ip, port.parse().ok()?, cluster))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        let service = ServiceKey::parse("dev".parse().unwrap(), "g", "a/b:c").unwrap();
        let address = InstanceAddress::new("::1", 8080, "c1".parse().unwrap());
        let table = [
            (definition(&service), Subject::Definition(service.clone())),
            (instance(&service, &address), Subject::Instance(service.clone(), address.clone())),
            (edit(&service, &address), Subject::Edit(service.clone(), address)),
            (memory_time(), Subject::MemoryTime),
            (memory_populated(&service), Subject::MemoryPopulated(service)),
        ];
        for (key, expected) in table {
            assert!(key.starts_with(&stored()) != key.starts_with(&memory()), "{key:?}");
            assert_eq!(subject(&key), Some(expected), "{key:?}");
        }
        assert_eq!(subject(&Key::of_parts(["registry", "other"])), None);
    }
}
