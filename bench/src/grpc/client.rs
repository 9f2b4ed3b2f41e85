//! One client: one HTTP/2 connection with its stream for pushes.

use std::borrow::Cow;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use memchr::memmem;
use serde::Deserialize;
use tokio::net::TcpSocket;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::body::Outgoing;
use super::payload::{Frames, Payload};

/// Frames of ours that may wait on the push stream.
const STREAM_QUEUE: usize = 16;

/// How long a new connection may take until the server knows it.
const SETUP_PATIENCE: Duration = Duration::from_secs(60);

/// What to do with a request that the server pushed: its type name and its JSON.
pub(crate) type Pushes = Arc<dyn Fn(&str, &Bytes) + Send + Sync>;

/// A connected client, known to the server. Dropping it closes the connection.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    requests: http2::SendRequest<Outgoing>,
    /// Holds the push stream open.
    _stream: mpsc::Sender<Bytes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verdict<'a> {
    #[serde(default)]
    result_code: u32,
    #[serde(default, borrow)]
    message: Option<Cow<'a, str>>,
}

impl Client {
    /// Connects from `source`, opens the push stream, introduces itself as a Go
    /// client does (no ability table), and waits until the server knows it.
    pub(crate) async fn connect(
        server: SocketAddr,
        source: Ipv4Addr,
        pushes: Pushes,
    ) -> anyhow::Result<Self> {
        let mut requests = dial(server, source).await?;
        let (stream, outgoing) = mpsc::channel(STREAM_QUEUE);
        call(&mut requests, "ServerCheckRequest", "{}").await.context("server check")?;
        let answer = requests
            .send_request(request("/BiRequestStream/requestBiStream", Outgoing::Many(outgoing))?);
        let setup = r#"{"clientVersion":"Nacos-Go-Client:v2.3.2","tenant":"",
            "labels":{"source":"sdk","AppName":"bench"}}"#;
        stream.send(Payload::frame("ConnectionSetupRequest", setup)?).await?;
        let answers = stream.downgrade();
        tokio::spawn(async move {
            if let Ok(response) = answer.await {
                // Ends with the connection; requests on it fail by themselves then.
                let _ = receive(response, answers, pushes).await;
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

async fn dial(
    server: SocketAddr,
    source: Ipv4Addr,
) -> anyhow::Result<http2::SendRequest<Outgoing>> {
    let socket = TcpSocket::new_v4().context("making a socket")?;
    socket.bind((source, 0).into()).context("binding a source address")?;
    let stream = socket.connect(server).await.context("connecting")?;
    stream.set_nodelay(true).context("setting no delay")?;
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
    let frame = Payload::frame(kind, json)?;
    requests.ready().await.context("waiting for the connection")?;
    let response = requests
        .send_request(request("/Request/request", Outgoing::One(Some(frame)))?)
        .await
        .with_context(|| format!("sending {kind}"))?;
    if let Some(status) = response.headers().get("grpc-status").filter(|status| *status != "0") {
        bail!("{kind} was answered with gRPC status {status:?}");
    }
    let collected = response.into_body().collect().await.context("receiving")?;
    let mut frames = Frames::default();
    frames.push(&collected.to_bytes());
    let payload = frames.next()?.with_context(|| format!("{kind} was answered with nothing"))?;
    let verdict: Verdict<'_> = serde_json::from_slice(&payload.json)
        .with_context(|| format!("reading {}", payload.kind))?;
    if verdict.result_code != 200 {
        bail!("{kind} was refused: {}", verdict.message.unwrap_or_default());
    }
    Ok(payload.json)
}

/// Hands out pushes and acknowledges each, until the stream ends.
async fn receive(
    response: Response<Incoming>,
    answers: mpsc::WeakSender<Bytes>,
    pushes: Pushes,
) -> anyhow::Result<()> {
    let mut body = response.into_body();
    let mut frames = Frames::default();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.context("receiving pushes")?.into_data() else { continue };
        frames.push(&data);
        while let Some(push) = frames.next()? {
            pushes(&push.kind, &push.json);
            let Some(stream) = answers.upgrade() else { return Ok(()) };
            if let Some(answer) = acknowledgement(&push)? {
                stream.send(answer).await.context("acknowledging")?;
            }
        }
    }
    Ok(())
}

fn acknowledgement(push: &Payload) -> anyhow::Result<Option<Bytes>> {
    let Some(stem) = push.kind.strip_suffix("Request") else { return Ok(None) };
    let id = request_id(&push.json)?;
    let json = format!(r#"{{"requestId":"{id}","resultCode":200,"errorCode":0,"success":true}}"#);
    Payload::frame(&format!("{stem}Response"), json).map(Some)
}

/// The number of a push. Looked for, not parsed: thousands of pushes of some kilobytes
/// arrive at once, on cores that the server needs too.
fn request_id(json: &[u8]) -> anyhow::Result<&str> {
    const KEY: &[u8] = br#""requestId":""#;
    let start = memmem::find(json, KEY).context("a push without a number")? + KEY.len();
    let rest = json.get(start..).unwrap_or_default();
    let end = memchr::memchr(b'"', rest).context("a push whose number does not end")?;
    let id = std::str::from_utf8(rest.get(..end).unwrap_or_default())?;
    anyhow::ensure!(!id.contains('\\'), "a number with an escape: {id}");
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_push_is_found_wherever_it_stands() {
        let found = request_id(br#"{"module":"naming","requestId":"77","headers":{}}"#);
        assert_eq!(found.unwrap(), "77");
        assert!(request_id(br#"{"module":"naming"}"#).is_err());
        assert!(request_id(br#"{"requestId":"7"#).is_err());
    }
}
