//! A client that mostly listens: one task that owns its connection.
//!
//! Thousands of pushes at once are to be measured, not the program that receives
//! them. So there is no HTTP library here: a push costs one read and one write, and
//! its arrival is the moment the read returned, before anything else is done with it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::dial::dial;
use super::incoming::Incoming;
use super::payload::{self, Payload};
use super::session::Session;
use super::{path, verdict};

/// How long a new connection may take until the server knows it.
const SETUP_PATIENCE: Duration = Duration::from_secs(60);

/// What to do with a push, and when it arrived.
pub(crate) type Arrivals = Box<dyn Fn(Instant, &Payload<'_>) + Send + Sync>;

/// A connected client, known to the server. Dropping it closes the connection.
#[derive(Debug, Clone)]
pub(crate) struct Listener {
    calls: mpsc::Sender<Call>,
    /// Why the connection ended by itself.
    ended: Arc<OnceLock<String>>,
}

#[derive(Debug)]
struct Call {
    kind: &'static str,
    json: Bytes,
    answer: oneshot::Sender<anyhow::Result<Bytes>>,
}

/// The task's side.
struct Link {
    stream: TcpStream,
    incoming: Incoming,
    session: Session,
    arrivals: Arrivals,
}

impl Listener {
    /// Connects from `source`, opens the push stream, and waits until the server knows
    /// the connection.
    pub(crate) async fn connect(
        server: SocketAddr,
        source: Ipv4Addr,
        arrivals: Arrivals,
    ) -> anyhow::Result<Self> {
        let stream = dial(server, source).await?;
        let mut link =
            Link { stream, incoming: Incoming::new(), session: Session::new()?, arrivals };
        link.introduce().await?;
        let (calls, received) = mpsc::channel(1);
        let ended = Arc::new(OnceLock::new());
        let end = Arc::clone(&ended);
        tokio::spawn(async move {
            if let Err(error) = link.live(received).await {
                let _ = end.set(format!("{error:#}"));
            }
        });
        Ok(Self { calls, ended })
    }

    /// Sends a request and returns the JSON of a successful answer. Calls are made one
    /// after the other.
    pub(crate) async fn call(
        self,
        kind: &'static str,
        json: impl Into<Bytes>,
    ) -> anyhow::Result<Bytes> {
        let (answer, answered) = oneshot::channel();
        let call = Call { kind, json: json.into(), answer };
        if self.calls.send(call).await.is_err() {
            bail!("{kind} after the connection ended: {}", self.end().unwrap_or("unknown"));
        }
        match answered.await {
            Ok(answer) => answer,
            Err(_) => bail!("{kind}, then: {}", self.end().unwrap_or("the connection ended")),
        }
    }

    /// Why the connection ended, if it did and not because it was dropped.
    pub(super) fn end(&self) -> Option<&str> {
        self.ended.get().map(String::as_str)
    }
}

impl Link {
    async fn introduce(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        self.exchange("ServerCheckRequest", "{}").await?.context("server check")?;
        let setup = payload::message("ConnectionSetupRequest", payload::CONNECTION_SETUP)?;
        self.session.open_push_stream(path::PUSH_STREAM, &setup)?;
        while let Err(refused) = self.exchange("HealthCheckRequest", "{}").await? {
            if started.elapsed() > SETUP_PATIENCE {
                return Err(refused.context("the server does not know the connection"));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Takes pushes and makes calls until the listener is dropped.
    async fn live(mut self, mut calls: mpsc::Receiver<Call>) -> anyhow::Result<()> {
        loop {
            tokio::select! {
                biased;
                at = self.read() => {
                    self.digest(at?)?;
                    self.flush().await?;
                }
                call = calls.recv() => {
                    let Some(call) = call else { return Ok(()) };
                    let answer = self.exchange(call.kind, call.json).await?;
                    // Who asked may have lost patience.
                    let _ = call.answer.send(answer);
                }
            }
        }
    }

    /// Makes a call, and takes pushes until its answer is there. The outer error is the
    /// end of the connection, the inner one that of the call.
    async fn exchange(
        &mut self,
        kind: &str,
        json: impl Into<Bytes>,
    ) -> anyhow::Result<anyhow::Result<Bytes>> {
        self.session.call(path::CALL, &payload::message(kind, json)?)?;
        self.flush().await?;
        loop {
            if let Some(answer) = self.session.take_answer() {
                return Ok(answer.and_then(|answer| successful(kind, &answer)));
            }
            let at = self.read().await?;
            self.digest(at)?;
            self.flush().await?;
        }
    }

    /// Reads what is there and returns when the read returned. Nothing is lost when
    /// this is cancelled. A read that does not fill the buffer is known to have emptied
    /// the socket, so the next one waits without asking the kernel.
    async fn read(&mut self) -> anyhow::Result<Instant> {
        let read = self.stream.read(self.incoming.space()).await;
        let at = Instant::now();
        let count = read.context("reading")?;
        if count == 0 {
            bail!("the server closed the connection");
        }
        self.incoming.filled(count);
        Ok(at)
    }

    fn digest(&mut self, at: Instant) -> anyhow::Result<()> {
        let Self { incoming, session, arrivals, .. } = self;
        while let Some(frame) = incoming.next()? {
            session.handle(frame, &mut |push| arrivals(at, push))?;
        }
        Ok(())
    }

    /// One write, as long as the socket takes what we have to say.
    async fn flush(&mut self) -> anyhow::Result<()> {
        let outgoing = self.session.outgoing();
        if !outgoing.is_empty() {
            self.stream.write_all(outgoing).await.context("writing")?;
            outgoing.clear();
        }
        Ok(())
    }
}

fn successful(kind: &str, message: &[u8]) -> anyhow::Result<Bytes> {
    let answer = Payload::read(message)?;
    verdict::carried_out(kind, &answer)?;
    Ok(Bytes::copy_from_slice(answer.json))
}

#[cfg(test)]
mod tests;
