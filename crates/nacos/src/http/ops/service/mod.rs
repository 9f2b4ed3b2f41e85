//! Services and their clusters.

pub(crate) mod checker;
pub(crate) mod cluster;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod detail;
pub(crate) mod health;
pub(crate) mod input;
pub(crate) mod list;
pub(crate) mod names;
pub(crate) mod selector;
pub(crate) mod subscribers;
pub(crate) mod update;
