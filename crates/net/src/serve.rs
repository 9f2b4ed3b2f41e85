//! What stands behind a door.

use std::convert::Infallible;

use axum::body::Body;
use http::{Request, Response};
use tower::Service;

/// A service that answers every request a door lets in; an `axum::Router` is one. It is
/// cloned for each request.
pub trait Serve:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Serve for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}
