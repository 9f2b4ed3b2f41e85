//! A proxy that breaks on command.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::line::{Delay, carry};

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// Connections are accepted; on these and those that were there before, nothing moves.
    BlackHole,
    /// Connections are reset, and new ones as soon as they are accepted.
    Reset,
    /// Answers take long.
    Slow,
}

/// A proxy on loopback. Dropping it ends it and all its connections.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    faults: watch::Sender<Fault>,
    accepted: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// A proxy to `store`, whose answers take `delay`.
    pub(crate) async fn start(store: SocketAddr, delay: Delay) -> anyhow::Result<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("binding a proxy")?;
        let address = listener.local_addr().context("binding a proxy")?;
        let (faults, seen) = watch::channel(Fault::None);
        let accepted = Arc::<AtomicU64>::default();
        let task = tokio::spawn(accept(listener, store, delay, seen, Arc::clone(&accepted)));
        Ok(Self { address, faults, accepted, task })
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks it, or mends it.
    pub(crate) fn set(&self, fault: Fault) {
        self.faults.send_replace(fault);
    }

    /// How many connections it has accepted.
    pub(crate) fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(
    listener: TcpListener,
    store: SocketAddr,
    delay: Delay,
    faults: watch::Receiver<Fault>,
    accepted: Arc<AtomicU64>,
) {
    let mut connections = JoinSet::new();
    // Nobody connects any more when it fails, and the calls say so.
    while let Ok((client, _)) = listener.accept().await {
        accepted.fetch_add(1, Ordering::Relaxed);
        connections.spawn(connection(client, store, delay, faults.clone()));
        while connections.try_join_next().is_some() {}
    }
}

/// One connection, to its end.
async fn connection(
    mut client: TcpStream,
    store: SocketAddr,
    delay: Delay,
    mut faults: watch::Receiver<Fault>,
) {
    let seen = faults.clone();
    let was_reset = tokio::select! {
        biased;
        reset = faults.wait_for(|fault| *fault == Fault::Reset) => reset.is_ok(),
        // How it ended, the other side has seen.
        _ = forward(&mut client, store, delay, seen) => false,
    };
    if was_reset {
        // Closing says RST then, and not FIN.
        SockRef::from(&client).set_linger(Some(Duration::ZERO)).ok();
    }
}

async fn forward(
    client: &mut TcpStream,
    store: SocketAddr,
    delay: Delay,
    mut faults: watch::Receiver<Fault>,
) -> io::Result<()> {
    faults.wait_for(|fault| *fault != Fault::BlackHole).await.map_err(io::Error::other)?;
    let mut store = TcpStream::connect(store).await?;
    client.set_nodelay(true)?;
    store.set_nodelay(true)?;
    let (from_client, to_client) = client.split();
    let (from_store, to_store) = store.split();
    let asked = carry(from_client, to_store, &faults, Delay::NONE);
    let answered = carry(from_store, to_client, &faults, delay);
    tokio::try_join!(asked, answered).map(|_: ((), ())| ())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::{Instant, timeout};

    use super::*;

    const SOON: Duration = Duration::from_millis(50);
    const PATIENCE: Duration = Duration::from_secs(10);
    const DELAY: Delay = Delay { well: Duration::ZERO, slow: Duration::from_millis(100) };

    /// Sends back whatever comes.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    tokio::io::copy(&mut read, &mut write).await
                });
            }
        });
        address
    }

    async fn said(stream: &mut TcpStream) -> io::Result<u8> {
        stream.write_u8(7).await?;
        timeout(PATIENCE, stream.read_u8()).await.unwrap()
    }

    #[tokio::test]
    async fn what_a_black_hole_holds_goes_on_when_it_is_gone() {
        let proxy = Proxy::start(echo().await, DELAY).await.unwrap();
        let mut old = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(said(&mut old).await.unwrap(), 7);
        proxy.set(Fault::BlackHole);
        let mut new = TcpStream::connect(proxy.address()).await.unwrap();
        for stream in [&mut old, &mut new] {
            stream.write_u8(9).await.unwrap();
            assert!(timeout(SOON, stream.read_u8()).await.is_err(), "an answer from a black hole");
        }
        proxy.set(Fault::None);
        for stream in [&mut old, &mut new] {
            assert_eq!(timeout(PATIENCE, stream.read_u8()).await.unwrap().unwrap(), 9);
        }
        assert_eq!(proxy.accepted(), 2);
    }

    #[tokio::test]
    async fn old_and_new_connections_are_reset() {
        let proxy = Proxy::start(echo().await, DELAY).await.unwrap();
        let mut old = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(said(&mut old).await.unwrap(), 7);
        proxy.set(Fault::Reset);
        let ended = timeout(PATIENCE, old.read_u8()).await.unwrap().unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::ConnectionReset);
        let mut new = TcpStream::connect(proxy.address()).await.unwrap();
        let ended = timeout(PATIENCE, new.read_u8()).await.unwrap().unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::ConnectionReset);
        proxy.set(Fault::None);
        let mut well = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(said(&mut well).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_slow_answer_does_not_hold_up_the_next() {
        // Long beside what a busy machine adds.
        let delay = Delay { slow: Duration::from_secs(1), ..DELAY };
        let proxy = Proxy::start(echo().await, delay).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        proxy.set(Fault::Slow);
        let began = Instant::now();
        for _ in 0..3 {
            stream.write_u8(7).await.unwrap();
            // Answers that come together are on their way together.
            tokio::time::sleep(SOON).await;
        }
        let mut answer = [0; 3];
        timeout(PATIENCE, stream.read_exact(&mut answer)).await.unwrap().unwrap();
        let took = began.elapsed();
        assert!(took >= 2 * SOON + delay.slow, "{took:?}");
        assert!(took < 2 * delay.slow, "{took:?}: one after the other");
    }
}
