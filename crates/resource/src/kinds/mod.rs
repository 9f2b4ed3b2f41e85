//! The kinds this crate brings; others are in the crates that make them come true.

pub(crate) mod namespace;
pub(crate) mod traffic_rule;
