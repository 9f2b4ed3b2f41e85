//! Bounding request bodies.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    BoxError,
    body::{Body, HttpBody},
};
use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body_util::Limited;
use hyper::body::{Frame, SizeHint};

use crate::{BodyBudget, HeldBytes};

/// A request whose body cannot grow over `bytes_max`: reading further fails, which
/// extractors answer with 413; nor when all bodies that are being read are over `budget`.
/// gRPC calls pass as they are, because a stream's bytes have no sum; their service
/// bounds each message and asks the same budget.
pub(crate) fn bounded<B>(request: Request<B>, bytes_max: u64, budget: &BodyBudget) -> Request<Body>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    let limit = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    if is_grpc(request.headers()) || request.body().is_end_stream() {
        request.map(Body::new)
    } else {
        let held = budget.hold();
        request.map(|body| Body::new(Limited::new(Counted { body, held }, limit)))
    }
}

/// A body whose bytes are counted while it is read.
struct Counted<B> {
    body: B,
    held: HeldBytes,
}

impl<B> HttpBody for Counted<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
            None => return Poll::Ready(None),
        };
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        let counted = self.held.add(u64::try_from(bytes).unwrap_or(u64::MAX));
        Poll::Ready(Some(counted.map(|()| frame).map_err(BoxError::from)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
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

#[cfg(test)]
mod tests {
    use futures::stream;
    use http_body_util::{BodyExt as _, StreamBody};

    use super::*;
    use crate::TooMuchAtOnce;

    /// A request whose body is `bytes` long and, if `open`, not at its end then.
    fn posted(bytes: usize, open: bool, budget: &BodyBudget) -> Body {
        let piece = Ok::<_, BoxError>(Frame::data(Bytes::from(vec![0; bytes])));
        let rest = stream::poll_fn(move |_| if open { Poll::Pending } else { Poll::Ready(None) });
        let body = StreamBody::new(stream::select(stream::iter([piece]), rest));
        bounded(Request::new(Box::pin(body)), 100, budget).into_body()
    }

    #[tokio::test]
    async fn bodies_that_are_being_read_have_a_bound_together() {
        let budget = BodyBudget::new(10);
        let mut first = posted(6, true, &budget);
        first.frame().await.unwrap().unwrap();
        let refused = posted(5, false, &budget).collect().await.unwrap_err();
        let reasons =
            std::iter::successors(Some(&refused as &dyn std::error::Error), |e| e.source());
        assert!(reasons.into_iter().any(|reason| reason.is::<TooMuchAtOnce>()), "{refused:?}");
        drop(first);
        assert_eq!(posted(5, false, &budget).collect().await.unwrap().to_bytes().len(), 5);
        assert_eq!(budget.held(), 0);
    }
}
