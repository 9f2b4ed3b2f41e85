//! One connection from its first byte to its last.

use std::{
    convert::Infallible,
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::Context,
    time::Duration,
};

use axum::{
    BoxError,
    body::{Body, HttpBody},
    response::IntoResponse,
};
use http::{Request, Response, StatusCode};
use hyper::{
    body::Incoming,
    rt::{Read, Write},
    server::conn::{http1, http2},
    service::{HttpService, service_fn},
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{
    BodyBudget, DoorSettings, Drain, NetMetrics, Peer, Serve, Trace,
    body::{bounded, declared_too_large},
    corked::corked,
    metrics::Stage,
    one_task::{Connection, Requests, drive},
    prefixed::Prefixed,
    refusal::answer_http1,
    sniff::{Protocol, is_tls, sniff},
    tls::{Certificates, TlsMode},
};

/// What all connections of a door share.
pub(crate) struct Shared<S> {
    pub(crate) settings: DoorSettings,
    pub(crate) certificates: Option<Arc<Certificates>>,
    pub(crate) service: S,
    pub(crate) drain: Drain,
    /// Cancelled when the time to finish is over.
    pub(crate) cut: CancellationToken,
    pub(crate) metrics: NetMetrics,
    pub(crate) bodies: BodyBudget,
}

/// How a connection ended before it could be served.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) stage: Stage,
    pub(crate) error: io::Error,
}

impl Broken {
    fn at(stage: Stage) -> impl Fn(io::Error) -> Self {
        move |error| Self { stage, error }
    }
}

/// Serves `stream` until either side ends it.
pub(crate) async fn serve<S: Serve>(
    stream: TcpStream,
    mut peer: Peer,
    shared: &Shared<S>,
) -> Result<(), Broken> {
    let within = shared.settings.handshake_timeout();
    let first = in_time(within, first_byte(&stream)).await.map_err(Broken::at(Stage::FirstByte))?;
    match (is_tls(first), &shared.certificates) {
        (true, Some(certificates)) => {
            let accepted = in_time(within, certificates.accept(stream)).await;
            let (stream, tls) = accepted.map_err(Broken::at(Stage::Tls))?;
            peer.tls = Some(tls);
            serve_http(stream, peer, shared).await
        }
        (true, None) => Err(Broken::at(Stage::Tls)(io::ErrorKind::Unsupported.into())),
        (false, Some(certificates)) if certificates.mode() == TlsMode::Required => {
            let answer =
                answer_http1(stream, StatusCode::UPGRADE_REQUIRED, "this port speaks TLS only");
            in_time(within, answer).await.map_err(Broken::at(Stage::Tls))
        }
        (false, _) => serve_http(stream, peer, shared).await,
    }
}

async fn first_byte(stream: &TcpStream) -> io::Result<u8> {
    let mut first = [0];
    match stream.peek(&mut first).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(first[0]),
    }
}

async fn in_time<T>(within: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(within, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn serve_http<T, S>(mut stream: T, peer: Peer, shared: &Shared<S>) -> Result<(), Broken>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Serve,
{
    let within = shared.settings.handshake_timeout();
    let sniffed = in_time(within, sniff(&mut stream)).await;
    let (protocol, read) = sniffed.map_err(Broken::at(Stage::Protocol))?;
    let (stream, cork) = corked(Prefixed::new(read, stream));
    let io = TokioIo::new(stream);
    let send = |cx: &mut Context<'_>| cork.pull(cx);
    let cut = peer.cut.clone();
    let peer = Arc::new(peer);
    let limit = shared.settings.body_bytes_max;
    let service = {
        let (service, peer) = (shared.service.clone(), Arc::clone(&peer));
        service_fn(move |request| answer(request, service.clone(), Arc::clone(&peer), limit))
    };
    let cut = async {
        tokio::select! {
            () = cut.cancelled() => {}
            () = shared.cut.cancelled() => {}
        }
    };
    let requests = Requests::default();
    let ended = match protocol {
        Protocol::Http1 => {
            let connection = http1_builder(&shared.settings).serve_connection(io, service);
            drive(pin!(connection), &requests, send, shared.drain.begun(), cut).await
        }
        Protocol::Http2 => {
            let builder = http2_builder(&shared.settings, requests.clone());
            let connection = builder.serve_connection(io, service);
            drive(pin!(connection), &requests, send, shared.drain.begun(), cut).await
        }
    };
    if let Some(Err(error)) = ended {
        tracing::debug!(connection = %peer.connection, remote = %peer.remote, %error, "connection ended");
    }
    Ok(())
}

async fn answer<S: Serve>(
    mut request: Request<Incoming>,
    service: S,
    peer: Arc<Peer>,
    body_bytes_max: u64,
) -> Result<Response<Body>, Infallible> {
    if declared_too_large(request.headers(), body_bytes_max) {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
    }
    let bodies = peer.bodies.clone();
    request.extensions_mut().insert(peer);
    let trace = Trace::of(&request);
    let request = bounded(request, body_bytes_max, &bodies);
    trace.scope(service.oneshot(request)).await
}

impl<I, S, B> Connection for http1::Connection<I, S>
where
    Self: Future,
    I: Read + Write + Unpin,
    S: HttpService<Incoming, ResBody = B>,
    S::Error: Into<BoxError>,
    B: HttpBody + 'static,
    B::Error: Into<BoxError>,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I, S, B> Connection for http2::Connection<I, S, Requests>
where
    Self: Future,
    I: Read + Write + Unpin,
    S: HttpService<Incoming, ResBody = B>,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

fn http1_builder(settings: &DoorSettings) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_read_timeout())
        .max_buf_size(usize::try_from(settings.header_bytes_max.max(8_192)).unwrap_or(usize::MAX));
    builder
}

fn http2_builder(settings: &DoorSettings, requests: Requests) -> http2::Builder<Requests> {
    let http2 = &settings.http2;
    let ping_every =
        (http2.ping_interval_ms > 0).then(|| Duration::from_millis(http2.ping_interval_ms));
    let resets = usize::try_from(http2.pending_reset_streams_max).unwrap_or(usize::MAX);
    let mut builder = http2::Builder::new(requests);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(http2.concurrent_streams_max)
        .max_pending_accept_reset_streams(resets)
        .max_frame_size(http2.frame_bytes_max.clamp(16_384, 16_777_215))
        .initial_stream_window_size(http2.stream_window_bytes)
        .initial_connection_window_size(http2.connection_window_bytes)
        .max_header_list_size(settings.header_bytes_max)
        .keep_alive_interval(ping_every)
        .keep_alive_timeout(Duration::from_millis(http2.ping_timeout_ms));
    builder
}
