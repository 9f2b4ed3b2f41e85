//! What the parts below refuse, in the words of the HTTP API.

mod config;
mod identity;
mod namespace;
mod naming;
