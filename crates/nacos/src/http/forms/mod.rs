//! What answers look like: outputs of operations written as each generation has
//! them.

pub(crate) mod auth;
pub(crate) mod client;
pub(crate) mod config;
pub(crate) mod config_raw;
pub(crate) mod date;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod instance;
pub(crate) mod listeners;
pub(crate) mod namespace;
pub(crate) mod node;
pub(crate) mod operator;
pub(crate) mod page;
pub(crate) mod service;
