//! HTTP/1.1 with kept connections, as the v1 clients speak it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::Instant;

type Sender = http1::SendRequest<Full<Bytes>>;

/// How long a connection is kept unused: as long as Java's `HttpURLConnection` does,
/// which the v1 clients stand on. A server may close one that is older at any moment.
const KEPT: Duration = Duration::from_secs(5);

/// A bounded set of connections to one server; who finds all in use waits.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    server: SocketAddr,
    /// With the time of their last use, the latest one last.
    idle: Mutex<Vec<(Sender, Instant)>>,
    room: Semaphore,
}

impl Inner {
    /// The connection used last, if it is as good as new.
    fn idle(&self) -> Option<Sender> {
        let (sender, used) = self.idle.lock().pop()?;
        (!sender.is_closed() && used.elapsed() < KEPT).then_some(sender)
    }
}

impl Pool {
    /// At most `connections` connections to `server`, opened when first needed.
    pub(crate) fn new(server: SocketAddr, connections: usize) -> Self {
        let inner = Inner { server, idle: Mutex::default(), room: Semaphore::new(connections) };
        Self { inner: Arc::new(inner) }
    }

    /// Sends a request without a body; its parameters are in `path`.
    pub(crate) async fn send(&self, method: Method, path: String) -> anyhow::Result<Bytes> {
        self.send_form(method, path, String::new()).await
    }

    /// Sends a form and returns the body of a 200 answer.
    pub(crate) async fn send_form(
        &self,
        method: Method,
        path: String,
        form: String,
    ) -> anyhow::Result<Bytes> {
        let place = self.inner.room.acquire().await?;
        let idle = self.inner.idle();
        let mut sender = match idle {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        sender.ready().await.context("waiting for the connection")?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "127.0.0.1")
            .header(header::USER_AGENT, "Nacos-Java-Client:v1.4.6")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(form)))?;
        let response = sender.send_request(request).await.context("sending")?;
        let status = response.status();
        let body = response.into_body().collect().await.context("receiving")?.to_bytes();
        self.inner.idle.lock().push((sender, Instant::now()));
        drop(place);
        if !status.is_success() {
            bail!("{status}: {}", String::from_utf8_lossy(body.get(..200).unwrap_or(&body)));
        }
        Ok(body)
    }

    async fn connect(&self) -> anyhow::Result<Sender> {
        let stream = TcpStream::connect(self.inner.server).await.context("connecting")?;
        stream.set_nodelay(true).context("setting no delay")?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.context("shaking hands")?;
        tokio::spawn(connection);
        Ok(sender)
    }
}
