//! A connection to the server from an address of the fleet.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context as _;
use tokio::net::{TcpSocket, TcpStream};

/// Connects from `source`, without Nagle's delay.
pub(super) async fn dial(server: SocketAddr, source: Ipv4Addr) -> anyhow::Result<TcpStream> {
    let socket = TcpSocket::new_v4().context("making a socket")?;
    socket.bind((source, 0).into()).context("binding a source address")?;
    let stream = socket.connect(server).await.context("connecting")?;
    stream.set_nodelay(true).context("setting no delay")?;
    Ok(stream)
}
