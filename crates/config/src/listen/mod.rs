//! Listening: who waits for which item, and what they were last told.

pub(crate) mod sink;
