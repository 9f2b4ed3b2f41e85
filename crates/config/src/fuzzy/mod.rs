//! Fuzzy watch: following all items whose names match a pattern.

pub(crate) mod pattern;
pub(crate) mod watches;
