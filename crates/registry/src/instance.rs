//! An instance: one address that serves.

use std::sync::{Arc, OnceLock};

use compact_str::CompactString;
use seawall_topology::Labels;

use crate::{ClusterName, ServiceKey};

/// Longest accepted host, in bytes: a DNS name (RFC 1035, 2.3.4).
const IP_BYTES_MAX: usize = 255;

/// Longest accepted id, in bytes. A derived one of the longest names is longer than
/// what clients choose.
const ID_BYTES_MAX: usize = 512;

/// Weights outside are pulled to the nearest accepted one.
const WEIGHT_MAX: f64 = 10_000.0;
/// Smallest weight above zero.
const WEIGHT_MIN: f64 = 0.01;

/// Where an instance is, which is also what tells it from others of its service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceAddress {
    /// IP address or host name.
    pub ip: CompactString,
    /// Port.
    pub port: u16,
    /// Cluster.
    pub cluster: ClusterName,
}

/// Id of an instance as clients see it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum InstanceId {
    /// Made of address, cluster and service; see [`Instance::id_in`].
    #[default]
    Derived,
    /// Chosen by the client.
    Given(Arc<str>),
}

/// One address of a service, as registered and as shown to subscribers.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// IP address or host name.
    pub ip: CompactString,
    /// Port.
    pub port: u16,
    /// Cluster inside the service.
    pub cluster: ClusterName,
    /// Share of the traffic it should get, 0 to 10,000; 0 means none.
    pub weight: f64,
    /// Whether it is believed to work.
    pub healthy: bool,
    /// Whether it wants traffic; a disabled instance is never shown to subscribers.
    pub enabled: bool,
    /// Whether it goes away with its client; otherwise it is stored.
    pub ephemeral: bool,
    /// Labels given by the client and edited by operators. Shared when equal.
    pub metadata: Arc<Labels>,
    /// Id.
    pub id: InstanceId,
}

/// Why an instance cannot be registered; the client must change it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstanceError {
    /// The IP is empty, too long or has blanks.
    #[error("`{ip}` is not an IP address or host name")]
    Ip {
        /// What was given.
        ip: String,
    },
    /// The weight is not a number.
    #[error("weight is not a number")]
    Weight,
    /// The id the client chose is too long.
    #[error("the instance id has {bytes} bytes; at most {max} are allowed")]
    Id {
        /// Its length.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The metadata is too large.
    #[error("metadata has {bytes} bytes; at most {max} are allowed")]
    Metadata {
        /// Its size: all keys and values.
        bytes: usize,
        /// The limit.
        max: usize,
    },
}

impl Instance {
    /// A healthy, enabled, ephemeral instance of weight 1 in the default cluster.
    pub fn new(ip: impl Into<CompactString>, port: u16) -> Self {
        Self {
            ip: ip.into(),
            port,
            cluster: ClusterName::default(),
            weight: 1.0,
            healthy: true,
            enabled: true,
            ephemeral: true,
            metadata: no_metadata(),
            id: InstanceId::Derived,
        }
    }

    /// Where it is.
    pub fn address(&self) -> InstanceAddress {
        InstanceAddress { ip: self.ip.clone(), port: self.port, cluster: self.cluster.clone() }
    }

    /// Its id as an instance of `service`: the given one, or
    /// `ip#port#cluster#group@@service`.
    pub fn id_in(&self, service: &ServiceKey) -> String {
        match &self.id {
            InstanceId::Given(id) => id.as_ref().to_owned(),
            InstanceId::Derived => {
                format!("{}#{}#{}#{}", self.ip, self.port, self.cluster, service.grouped_name())
            }
        }
    }

    /// Checks what can be wrong and pulls the weight into its range.
    pub(crate) fn admit(mut self, metadata_bytes_max: usize) -> Result<Self, InstanceError> {
        check_host(&self.ip)?;
        self.weight = accepted_weight(self.weight)?;
        check_metadata(&self.metadata, metadata_bytes_max)?;
        match &self.id {
            InstanceId::Given(id) if id.len() > ID_BYTES_MAX => {
                Err(InstanceError::Id { bytes: id.len(), max: ID_BYTES_MAX })
            }
            InstanceId::Given(_) | InstanceId::Derived => Ok(self),
        }
    }
}

