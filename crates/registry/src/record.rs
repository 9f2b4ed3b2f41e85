//! What is stored, in the form it is stored in, and its way from and to the domain.

use std::{collections::BTreeMap, sync::Arc};

use seawall_store::record::{Record, RecordError};
use seawall_topology::Selector;

use crate::{
    ClusterDefinition, ClusterName, HealthChecker, Instance, InstanceAddress, InstanceId, Secret,
    ServiceDefinition, core::Overlay,
};

/// A declared service.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ServiceRecord {
    #[prost(btree_map = "string, string", tag = "1")]
    metadata: BTreeMap<String, String>,
    #[prost(float, tag = "2")]
    protect_threshold: f32,
    #[prost(string, tag = "3")]
    selector: String,
    #[prost(bool, optional, tag = "4")]
    ephemeral: Option<bool>,
    #[prost(message, repeated, tag = "5")]
    clusters: Vec<ClusterRecord>,
}

/// A declared cluster.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ClusterRecord {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(uint32, optional, tag = "2")]
    check_port: Option<u32>,
    #[prost(btree_map = "string, string", tag = "3")]
    metadata: BTreeMap<String, String>,
    #[prost(oneof = "CheckerRecord", tags = "4, 5, 6, 7")]
    checker: Option<CheckerRecord>,
}

/// A declared check.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum CheckerRecord {
    #[prost(message, tag = "4")]
    None(EmptyRecord),
    #[prost(message, tag = "5")]
    Tcp(EmptyRecord),
    #[prost(message, tag = "6")]
    Http(HttpRecord),
    #[prost(message, tag = "7")]
    Mysql(MysqlRecord),
}

/// Nothing to say.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EmptyRecord {}

/// An HTTP check.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HttpRecord {
    #[prost(string, tag = "1")]
    path: String,
    #[prost(btree_map = "string, string", tag = "2")]
    headers: BTreeMap<String, String>,
    #[prost(uint32, tag = "3")]
    expected_status: u32,
}

/// A MySQL check.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MysqlRecord {
    #[prost(string, tag = "1")]
    user: String,
    #[prost(string, tag = "2")]
    password: String,
    #[prost(string, tag = "3")]
    statement: String,
}

/// A stored instance; its address is in the key.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct InstanceRecord {
    #[prost(double, tag = "1")]
    weight: f64,
    #[prost(bool, tag = "2")]
    healthy: bool,
    #[prost(bool, tag = "3")]
    enabled: bool,
    #[prost(btree_map = "string, string", tag = "4")]
    metadata: BTreeMap<String, String>,
    #[prost(string, tag = "5")]
    id: String,
}

/// Operators' edits of an instance; its address is in the key.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EditRecord {
    #[prost(double, optional, tag = "1")]
    weight: Option<f64>,
    #[prost(bool, optional, tag = "2")]
    enabled: Option<bool>,
    #[prost(bool, tag = "3")]
    replaces_metadata: bool,
    #[prost(btree_map = "string, string", tag = "4")]
    set: BTreeMap<String, String>,
    #[prost(string, repeated, tag = "5")]
    removed: Vec<String>,
}

/// The latest time any service had, in milliseconds since the epoch.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TimeRecord {
    #[prost(uint64, tag = "1")]
    pub(crate) ref_time: u64,
}

/// About how many ephemeral instances a service has.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PopulatedRecord {
    #[prost(uint64, tag = "1")]
    pub(crate) instances: u64,
}

macro_rules! records {
    ($($record:ident = $kind:literal;)*) => {$(
        impl Record for $record {
            const KIND: &'static str = $kind;
            const VERSION: u8 = 1;
        }
    )*};
}

records! {
    ServiceRecord = "service definition";
    InstanceRecord = "stored instance";
    EditRecord = "instance edit";
    TimeRecord = "registry time";
    PopulatedRecord = "populated service";
}

fn malformed<R: Record>(reason: impl ToString) -> RecordError {
    RecordError::Malformed { kind: R::KIND, reason: reason.to_string() }
}

impl From<&ServiceDefinition> for ServiceRecord {
    fn from(definition: &ServiceDefinition) -> Self {
        Self {
            metadata: definition.metadata.clone(),
            protect_threshold: definition.protect_threshold,
            selector: definition.selector.to_string(),
            ephemeral: definition.ephemeral,
            clusters: definition.clusters.iter().map(cluster_record).collect(),
        }
    }
}

impl TryFrom<ServiceRecord> for ServiceDefinition {
    type Error = RecordError;

    fn try_from(record: ServiceRecord) -> Result<Self, RecordError> {
        let selector: Selector = record.selector.parse().map_err(malformed::<ServiceRecord>)?;
        Ok(Self {
            metadata: record.metadata,
            protect_threshold: record.protect_threshold,
            selector,
            ephemeral: record.ephemeral,
            clusters: record.clusters.into_iter().map(cluster_of).collect::<Result<_, _>>()?,
        })
    }
}

fn cluster_record((name, cluster): (&ClusterName, &ClusterDefinition)) -> ClusterRecord {
    let checker = match cluster.checker.clone() {
        HealthChecker::None => CheckerRecord::None(EmptyRecord {}),
        HealthChecker::Tcp => CheckerRecord::Tcp(EmptyRecord {}),
        HealthChecker::Http { path, headers, expected_status } => {
            let expected_status = expected_status.into();
            CheckerRecord::Http(HttpRecord { path, headers, expected_status })
        }
        HealthChecker::Mysql { user, password, statement } => {
            CheckerRecord::Mysql(MysqlRecord { user, password: password.0, statement })
        }
    };
    ClusterRecord {
        name: name.to_string(),
        check_port: cluster.check_port.map(u32::from),
        metadata: cluster.metadata.clone(),
        checker: Some(checker),
    }
}

