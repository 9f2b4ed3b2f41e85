//! The layer and its service.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderMap, HeaderName, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    body::GuardedBody,
    future::ResponseFuture,
    speech::{Ends, Speech},
};
use crate::{
    admit::Ctx,
    classify::{Grpc, Http},
    retry::wire::{RequestHeaders, Sender, Wire},
    stack::Guard,
};

/// Puts a [`Guard`] in front of a service of HTTP or gRPC.
///
/// ```
/// use std::sync::Arc;
/// use seawall_guard::{Guard, GuardSettings, tower::GuardLayer};
///
/// let guard = Guard::builder("shop").settings(GuardSettings::server()).build()?;
/// let layer = GuardLayer::http(Arc::new(guard));
/// # Ok::<(), seawall_guard::settings::InvalidSetting>(())
/// ```
#[derive(Debug, Clone)]
pub struct GuardLayer {
    door: Arc<Door>,
}

/// What all clones of a service share.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub(super) guard: Arc<Guard>,
    pub(super) speech: Speech,
    sender: Sender,
    origin: Option<HeaderName>,
}

impl GuardLayer {
    /// For HTTP. Believes nothing that its callers say of themselves: see
    /// [`GuardLayer::trusting`].
    pub fn http(guard: Arc<Guard>) -> Self {
        Self::new(guard, Speech::http(Http::default()))
    }

    /// For gRPC. As [`GuardLayer::http`]; a call has ended when its trailers are sent.
    pub fn grpc(guard: Arc<Guard>) -> Self {
        Self::new(guard, Speech::grpc(Grpc::default()))
    }

    fn new(guard: Arc<Guard>, speech: Speech) -> Self {
        let door = Door { guard, speech, sender: Sender::Untrusted, origin: None };
        Self { door: Arc::new(door) }
    }

    /// Believes what requests say of their priority and of the time they wait. For doors that only services of
    /// one's own reach, behind an edge that takes these headers away.
    #[must_use]
    pub fn trusting(self) -> Self {
        self.changed(|door| door.sender = Sender::Trusted)
    }

    /// Takes the calling service's name from this header. For doors whose callers cannot
    /// write it themselves.
    #[must_use]
    pub fn origin(self, header: HeaderName) -> Self {
        self.changed(|door| door.origin = Some(header))
    }

    /// A request has ended when its answer begins, and its body may take as long as it
    /// likes: for long polls, server-sent events and streams.
    #[must_use]
    pub fn streaming(self) -> Self {
        self.changed(|door| door.speech.ends = Ends::WithHead)
    }

    fn changed(mut self, change: impl FnOnce(&mut Door)) -> Self {
        change(Arc::make_mut(&mut self.door));
        self
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService { inner, door: self.door.clone() }
    }
}

/// A service behind a guard.
#[derive(Debug, Clone)]
pub struct GuardService<S> {
    inner: S,
    door: Arc<Door>,
}

impl<S, B, R> Service<Request<B>> for GuardService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<GuardedBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let door = &self.door;
        let headers = request.headers();
        let said = RequestHeaders::read(door.sender, |name| {
            headers.get(name).map(http::HeaderValue::as_bytes)
        });
        let mut ctx = Ctx::default().origin(origin(door, headers));
        ctx.priority = said.priority.unwrap_or_default();
        ctx.deadline = said.timeout.map(|timeout| door.guard.clock().now() + timeout);
        match door.guard.enter_owned(&ctx) {
            Ok(entry) => ResponseFuture::running(self.inner.call(request), entry, &door.speech),
            Err(rejection) => ResponseFuture::refused(rejection, door.speech.wire()),
        }
    }
}

fn origin<'h>(door: &Door, headers: &'h HeaderMap) -> &'h str {
    let header = door.origin.as_ref().and_then(|name| headers.get(name));
    header.and_then(|value| value.to_str().ok()).unwrap_or_default()
}

impl Speech {
    fn wire(&self) -> Wire {
        if self.is_grpc() { Wire::Grpc } else { Wire::Http }
    }
}
