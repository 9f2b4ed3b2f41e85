//! What the wire counts, under Nacos's own names, so that existing boards work.

pub(crate) mod collector;
mod counts;

pub use counts::NacosMetrics;
