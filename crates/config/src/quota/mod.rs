//! How much a namespace or a group may hold.

pub(crate) mod account;
pub(crate) mod scope;
