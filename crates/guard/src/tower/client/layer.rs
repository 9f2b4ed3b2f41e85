//! A client of one destination.

use std::{
    fmt, mem,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    ClientBuilder, ClientError, body::ClientBody, error::BoxError, replay::ReplayBody,
    request::ClientFuture, route::Only, shared::Shared,
};
use crate::{
    classify::{Grpc, Http},
    retry::RetryBudget,
    stack::Guard,
    tower::speech::{Ends, Speech},
};

/// Deadlines, retries, hedges, a breaker and a limit around a client of one destination.
/// See the [module](super).
#[derive(Clone)]
pub struct ClientLayer {
    pub(super) shared: Arc<Shared>,
    pub(super) guard: Arc<Guard>,
}

impl fmt::Debug for ClientLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientLayer").field("guard", &self.guard).finish_non_exhaustive()
    }
}

impl ClientLayer {
    /// For HTTP. `destination` is a name for people, of one service that is asked: what it
    /// does wrong is held against no other.
    pub fn http(destination: &str) -> ClientBuilder {
        let mut speech = Speech::http(Http::default());
        speech.ends = Ends::WithHead;
        ClientBuilder::new(destination, speech)
    }

    /// For gRPC. Refusals and timeouts of this side are statuses, which is what callers of
    /// gRPC read, and not errors of the service.
    pub fn grpc(destination: &str) -> ClientBuilder {
        ClientBuilder::new(destination, Speech::grpc(Grpc::default()))
    }

    /// The guard that all attempts pass, for metrics.
    pub const fn guard(&self) -> &Arc<Guard> {
        &self.guard
    }

    /// The budget that retries and hedges are paid from, to share it and for metrics.
    pub fn budget(&self) -> &Arc<RetryBudget> {
        self.shared.retry.budget()
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = Client<S>;

    fn layer(&self, inner: S) -> Client<S> {
        Client { inner, layer: self.clone() }
    }
}

/// A client behind a [`ClientLayer`].
#[derive(Debug, Clone)]
pub struct Client<S> {
    inner: S,
    layer: ClientLayer,
}

impl<S, B, R> Service<Request<B>> for Client<S>
where
    S: Service<Request<ReplayBody<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError> + Send,
    B: Body + Send + 'static,
    R: Body + Send + 'static,
{
    type Response = Response<ClientBody<R>>;
    type Error = ClientError;
    type Future = ClientFuture<R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ClientError>> {
        self.inner.poll_ready(cx).map_err(|error| ClientError::Failed(error.into()))
    }

    fn call(&mut self, request: Request<B>) -> ClientFuture<R> {
        // The one that is ready goes along and its clone stays: a clone need not be ready.
        let template = self.inner.clone();
        let ready = Some(mem::replace(&mut self.inner, template.clone()));
        let guard = Arc::clone(&self.layer.guard);
        ClientFuture::new(Arc::clone(&self.layer.shared), Only { ready, template, guard }, request)
    }
}
