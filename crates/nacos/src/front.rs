//! Everything a node answers, with the call that clients make most ahead of the rest.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{Router, body::Body, response::Response, routing::future::RouteFuture};
use futures::{
    FutureExt as _,
    future::{BoxFuture, Either},
};
use http::{Method, Request};
use tower::Service;

use crate::{Nacos, grpc};

/// Answers unary gRPC calls itself and hands every other request to its routes. Finding
/// a route and passing its layers would cost such a call a tenth of all it costs.
///
/// Made by [`Nacos::front`].
#[derive(Clone)]
pub struct Front {
    nacos: Arc<Nacos>,
    routes: Router,
}

impl Front {
    pub(crate) fn new(nacos: Arc<Nacos>, routes: Router) -> Self {
        Self { nacos, routes }
    }
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Front")
    }
}

/// The answer of a [`Front`].
pub type Answering =
    Either<BoxFuture<'static, Result<Response, Infallible>>, RouteFuture<Infallible>>;

impl Service<Request<Body>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Routes are always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answering {
        if request.uri().path() == grpc::UNARY_PATH && request.method() == Method::POST {
            let nacos = Arc::clone(&self.nacos);
            return Either::Left(grpc::unary(nacos, request).map(Ok).boxed());
        }
        Either::Right(self.routes.call(request))
    }
}
