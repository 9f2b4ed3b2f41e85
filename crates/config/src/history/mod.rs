//! What an item was before.

pub(crate) mod entry;
