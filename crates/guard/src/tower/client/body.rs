//! The body of an answer.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::route::Held;
use crate::{classify::GrpcCode, time::TokioSleep, tower::body::GuardedBody};

pin_project! {
    /// The body of an answer; that of a refusal is empty.
    ///
    /// An attempt over HTTP ends with the head of its answer: who reads the body does so
    /// at its own pace, which says nothing of the server. A call of gRPC ends with its
    /// trailers, which say how it went; when its deadline comes before them, the stream
    /// is dropped and trailers of this crate's own say `DEADLINE_EXCEEDED`.
    pub struct ClientBody<B> {
        #[pin]
        inner: Option<GuardedBody<B, Held>>,
        #[pin]
        time: Option<TokioSleep>,
    }
}

impl<B: fmt::Debug> fmt::Debug for ClientBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBody").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<B> ClientBody<B> {
    pub(super) const fn empty() -> Self {
        Self { inner: None, time: None }
    }

    pub(super) const fn free(body: B) -> Self {
        Self { inner: Some(GuardedBody::free(body)), time: None }
    }

    pub(super) const fn timed(body: GuardedBody<B, Held>, time: TokioSleep) -> Self {
        Self { inner: Some(body), time: Some(time) }
    }
}

impl<B: Body> Body for ClientBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        if let Poll::Ready(frame) = inner.poll_frame(cx) {
            return Poll::Ready(frame);
        }
        if !this.time.as_mut().as_pin_mut().is_some_and(|time| time.poll(cx).is_ready()) {
            return Poll::Pending;
        }
        // Dropped after its deadline, it counts as a timeout.
        this.inner.set(None);
        this.time.set(None);
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from(GrpcCode::DEADLINE_EXCEEDED.number()));
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
