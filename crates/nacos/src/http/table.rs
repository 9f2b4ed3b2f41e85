//! All routes, and the router made of them.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::DefaultBodyLimit,
    routing::{any, get},
};
use http::Request;

use super::{
    dispatch::{dispatch, not_found},
    openapi,
    reply::Reply,
    route::Route,
    state::Http,
    v1, v2, v3,
};

/// Where Nacos's API begins.
pub(crate) const CONTEXT: &str = "/nacos";
/// Where the document about it is.
pub(crate) const DOCUMENT: &str = "/nacos/openapi.json";

/// Every row of every generation.
pub(crate) fn routes() -> Vec<Route> {
    [v1::routes(), v2::routes(), v3::routes()].into_iter().flatten().collect()
}

/// The router of the HTTP API. Bodies are bounded by each row, not by the router.
pub(crate) fn router(http: Arc<Http>) -> Router {
    let rows = routes();
    let document = Reply::json(&openapi::document(&rows, env!("CARGO_PKG_VERSION")));
    let mut paths: BTreeMap<&'static str, Vec<Route>> = BTreeMap::new();
    for row in rows {
        paths.entry(row.path).or_default().push(row);
    }
    let mut router = Router::new();
    for (path, mut rows) in paths {
        // Rows with a condition are tried first.
        rows.sort_by_key(|row| row.when.is_none());
        let (rows, http): (Arc<[Route]>, _) = (rows.into(), Arc::clone(&http));
        let handler = any(move |request: Request<Body>| {
            dispatch(Arc::clone(&http), Arc::clone(&rows), request)
        });
        router = router.route(&format!("{CONTEXT}{path}"), handler);
    }
    router
        .route(DOCUMENT, get(move || std::future::ready(document.clone())))
        .route("/nacos/{*rest}", any(not_found))
        .layer(DefaultBodyLimit::disable())
}
