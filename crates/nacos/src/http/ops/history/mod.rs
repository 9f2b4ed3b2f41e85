//! What items were before.

pub(crate) mod detail;
pub(crate) mod diff;
pub(crate) mod list;
pub(crate) mod namespace;
pub(crate) mod rollback;
