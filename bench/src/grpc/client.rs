//! One client: one HTTP/2 connection with its stream for pushes.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::acknowledgement::Acknowledgement;
use super::body::Outgoing;
use super::dial::dial;
use super::messages::Messages;
use super::payload::{self, Payload};
use super::{path, verdict};

/// Frames of ours that may wait on the push stream.
const STREAM_QUEUE: usize = 16;

/// How long a new connection may take until the server knows it.
const SETUP_PATIENCE: Duration = Duration::from_secs(60);

/// A connected client, known to the server. Dropping it closes the connection.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    requests: http2::SendRequest<Outgoing>,
    /// Holds the push stream open.
    _stream: mpsc::Sender<Bytes>,
}

impl Client {
    /// Connects from `source`, opens the push stream, introduces itself, and waits until
    /// the server knows it. What is pushed is acknowledged and otherwise ignored.
    pub(crate) async fn connect(server: SocketAddr, source: Ipv4Addr) -> anyhow::Result<Self> {
        let mut requests = shake_hands(server, source).await?;
        let (stream, outgoing) = mpsc::channel(STREAM_QUEUE);
        call(&mut requests, "ServerCheckRequest", "{}").await.context("server check")?;
        let answer = requests.send_request(request(path::PUSH_STREAM, Outgoing::Many(outgoing))?);
        let setup = payload::message("ConnectionSetupRequest", payload::CONNECTION_SETUP)?;
        stream.send(setup).await?;
        let answers = stream.downgrade();
        tokio::spawn(async move {
            if let Ok(response) = answer.await {
                // Ends with the connection; requests on it fail by themselves then.
                let _ = acknowledge(response, answers).await;
            }
        });
        let started = Instant::now();
        while let Err(refused) = call(&mut requests, "HealthCheckRequest", "{}").await {
            if started.elapsed() > SETUP_PATIENCE {
                return Err(refused.context("the server does not know the connection"));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(Self { requests, _stream: stream })
    }

    /// Sends a request and returns the JSON of a successful answer.
    pub(crate) async fn call(
        mut self,
        kind: &'static str,
        json: impl Into<Bytes>,
    ) -> anyhow::Result<Bytes> {
        call(&mut self.requests, kind, json).await
    }
}

async fn shake_hands(
    server: SocketAddr,
    source: Ipv4Addr,
) -> anyhow::Result<http2::SendRequest<Outgoing>> {
    let stream = dial(server, source).await?;
    let (requests, connection) = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .initial_connection_window_size(16 * 1024 * 1024)
        .initial_stream_window_size(4 * 1024 * 1024)
        .handshake(TokioIo::new(stream))
        .await
        .context("shaking hands")?;
    tokio::spawn(connection);
    Ok(requests)
}

fn request(path: &'static str, body: Outgoing) -> anyhow::Result<Request<Outgoing>> {
    Request::post(format!("http://127.0.0.1{path}"))
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers")
        .body(body)
        .context("making a request")
}

async fn call(
    requests: &mut http2::SendRequest<Outgoing>,
    kind: &'static str,
    json: impl Into<Bytes>,
) -> anyhow::Result<Bytes> {
    let message = payload::message(kind, json)?;
    requests.ready().await.context("waiting for the connection")?;
    let response = requests
        .send_request(request(path::CALL, Outgoing::One(Some(message)))?)
        .await
        .with_context(|| format!("sending {kind}"))?;
    if let Some(status) = response.headers().get("grpc-status").filter(|status| *status != "0") {
        bail!("{kind} was answered with gRPC status {status:?}");
    }
    let body = response.into_body().collect().await.context("receiving")?.to_bytes();
    let mut json = None;
    Messages::default().push(&body, |message| {
        let answer = Payload::read(message)?;
        verdict::carried_out(kind, &answer)?;
        json = Some(Bytes::copy_from_slice(answer.json));
        Ok(())
    })?;
    json.with_context(|| format!("{kind} was answered with nothing"))
}

/// Acknowledges each push, until the stream ends.
async fn acknowledge(
    response: Response<Incoming>,
    answers: mpsc::WeakSender<Bytes>,
) -> anyhow::Result<()> {
    let mut body = response.into_body();
    let mut messages = Messages::default();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.context("receiving pushes")?.into_data() else { continue };
        let mut written = Vec::new();
        messages.push(&data, |push| match Acknowledgement::of(&Payload::read(push)?)? {
            Some(answer) => answer.write(&mut written),
            None => Ok(()),
        })?;
        if !written.is_empty() {
            let Some(stream) = answers.upgrade() else { return Ok(()) };
            stream.send(written.into()).await.context("acknowledging")?;
        }
    }
    Ok(())
}