impl InstanceAddress {
    /// The address `ip:port` in `cluster`.
    pub fn new(ip: impl Into<CompactString>, port: u16, cluster: ClusterName) -> Self {
        Self { ip: ip.into(), port, cluster }
    }
}

/// What an operator changes on an instance. Edits outlive a new registration of
/// the same address.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InstanceEdit {
    /// New weight; `None` leaves it.
    pub weight: Option<f64>,
    /// Enables or disables; `None` leaves it.
    pub enabled: Option<bool>,
    /// What happens to the metadata.
    pub metadata: MetadataEdit,
}

/// How an edit changes metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum MetadataEdit {
    /// Leaves it.
    #[default]
    Keep,
    /// These keys get these values; others stay.
    Merge(Labels),
    /// These keys are taken away.
    Remove(Vec<String>),
    /// These keys get these values; what earlier edits set or took away is as the
    /// instance registered it again.
    Over(Labels),
    /// This is all the metadata there is.
    Replace(Labels),
}

/// The one empty metadata everybody without metadata shares.
pub fn no_metadata() -> Arc<Labels> {
    static NONE: OnceLock<Arc<Labels>> = OnceLock::new();
    NONE.get_or_init(Arc::default).clone()
}

pub(crate) fn check_host(ip: &str) -> Result<(), InstanceError> {
    let fits = !ip.is_empty() && ip.len() <= IP_BYTES_MAX;
    // A `#` would make derived ids ambiguous.
    if fits && ip.chars().all(|c| c.is_ascii_graphic() && c != '#') {
        return Ok(());
    }
    Err(InstanceError::Ip { ip: ip.chars().take(64).collect() })
}

pub(crate) fn accepted_weight(weight: f64) -> Result<f64, InstanceError> {
    match weight {
        w if w.is_nan() => Err(InstanceError::Weight),
        w if w <= 0.0 => Ok(0.0),
        w => Ok(w.clamp(WEIGHT_MIN, WEIGHT_MAX)),
    }
}

pub(crate) fn check_metadata(metadata: &Labels, max: usize) -> Result<(), InstanceError> {
    let bytes = metadata.iter().map(|(key, value)| key.len() + value.len()).sum();
    if bytes > max {
        return Err(InstanceError::Metadata { bytes, max });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use seawall_topology::Namespace;

    use super::*;

    #[test]
    fn a_derived_id_names_address_and_service() {
        let service = ServiceKey::parse(Namespace::public(), "g", "s").unwrap();
        assert_eq!(Instance::new("10.0.0.1", 80).id_in(&service), "10.0.0.1#80#DEFAULT#g@@s");
    }

    #[test]
    fn weights_are_pulled_into_range_and_nonsense_is_refused() {
        let table = [(-1.0, 0.0), (0.0, 0.0), (0.001, 0.01), (5.0, 5.0), (1e9, 10_000.0)];
        for (given, kept) in table {
            assert_eq!(accepted_weight(given), Ok(kept), "{given}");
        }
        assert_eq!(accepted_weight(f64::NAN), Err(InstanceError::Weight));
        assert!(Instance::new("", 1).admit(1024).is_err());
        assert!(Instance::new("10.0.0.1 ", 1).admit(1024).is_err());
    }

    #[test]
    fn an_id_over_the_limit_is_refused_with_its_size() {
        let named = |bytes: usize| Instance {
            id: InstanceId::Given("i".repeat(bytes).into()),
            ..Instance::new("10.0.0.1", 1)
        };
        assert!(named(ID_BYTES_MAX).admit(0).is_ok());
        let refused = InstanceError::Id { bytes: ID_BYTES_MAX + 1, max: ID_BYTES_MAX };
        assert_eq!(named(ID_BYTES_MAX + 1).admit(0), Err(refused));
    }

    #[test]
    fn metadata_over_the_limit_is_refused_with_its_size() {
        let mut instance = Instance::new("10.0.0.1", 1);
        instance.metadata = Arc::new(Labels::from([("k".to_owned(), "v".repeat(9))]));
        assert!(instance.clone().admit(10).is_ok());
        assert_eq!(instance.admit(9), Err(InstanceError::Metadata { bytes: 10, max: 9 }));
    }
}
