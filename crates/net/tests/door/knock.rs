//! A door that is open, and clients that use it.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Extension, Router,
    body::Bytes,
    routing::{get, post},
};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use seawall_net::{ConnectionGate, ConnectionLimits, Door, DoorSettings, Drain, NetMetrics, Peer};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::TcpStream,
    sync::Semaphore,
    task::JoinHandle,
};

/// A served door and what its tests look at.
pub(crate) struct OpenDoor {
    pub(crate) address: SocketAddr,
    pub(crate) drain: Drain,
    pub(crate) metrics: NetMetrics,
    pub(crate) served: JoinHandle<()>,
    /// Gets a permit whenever `/wait` is reached, which answers when `go_on` has one.
    pub(crate) waiting: Arc<Semaphore>,
    pub(crate) go_on: Arc<Semaphore>,
    pub(crate) peers: tokio::sync::mpsc::UnboundedReceiver<Arc<Peer>>,
}

pub(crate) fn open(settings: DoorSettings) -> OpenDoor {
    open_with(settings, ConnectionLimits::default())
}

pub(crate) fn open_with(settings: DoorSettings, limits: ConnectionLimits) -> OpenDoor {
    let metrics = NetMetrics::default();
    let door = Door::bind(([127, 0, 0, 1], 0).into(), settings)
        .unwrap()
        .behind(ConnectionGate::new(limits))
        .counting(metrics.clone());
    serve(door, metrics)
}

pub(crate) fn serve(door: Door, metrics: NetMetrics) -> OpenDoor {
    let (address, drain) = (door.local_addr(), Drain::default());
    let (waiting, go_on) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (seen, peers) = tokio::sync::mpsc::unbounded_channel();
    let router = {
        let (waiting, go_on) = (Arc::clone(&waiting), Arc::clone(&go_on));
        Router::new()
            .route(
                "/",
                get(move |Extension(peer): Extension<Arc<Peer>>| async move {
                    let _ = seen.send(Arc::clone(&peer));
                    peer.connection.to_string()
                }),
            )
            .route("/length", post(|body: Bytes| async move { body.len().to_string() }))
            .route(
                "/wait",
                get(|| async move {
                    waiting.add_permits(1);
                    go_on.acquire().await.unwrap().forget();
                    "done"
                }),
            )
    };
    let served = tokio::spawn(door.serve(router, drain.clone()));
    OpenDoor { address, drain, metrics, served, waiting, go_on, peers }
}

impl OpenDoor {
    /// What the door has counted, as a scrape shows it.
    pub(crate) fn counted(&self) -> String {
        let mut registry = prometheus_client::registry::Registry::default();
        self.metrics.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        text
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// The text of `GET path`, on a connection of its own.
    pub(crate) async fn get(&self, path: &str) -> String {
        let mut client = http1(self.connect().await).await;
        text(client.send_request(request(path)).await.unwrap()).await
    }
}

pub(crate) type Http1 = hyper::client::conn::http1::SendRequest<Full<Bytes>>;
pub(crate) type Http2 = hyper::client::conn::http2::SendRequest<Full<Bytes>>;

pub(crate) async fn http1<S>(stream: S) -> Http1
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (client, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    client
}

pub(crate) async fn http2<S>(stream: S) -> Http2
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let io = TokioIo::new(stream);
    let executor = TokioExecutor::new();
    let (client, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    tokio::spawn(connection);
    client
}

pub(crate) fn request(path: &str) -> Request<Full<Bytes>> {
    let uri = format!("http://door{path}");
    Request::builder().uri(uri).header("host", "door").body(Full::default()).unwrap()
}

pub(crate) async fn text(response: Response<hyper::body::Incoming>) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

/// Everything the door says until it closes; an abrupt close counts as a close.
pub(crate) async fn until_closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    let mut piece = [0; 1024];
    while let Ok(read @ 1..) = stream.read(&mut piece).await {
        said.extend_from_slice(&piece[..read]);
    }
    said
}
