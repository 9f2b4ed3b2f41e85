//! Configuration items.

pub(crate) mod archive;
pub(crate) mod cached;
pub(crate) mod clone;
pub(crate) mod detail;
pub(crate) mod get;
pub(crate) mod gray;
pub(crate) mod listen;
pub(crate) mod listeners;
pub(crate) mod publish;
pub(crate) mod remove;
pub(crate) mod search;