fn cluster_of(record: ClusterRecord) -> Result<(ClusterName, ClusterDefinition), RecordError> {
    let number = |n: u32| u16::try_from(n).map_err(malformed::<ServiceRecord>);
    let checker = match record.checker {
        Some(CheckerRecord::None(_)) => HealthChecker::None,
        // A check this version does not know is followed by the simplest one.
        None | Some(CheckerRecord::Tcp(_)) => HealthChecker::Tcp,
        Some(CheckerRecord::Http(http)) => HealthChecker::Http {
            path: http.path,
            headers: http.headers,
            expected_status: number(http.expected_status)?,
        },
        Some(CheckerRecord::Mysql(mysql)) => HealthChecker::Mysql {
            user: mysql.user,
            password: Secret(mysql.password),
            statement: mysql.statement,
        },
    };
    let check_port = record.check_port.map(number).transpose()?;
    let name = record.name.parse().map_err(malformed::<ServiceRecord>)?;
    Ok((name, ClusterDefinition { checker, check_port, metadata: record.metadata }))
}

impl From<&Instance> for InstanceRecord {
    fn from(instance: &Instance) -> Self {
        Self {
            weight: instance.weight,
            healthy: instance.healthy,
            enabled: instance.enabled,
            metadata: (*instance.metadata).clone(),
            id: match &instance.id {
                InstanceId::Derived => String::new(),
                InstanceId::Given(id) => id.as_ref().to_owned(),
            },
        }
    }
}

impl InstanceRecord {
    /// The same instance, registered as healthy or not.
    pub(crate) fn with_health(self, healthy: bool) -> Self {
        Self { healthy, ..self }
    }

    /// The instance that is stored for `address`.
    pub(crate) fn at(self, address: InstanceAddress) -> Instance {
        Instance {
            ip: address.ip,
            port: address.port,
            cluster: address.cluster,
            weight: self.weight,
            healthy: self.healthy,
            enabled: self.enabled,
            ephemeral: false,
            metadata: Arc::new(self.metadata),
            id: match self.id.as_str() {
                "" => InstanceId::Derived,
                id => InstanceId::Given(id.into()),
            },
        }
    }
}

impl From<Overlay> for EditRecord {
    fn from(overlay: Overlay) -> Self {
        Self {
            weight: overlay.weight,
            enabled: overlay.enabled,
            replaces_metadata: overlay.replaces_metadata,
            set: overlay.set,
            removed: overlay.removed.into_iter().collect(),
        }
    }
}

impl From<EditRecord> for Overlay {
    fn from(record: EditRecord) -> Self {
        Self {
            weight: record.weight,
            enabled: record.enabled,
            replaces_metadata: record.replaces_metadata,
            set: record.set,
            removed: record.removed.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use seawall_store::record::{decode, encode};

    use super::*;

    fn labels(value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("k".to_owned(), value.to_owned())])
    }

    #[test]
    fn a_definition_is_read_as_it_was_written() {
        let http = HealthChecker::Http {
            path: "/up".to_owned(),
            headers: labels("v"),
            expected_status: 204,
        };
        let mysql = HealthChecker::Mysql {
            user: "u".to_owned(),
            password: Secret("p".to_owned()),
            statement: "select 1".to_owned(),
        };
        let checkers = [HealthChecker::None, HealthChecker::Tcp, http, mysql];
        let clusters = checkers.into_iter().enumerate().map(|(number, checker)| {
            let cluster =
                ClusterDefinition { checker, check_port: Some(80), metadata: labels("c") };
            (format!("c{number}").parse().unwrap(), cluster)
        });
        let definition = ServiceDefinition {
            metadata: labels("m"),
            protect_threshold: 0.5,
            selector: "zone in (a, b)".parse().unwrap(),
            ephemeral: Some(false),
            clusters: clusters.collect(),
        };
        let bytes = encode(&ServiceRecord::from(&definition));
        let read: ServiceRecord = decode(&bytes).unwrap();
        assert_eq!(ServiceDefinition::try_from(read), Ok(definition));
    }

    #[test]
    fn an_instance_of_the_first_form_stays_readable() {
        let bytes = b"\x01\x09\0\0\0\0\0\0\x00\x40\x10\x01\x18\x01\x22\x06\x0a\x01k\x12\x01v";
        let address = InstanceAddress::new("10.0.0.1", 80, ClusterName::default());
        let instance = decode::<InstanceRecord>(bytes).unwrap().at(address);
        assert_eq!((instance.weight, instance.healthy, instance.enabled), (2.0, true, true));
        assert_eq!((&*instance.metadata, instance.ephemeral), (&labels("v"), false));
        assert_eq!(&*encode(&InstanceRecord::from(&instance)), bytes);
    }

    #[test]
    fn edits_are_read_as_they_were_written() {
        let overlay = Overlay {
            weight: Some(0.0),
            enabled: Some(false),
            replaces_metadata: true,
            set: labels("v"),
            removed: ["x".to_owned()].into(),
        };
        let bytes = encode(&EditRecord::from(overlay.clone()));
        assert_eq!(Overlay::from(decode::<EditRecord>(&bytes).unwrap()), overlay);
    }
}
