//! The server under load.

use std::net::{Ipv4Addr, SocketAddr};

use crate::watched::Watched;

/// Where the server listens and which process it is.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Target {
    /// Port of its HTTP door on loopback
    #[arg(long, global = true, default_value_t = 8848)]
    http_port: u16,
    /// Port of its gRPC door on loopback
    #[arg(long, global = true, default_value_t = 9848)]
    grpc_port: u16,
    /// Its process id, to read its processor time and memory
    #[arg(long, global = true)]
    pid: Option<u32>,
}

impl Target {
    /// The HTTP door.
    pub(crate) const fn http(&self) -> SocketAddr {
        loopback(self.http_port)
    }

    /// The gRPC door.
    pub(crate) const fn grpc(&self) -> SocketAddr {
        loopback(self.grpc_port)
    }

    /// The process behind the doors.
    pub(crate) fn watched(&self) -> anyhow::Result<Watched> {
        let pid = self.pid.ok_or_else(|| anyhow::anyhow!("--pid is needed for this load"))?;
        Ok(Watched::new(pid))
    }
}

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}
