//! A GET is answered with the expected status.

use std::collections::BTreeMap;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::{Request, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::CheckError;

pub(crate) async fn check(
    host: &str,
    port: u16,
    path: &str,
    headers: &BTreeMap<String, String>,
    expected_status: u16,
) -> Result<(), CheckError> {
    let broken = |error: &dyn std::fmt::Display| CheckError::Http(error.to_string());
    let stream = TcpStream::connect((host, port)).await?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let mut request = Request::get(path).header(header::HOST, authority(host, port));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|error| broken(&error))?;
    let exchange = async move {
        let status = sender.send_request(request).await.map(|response| response.status());
        // Without a sender and a body to read, the connection ends by itself.
        drop(sender);
        status
    };
    // Driven here and not by a task, so that the connection ends with the check. Its
    // own end says nothing that the exchange does not.
    let (status, _) = futures::join!(exchange, connection);
    match status.map_err(|error| broken(&error))?.as_u16() {
        status if status == expected_status => Ok(()),
        status => Err(CheckError::Status(status)),
    }
}

fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
