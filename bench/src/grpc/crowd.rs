//! Many clients at once.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use tokio::task::JoinSet;

use super::client::{Client, Pushes};

/// Clients of one source address; a fleet does not come from a single machine.
const CLIENTS_PER_SOURCE: u32 = 100;

/// Connections being opened at once.
const OPENING: usize = 64;

/// Connected clients by number. Dropping it closes all connections.
#[derive(Debug, Clone)]
pub(crate) struct Crowd(Arc<Vec<Client>>);

impl Crowd {
    /// Connects `count` clients; `pushes` makes what client number N does with pushes.
    pub(crate) async fn connect(
        server: SocketAddr,
        count: u32,
        pushes: impl Fn(u32) -> Pushes,
    ) -> anyhow::Result<Self> {
        let mut opening = JoinSet::new();
        let mut clients = Vec::new();
        for number in 0..count {
            if opening.len() >= OPENING {
                clients.push(joined(opening.join_next().await)?);
            }
            let push = pushes(number);
            opening.spawn(async move {
                let client = Client::connect(server, source(number), push).await;
                client.map(|client| (number, client))
            });
        }
        while let Some(ended) = opening.join_next().await {
            clients.push(joined(Some(ended))?);
        }
        clients.sort_by_key(|(number, _)| *number);
        Ok(Self(Arc::new(clients.into_iter().map(|(_, client)| client).collect())))
    }

    /// Clients that do nothing with pushes but acknowledge them.
    pub(crate) async fn quiet(server: SocketAddr, count: u32) -> anyhow::Result<Self> {
        Self::connect(server, count, |_| Arc::new(|_: &str, _: &bytes::Bytes| {})).await
    }

    /// The client whose turn it is at operation `index`.
    pub(crate) fn turn(&self, index: u64) -> anyhow::Result<Client> {
        let count = u64::try_from(self.0.len())?;
        let number = usize::try_from(index % count.max(1))?;
        self.0.get(number).cloned().context("a crowd of nobody")
    }
}

type Joined = Result<anyhow::Result<(u32, Client)>, tokio::task::JoinError>;

fn joined(ended: Option<Joined>) -> anyhow::Result<(u32, Client)> {
    ended.context("no client was connecting")?.context("connecting a client")?
}

/// Loopback addresses from 127.0.1.1 on, one for every hundred clients.
fn source(number: u32) -> Ipv4Addr {
    let base = u32::from(Ipv4Addr::new(127, 0, 1, 1));
    Ipv4Addr::from(base + number / CLIENTS_PER_SOURCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_loopback_and_serves_a_hundred_clients() {
        assert_eq!(source(0), Ipv4Addr::new(127, 0, 1, 1));
        assert_eq!(source(99), source(0));
        assert_eq!(source(100), Ipv4Addr::new(127, 0, 1, 2));
        assert!(source(50_000).is_loopback());
    }
}
