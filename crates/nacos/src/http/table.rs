//! All rows, and where they are found.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use axum::{
    Router,
    body::Body,
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

/// All rows by their path. Bodies are bounded by each row.
pub(crate) struct Table {
    /// Rows whose path is always the same, by the whole path.
    fixed: HashMap<String, Arc<[Route]>>,
    /// Rows whose path has parameters in it.
    patterns: Vec<(String, Arc<[Route]>)>,
    /// The OpenAPI document about all of them.
    document: Reply,
}

impl Table {
    pub(crate) fn new() -> Self {
        let rows = routes();
        let document = Reply::json(&openapi::document(&rows, env!("CARGO_PKG_VERSION")));
        let mut paths: BTreeMap<&'static str, Vec<Route>> = BTreeMap::new();
        for row in rows {
            paths.entry(row.path).or_default().push(row);
        }
        let (mut fixed, mut patterns) = (HashMap::new(), Vec::new());
        for (path, mut rows) in paths {
            // Rows with a condition are tried first.
            rows.sort_by_key(|row| row.when.is_none());
            let whole = format!("{CONTEXT}{path}");
            if path.contains('{') {
                patterns.push((whole, rows.into()));
            } else {
                fixed.insert(whole, rows.into());
            }
        }
        Self { fixed, patterns, document }
    }

    /// The rows at a path without parameters in it.
    pub(crate) fn rows(&self, path: &str) -> Option<Arc<[Route]>> {
        self.fixed.get(path).cloned()
    }

    /// Everything under [`CONTEXT`] that [`Self::rows`] does not know.
    pub(crate) fn router(&self, http: &Arc<Http>) -> Router {
        let mut router = Router::new();
        for (path, rows) in &self.patterns {
            let (rows, http) = (Arc::clone(rows), Arc::clone(http));
            let handler = any(move |request: Request<Body>| {
                dispatch(Arc::clone(&http), Arc::clone(&rows), request)
            });
            router = router.route(path, handler);
        }
        let document = self.document.clone();
        router
            .route(DOCUMENT, get(move || std::future::ready(document.clone())))
            .route("/nacos/{*rest}", any(not_found))
    }
}
