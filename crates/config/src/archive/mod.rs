//! Nacos' zip form of many items.

pub(crate) mod form;
