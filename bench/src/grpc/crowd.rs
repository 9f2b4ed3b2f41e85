//! Many clients at once.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use tokio::task::JoinSet;

use super::client::Client;
use super::listener::{Arrivals, Listener};

/// Clients of one source address; a fleet does not come from a single machine.
const CLIENTS_PER_SOURCE: u32 = 100;

/// Connections being opened at once.
const OPENING: usize = 64;

/// Connected clients by number. Dropping it closes all connections.
#[derive(Debug)]
pub(crate) struct Crowd<C>(Arc<Vec<C>>);

impl Crowd<Client> {
    /// Clients that make calls, and do nothing with pushes but acknowledge them.
    pub(crate) async fn calling(server: SocketAddr, count: u32) -> anyhow::Result<Self> {
        Self::connect(count, |number| Client::connect(server, source(number))).await
    }
}

impl Crowd<Listener> {
    /// Clients that listen; `arrivals` makes what each does with pushes.
    pub(crate) async fn listening(
        server: SocketAddr,
        count: u32,
        arrivals: impl Fn() -> Arrivals,
    ) -> anyhow::Result<Self> {
        Self::connect(count, |number| Listener::connect(server, source(number), arrivals())).await
    }

    /// Says on standard error how many connections ended by themselves, and why the
    /// first of them did. Their pushes are lost and counted as such.
    pub(crate) fn report_ended(&self) {
        let ended: Vec<&str> = self.0.iter().filter_map(Listener::end).collect();
        if let Some(first) = ended.first() {
            eprintln!("{} connections ended, the first: {first}", ended.len());
        }
    }
}

impl<C: Send + 'static> Crowd<C> {
    async fn connect<Connected>(
        count: u32,
        connect: impl Fn(u32) -> Connected,
    ) -> anyhow::Result<Self>
    where
        Connected: Future<Output = anyhow::Result<C>> + Send + 'static,
    {
        let mut opening = JoinSet::new();
        let mut clients = Vec::new();
        for number in 0..count {
            if opening.len() >= OPENING {
                clients.push(joined(opening.join_next().await)?);
            }
            let connected = connect(number);
            opening.spawn(async move { connected.await.map(|client| (number, client)) });
        }
        while let Some(ended) = opening.join_next().await {
            clients.push(joined(Some(ended))?);
        }
        clients.sort_by_key(|(number, _)| *number);
        Ok(Self(Arc::new(clients.into_iter().map(|(_, client)| client).collect())))
    }
}

impl<C: Clone> Crowd<C> {
    /// The client whose turn it is at operation `index`.
    pub(crate) fn turn(&self, index: u64) -> anyhow::Result<C> {
        let count = u64::try_from(self.0.len())?;
        let number = usize::try_from(index % count.max(1))?;
        self.0.get(number).cloned().context("a crowd of nobody")
    }
}

impl<C> Clone for Crowd<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

type Joined<C> = Result<anyhow::Result<(u32, C)>, tokio::task::JoinError>;

fn joined<C>(ended: Option<Joined<C>>) -> anyhow::Result<(u32, C)> {
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
