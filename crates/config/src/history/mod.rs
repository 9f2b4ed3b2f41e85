//! What an item was before.

pub(crate) mod diff;
pub(crate) mod entry;
pub(crate) mod policy;
