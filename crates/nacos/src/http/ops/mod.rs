//! What the HTTP API does, each operation once: a typed input, one call of the
//! part that knows, a typed output. The generations only name parameters and wrap
//! answers.

pub(crate) mod auth;
pub(crate) mod capacity;
pub(crate) mod client;
pub(crate) mod config;
pub(crate) mod discovery;
pub(crate) mod history;
pub(crate) mod instance;
pub(crate) mod loader;
pub(crate) mod namespace;
pub(crate) mod node;
pub(crate) mod operator;
pub(crate) mod service;
