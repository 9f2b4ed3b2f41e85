//! Who registers and subscribes.

use std::{fmt, sync::Arc};

use compact_str::CompactString;
use seawall_clock::WallTime;

use crate::{ClusterName, InstanceAddress, ServiceKey};

/// Which of the connections that ever had one id; later ones have greater numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Generation(u64);

impl Generation {
    /// The generation with this number, for example that of the transport.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Who owns registrations and subscriptions. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientId {
    /// A client that holds a connection. What it registers goes with the connection.
    Connection {
        /// Id given out to the client.
        id: Arc<str>,
        /// Which connection of that id. A call of an older generation never touches
        /// what a newer one did.
        generation: Generation,
    },
    /// A client without a connection, known by the address it sends heartbeats for.
    Heartbeat {
        /// Its IP.
        ip: CompactString,
        /// Its port.
        port: u16,
    },
    /// Nobody's: a stored instance. Seen in answers only.
    Stored {
        /// Its IP.
        ip: CompactString,
        /// Its port.
        port: u16,
    },
}

impl ClientId {
    /// The client behind a connection.
    pub fn connection(id: impl Into<Arc<str>>, generation: Generation) -> Self {
        Self::Connection { id: id.into(), generation }
    }

    /// The client that sends heartbeats for `ip:port`.
    pub fn heartbeat(ip: impl Into<CompactString>, port: u16) -> Self {
        Self::Heartbeat { ip: ip.into(), port }
    }
}

/// The connection's id, or `ip:port#true` for a heartbeat client and
/// `ip:port#false` for a stored instance.
impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection { id, .. } => f.write_str(id),
            Self::Heartbeat { ip, port } => write!(f, "{ip}:{port}#true"),
            Self::Stored { ip, port } => write!(f, "{ip}:{port}#false"),
        }
    }
}

/// What a client tells of itself when it connects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// Where it comes from: `ip:port`.
    pub address: CompactString,
    /// Its library and version.
    pub agent: CompactString,
    /// Its application.
    pub app: CompactString,
}

/// One client's interest in one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// Who.
    pub client: ClientId,
    /// Where it comes from: `ip:port`.
    pub address: CompactString,
    /// Its library and version.
    pub agent: CompactString,
    /// Its application.
    pub app: CompactString,
    /// What it subscribed to.
    pub service: ServiceKey,
    /// The clusters it asked for; empty for all.
    pub clusters: Vec<ClusterName>,
}

/// One client's registration in one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publisher {
    /// Who.
    pub client: ClientId,
    /// What it registered.
    pub address: InstanceAddress,
    /// Where.
    pub service: ServiceKey,
}

/// What is known of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientDetail {
    /// Who.
    pub client: ClientId,
    /// What it told of itself.
    pub info: ClientInfo,
    /// When it connected.
    pub connected: WallTime,
    /// Services it has instances in.
    pub published: usize,
    /// Services it subscribes to.
    pub subscribed: usize,
}
