//! Finding items.

pub(crate) mod glob;
pub(crate) mod query;
