//! Listening: who waits for which item, and what they were last told.

pub(crate) mod long_poll;
pub(crate) mod polls;
pub(crate) mod sink;
pub(crate) mod table;
#[cfg(test)]
mod tests;
