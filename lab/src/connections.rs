//! A bounded number of kept connections.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use seawall_guard::retry::wire::TIMEOUT_MS;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

type Sender = http1::SendRequest<Full<Bytes>>;

/// What is sent: some bytes that somebody has to read.
const BODY: [u8; 256] = [b'x'; 256];

/// Connections to one server.
#[derive(Debug)]
pub(crate) struct Connections {
    server: SocketAddr,
    patience_ms: String,
    idle: Mutex<Vec<Sender>>,
    room: Arc<Semaphore>,
}

/// Why there is no status.
#[derive(Debug)]
pub(crate) enum NoStatus {
    /// As many connections as there may be are in use.
    Full,
    /// It broke.
    Broken,
}

impl Connections {
    /// At most `most`, opened when they are needed.
    pub(crate) fn new(server: SocketAddr, most: usize, patience_ms: u64) -> Self {
        let room = Arc::new(Semaphore::new(most));
        Self { server, patience_ms: patience_ms.to_string(), idle: Mutex::default(), room }
    }

    /// Sends a request and reads its answer to the end. Dropped before that, it closes its
    /// connection, as a caller does who has stopped waiting.
    pub(crate) async fn ask(&self) -> Result<StatusCode, NoStatus> {
        while let Some(mut sender) = self.take_idle() {
            match self.send(&mut sender).await {
                Ok(status) => return Ok(self.keep(sender, status)),
                // The server closed it while it was idle: nothing was sent.
                Err(error) if error.is_canceled() => {}
                Err(_) => return Err(NoStatus::Broken),
            }
        }
        let place = Arc::clone(&self.room).try_acquire_owned().map_err(|_| NoStatus::Full)?;
        let mut sender = self.connect(place).await.map_err(|_| NoStatus::Broken)?;
        match self.send(&mut sender).await {
            Ok(status) => Ok(self.keep(sender, status)),
            Err(_) => Err(NoStatus::Broken),
        }
    }

    /// The one that was used last, so that those that are not needed stay unused.
    fn take_idle(&self) -> Option<Sender> {
        let mut idle = self.idle.lock();
        loop {
            let sender = idle.pop()?;
            if !sender.is_closed() {
                return Some(sender);
            }
        }
    }

    fn keep(&self, sender: Sender, status: StatusCode) -> StatusCode {
        if !sender.is_closed() {
            self.idle.lock().push(sender);
        }
        status
    }

    async fn connect(&self, place: OwnedSemaphorePermit) -> anyhow::Result<Sender> {
        let stream = TcpStream::connect(self.server).await.context("connecting")?;
        stream.set_nodelay(true).context("setting no delay")?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.context("shaking hands")?;
        tokio::spawn(async move {
            // How it ended is told to whoever asked.
            connection.await.ok();
            drop(place);
        });
        Ok(sender)
    }

    async fn send(&self, sender: &mut Sender) -> hyper::Result<StatusCode> {
        sender.ready().await?;
        let mut request = Request::new(Full::from(&BODY[..]));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = http::Uri::from_static("/work");
        let headers = request.headers_mut();
        headers.insert(header::HOST, header::HeaderValue::from_static("127.0.0.1"));
        if let Ok(patience) = self.patience_ms.parse() {
            headers.insert(TIMEOUT_MS, patience);
        }
        let response = sender.send_request(request).await?;
        let status = response.status();
        response.into_body().collect().await?;
        Ok(status)
    }
}
