//! Turning connections away with an answer their client can show.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    Refused,
    body::is_grpc,
    prefixed::Prefixed,
    sniff::{Protocol, is_tls, sniff},
};

/// Longest time spent on being polite.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Answers the first request on `stream` with 503 (gRPC: `RESOURCE_EXHAUSTED`) and
/// the reason, then closes. A TLS client is closed at once: a handshake costs more
/// than the answer is worth.
pub(crate) async fn refuse(stream: TcpStream, refused: Refused) {
    // Whether the answer arrives is the client's affair: it is closed either way.
    let _ = tokio::time::timeout(ANSWER_WITHIN, answer(stream, refused)).await;
}

async fn answer(mut stream: TcpStream, refused: Refused) -> std::io::Result<()> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 0 || first.into_iter().any(is_tls) {
        return Ok(());
    }
    let reason = refused.to_string();
    match sniff(&mut stream).await? {
        (Protocol::Http1, _) => {
            answer_http1(stream, StatusCode::SERVICE_UNAVAILABLE, &reason).await
        }
        (Protocol::Http2, read) => answer_http2(Prefixed::new(read, stream), reason).await,
    }
}

/// Writes a whole HTTP/1 answer and closes, whatever the request was.
pub(crate) async fn answer_http1(
    mut stream: TcpStream,
    status: StatusCode,
    reason: &str,
) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n\
         retry-after: 1\r\nconnection: close\r\n\r\n{reason}",
        reason.len(),
    );
    stream.write_all(head.as_bytes()).await?;
    stream.shutdown().await?;
    // Reading on lets the client see the answer: closing with unread bytes would
    // reset the connection and may throw the answer away.
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

async fn answer_http2(stream: Prefixed<TcpStream>, reason: String) -> std::io::Result<()> {
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = refusal(is_grpc(request.headers()), &reason);
        async { Ok::<_, Infallible>(answer) }
    });
    let connection =
        http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service);
    connection.await.map_err(std::io::Error::other)
}

fn refusal(grpc: bool, reason: &str) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::default());
    if grpc {
        let message = HeaderValue::from_str(reason);
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert("grpc-status", HeaderValue::from_static("8"));
        headers.insert(
            "grpc-message",
            message.unwrap_or(HeaderValue::from_static("connection refused")),
        );
    } else {
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        *answer.body_mut() = Full::new(Bytes::copy_from_slice(reason.as_bytes()));
    }
    answer
}
