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
    client::CallCtx,
    future::ResponseFuture,
    speech::{Ends, Speech},
};
use crate::{
    admit::{Ctx, Rejection},
    classify::{Grpc, Http},
    retry::wire::{RequestHeaders, Sender},
    rules::RuleBook,
    stack::{Entry, Guard},
    time::Clock,
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
    guards: Guards,
    pub(super) speech: Speech,
    sender: Sender,
    origin: Option<HeaderName>,
}

/// Where its guard is.
#[derive(Debug, Clone)]
enum Guards {
    One(Arc<Guard>),
    Rules(Arc<RuleBook>, Arc<str>),
}

impl Guards {
    fn clock(&self) -> &dyn Clock {
        match self {
            Self::One(guard) => guard.clock(),
            Self::Rules(book, _) => book.clock(),
        }
    }

    fn enter(&self, ctx: &Ctx<'_>) -> Result<Entry<Arc<Guard>>, Rejection> {
        match self {
            Self::One(guard) => guard.enter_owned(ctx),
            Self::Rules(book, resource) => book.enter(resource, ctx),
        }
    }
}

impl GuardLayer {
    /// For HTTP. Believes nothing of its callers, not even how long they wait: see
    /// [`Sender::Untrusted`]. The service finds a [`CallCtx`] among the extensions of a
    /// request, to pass on in those that it sends.
    pub fn http(guard: Arc<Guard>) -> Self {
        Self::new(Guards::One(guard), Speech::http(Http::default()))
    }

    /// For gRPC. As [`GuardLayer::http`]; a call has ended when its trailers are sent.
    pub fn grpc(guard: Arc<Guard>) -> Self {
        Self::new(Guards::One(guard), Speech::grpc(Grpc::default()))
    }

    /// As [`GuardLayer::http`], by the rules that a book has for this resource when a
    /// request comes.
    pub fn http_by(book: Arc<RuleBook>, resource: &str) -> Self {
        Self::new(Guards::Rules(book, resource.into()), Speech::http(Http::default()))
    }

    /// As [`GuardLayer::grpc`], by the rules that a book has for this resource when a
    /// request comes.
    pub fn grpc_by(book: Arc<RuleBook>, resource: &str) -> Self {
        Self::new(Guards::Rules(book, resource.into()), Speech::grpc(Grpc::default()))
    }

    fn new(guards: Guards, speech: Speech) -> Self {
        let door = Door { guards, speech, sender: Sender::Untrusted, origin: None };
        Self { door: Arc::new(door) }
    }

    /// Believes what requests say of their priority, and how long they wait. For doors that
    /// only services of one's own reach, behind an edge that takes these headers away.
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

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let door = &self.door;
        let headers = request.headers();
        let said = RequestHeaders::read(door.sender, |name| {
            headers.get(name).map(http::HeaderValue::as_bytes)
        });
        let mut ctx = Ctx::default().origin(origin(door, headers));
        let priority = said.priority.unwrap_or_default();
        ctx.priority = priority;
        ctx.deadline = said.timeout.map(|timeout| door.guards.clock().now() + timeout);
        match door.guards.enter(&ctx) {
            Ok(entry) => {
                request.extensions_mut().insert(CallCtx {
                    deadline: entry.deadline(),
                    priority: Some(priority),
                    previous_attempts: said.previous_attempts,
                    repeat: None,
                });
                ResponseFuture::running(self.inner.call(request), entry, &door.speech)
            }
            Err(rejection) => ResponseFuture::refused(rejection, door.speech.wire()),
        }
    }
}

fn origin<'h>(door: &Door, headers: &'h HeaderMap) -> &'h str {
    let header = door.origin.as_ref().and_then(|name| headers.get(name));
    header.and_then(|value| value.to_str().ok()).unwrap_or_default()
}
