//! The second generation: `{code, message, data}`.

mod config;
mod core;
mod naming;

use super::route::Route;

/// Its rows.
pub(super) fn routes() -> Vec<Route> {
    [config::routes(), naming::routes(), core::routes()].concat()
}
