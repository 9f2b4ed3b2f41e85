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
    // The connection is driven here, so that it ends with the check.
    let response = tokio::select! {
        response = sender.send_request(request) => response.map_err(|error| broken(&error))?,
        ended = connection => {
            let reason = ended.err().map_or("closed".to_owned(), |error| error.to_string());
            return Err(CheckError::Http(reason));
        }
    };
    match response.status().as_u16() {
        status if status == expected_status => Ok(()),
        status => Err(CheckError::Status(status)),
    }
}

fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
