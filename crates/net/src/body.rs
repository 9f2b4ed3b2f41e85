//! Bounding request bodies.

use axum::body::{Body, HttpBody};
use http::{HeaderMap, Request, header};
use http_body_util::Limited;

/// A request whose body cannot grow over `bytes_max`: reading further fails, which
/// extractors answer with 413. gRPC calls pass as they are, because a stream's bytes
/// have no sum; their service bounds each message.
pub(crate) fn bounded<B>(request: Request<B>, bytes_max: u64) -> Request<Body>
where
    B: HttpBody<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let limit = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    if is_grpc(request.headers()) || request.body().is_end_stream() {
        request.map(Body::new)
    } else {
        request.map(|body| Body::new(Limited::new(body, limit)))
    }
}

/// Whether the head already says that the body is too large.
pub(crate) fn declared_too_large(headers: &HeaderMap, bytes_max: u64) -> bool {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok());
    let length = declared.and_then(|text| text.parse::<u64>().ok());
    length.is_some_and(|length| length > bytes_max) && !is_grpc(headers)
}

/// Whether a head is that of a gRPC call.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).map(|v| v.as_bytes());
    content_type.is_some_and(|value| value.starts_with(b"application/grpc"))
}
