//! Everything a node answers, each on the threads it belongs on.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
};
use futures::{FutureExt as _, future::BoxFuture};
use http::{Method, Request, StatusCode};
use seawall_net::Trace;
use tokio_util::task::AbortOnDropHandle;
use tower::Service;

use crate::{Nacos, grpc, http::Table};

/// Answers what clients ask for on the thread that serves their connection, without the
/// cost of finding a route, and hands everything else to `routes` on the threads that all
/// work shares.
///
/// Made by [`Nacos::front`].
#[derive(Clone)]
pub struct Front {
    nacos: Arc<Nacos>,
    table: Arc<Table>,
    routes: Router,
}

impl Front {
    pub(crate) fn new(nacos: Arc<Nacos>, routes: Router) -> Self {
        let table = Table::new();
        let routes = table.router(&nacos).merge(routes);
        Self { nacos, table: Arc::new(table), routes }
    }
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Front")
    }
}

impl Service<Request<Body>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Routes are always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let path = request.uri().path();
        if request.method() == Method::POST {
            match path {
                grpc::UNARY_PATH => {
                    return grpc::unary(Arc::clone(&self.nacos), request).map(Ok).boxed();
                }
                grpc::STREAM_PATH => {
                    return grpc::stream(Arc::clone(&self.nacos), request).map(Ok).boxed();
                }
                _ => {}
            }
        }
        if let Some(rows) = self.table.rows(path) {
            return crate::http::dispatch(Arc::clone(&self.nacos), rows, request).map(Ok).boxed();
        }
        let routed = Trace::carried(self.routes.call(request));
        let routed = AbortOnDropHandle::new(self.nacos.shared.spawn(routed));
        routed.map(|answer| answer.unwrap_or_else(|_| Ok(unfinished()))).boxed()
    }
}

/// The process is ending, and with it the threads that all work shares.
fn unfinished() -> Response {
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}
