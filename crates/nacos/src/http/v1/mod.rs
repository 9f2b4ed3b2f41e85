//! The first generation: raw text and bare JSON.

mod auth;
mod config;
mod console;
mod naming;

use super::route::Route;

/// Its rows.
pub(super) fn routes() -> Vec<Route> {
    [config::routes(), naming::routes(), console::routes(), auth::routes()].concat()
}
