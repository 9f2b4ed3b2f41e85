//! A member that listens.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::answer::{Role, answer};
use super::wire;

/// A member on loopback. Dropping it ends it and all its connections.
#[derive(Debug)]
pub(crate) struct StandIn {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl StandIn {
    /// A member that takes writes.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("binding a stand-in")?;
        let address = listener.local_addr().context("binding a stand-in")?;
        let task = tokio::spawn(accept(listener, Arc::new(Mutex::new(Role::Primary))));
        Ok(Self { address, task })
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, role: Arc<Mutex<Role>>) {
    let mut connections = JoinSet::new();
    // Nobody connects any more when it fails, and the calls say so.
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(connection(stream, Arc::clone(&role)));
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(mut stream: TcpStream, role: Arc<Mutex<Role>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    while let Some(asked) = wire::read(&mut stream).await? {
        let answer = {
            let mut role = role.lock();
            let (answer, then) = answer(*role, &asked.command, &asked.documents);
            *role = then;
            answer
        };
        if asked.is_answered {
            wire::write(&mut stream, asked.id, &answer).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use mongodb::error::{ErrorKind, WriteFailure};

    use super::super::super::client::{Call, Client as _, Servers};
    use super::*;

    fn code(error: &mongodb::error::Error) -> Option<i32> {
        match &*error.kind {
            ErrorKind::Command(error) => Some(error.code),
            ErrorKind::Write(WriteFailure::WriteError(error)) => Some(error.code),
            _ => None,
        }
    }

    #[tokio::test]
    async fn the_client_of_mongodb_takes_it_for_mongodb() {
        let (one, other) = (StandIn::start().await.unwrap(), StandIn::start().await.unwrap());
        let servers = Servers { primary: one.address(), other: other.address() };
        let client = mongodb::Client::connect(servers.primary).await.unwrap();
        client.run(Call::Read).await.unwrap();
        client.run(Call::Write).await.unwrap();
        assert_eq!(code(&client.run(Call::Wrong(0)).await.unwrap_err()), Some(11_000));
        assert_eq!(code(&client.run(Call::Wrong(1)).await.unwrap_err()), Some(112));

        mongodb::Client::fail_over(servers).await.unwrap();
        client.run(Call::Read).await.unwrap();
        assert_eq!(code(&client.run(Call::Write).await.unwrap_err()), Some(10_107));
        let client = mongodb::Client::connect(servers.other).await.unwrap();
        client.run(Call::Write).await.unwrap();
    }
}
