//! Names and fingerprints of all items, in memory.

pub(crate) mod applied;
pub(crate) mod memory;
pub(crate) mod slot;
pub(crate) mod tally;
