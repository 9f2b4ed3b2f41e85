//! The HTTP API of Nacos, all three generations.
//!
//! A request finds its row in one table ([`route`]), is read ([`body`],
//! [`params`]), counted, admitted ([`guard`]) and handed to the row's operation.
//! Operations ([`ops`]) exist once; a row only says how its generation names the
//! parameters and wraps the answer ([`forms`]). The OpenAPI document ([`openapi`])
//! is made of the same table.

mod body;
mod call;
mod code;
mod credential;
mod dispatch;
mod fault;
mod forms;
mod generation;
mod glossary;
mod guard;
pub(crate) mod listening;
mod metrics;
mod openapi;
mod ops;
pub(crate) mod params;
mod refusals;
mod reply;
mod route;
mod settings;
mod state;
mod table;
mod target;
mod v1;
mod v2;
mod v3;

pub use body::BODY_BYTES_MAX;
pub(crate) use dispatch::dispatch;
pub(crate) use metrics::HttpMetrics;
pub use settings::HttpSettings;
pub(crate) use table::Table;
