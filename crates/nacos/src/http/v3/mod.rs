//! The third generation: `{code, message, data}`, `groupName` everywhere, and a line
//! between what clients and what administrators ask.

mod auth;
mod client;
mod config;
mod core;
mod naming;

use super::route::Route;

/// Its rows.
pub(super) fn routes() -> Vec<Route> {
    [client::routes(), config::routes(), naming::routes(), core::routes(), auth::routes()].concat()
}
