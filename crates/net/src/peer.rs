//! Who is at the other end of a connection.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::atomic::{AtomicU64, Ordering},
};

use tokio_util::sync::CancellationToken;

use crate::BodyBudget;

/// Number of a connection, unique in the life of the process and never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(u64);

impl ConnectionId {
    /// The id with this number, for tests and for ids read back from text.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    pub(crate) fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One connection, seen from a request. Every request served by a door has an
/// `Arc<Peer>` among its extensions; requests of one transport share one `Peer`.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The transport's id.
    pub connection: ConnectionId,
    /// Where the connection comes from.
    pub remote: SocketAddr,
    /// The address it was made to.
    pub local: SocketAddr,
    /// What is known from TLS; `None` on a plain connection.
    pub tls: Option<TlsPeer>,
    /// Cancelled when the transport is gone, for whatever reason.
    pub closed: CancellationToken,
    /// Cancel it to have the door cut the transport at once.
    pub cut: CancellationToken,
    /// Bounds what is read of requests before they are whole, over all connections.
    pub bodies: BodyBudget,
}

/// What a TLS handshake told about the peer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsPeer {
    /// The server name the client asked for.
    pub server_name: Option<String>,
    /// DNS and URI names in the client's certificate, in its order. Empty when it
    /// showed none. A certificate that does not lead to the client CA never gets here.
    pub names: Vec<String>,
}

impl Peer {
    /// A peer on a plain connection with an id of its own.
    pub fn new(remote: SocketAddr, local: SocketAddr) -> Self {
        Self {
            connection: ConnectionId::next(),
            remote,
            local,
            tls: None,
            closed: CancellationToken::new(),
            cut: CancellationToken::new(),
            bodies: BodyBudget::default(),
        }
    }

    /// The remote address without its port, IPv4 also where it was mapped into IPv6.
    pub fn ip(&self) -> IpAddr {
        self.remote.ip().to_canonical()
    }
}
