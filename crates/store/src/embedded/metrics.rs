//! What the store counts.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

/// Counters and gauges of an embedded store.
#[derive(Debug, Clone, Default)]
pub struct StoreMetrics {
    /// Commits applied, lease grants and ends included.
    pub commits: Counter,
    /// Writes refused because too many were waiting.
    pub overloaded: Counter,
    /// Writes refused for lack of space.
    pub no_space: Counter,
    /// Writes waiting for the log.
    pub waiting: Gauge,
    /// Syncs of the log since the store was opened.
    pub log_syncs: Gauge,
    /// Bytes of the log's files.
    pub log_bytes: Gauge,
    /// Bytes applied that are not in tables on disk yet.
    pub write_buffer_bytes: Gauge,
    /// Times the engine was closed and opened again after a failure.
    pub engine_reopened: Counter,
    /// Bytes free on the disk.
    pub free_bytes: Gauge,
    /// Bytes read to look for damage.
    pub scrubbed_bytes: Counter,
    /// Times everything was read through.
    pub scrub_passes: Counter,
    /// Damaged places known now.
    pub damaged: Gauge,
}

impl StoreMetrics {
    /// Registers everything under `store_`.
    pub fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("store");
        registry.register("commits", "Commits applied", self.commits.clone());
        registry.register("overloaded", "Writes refused as overload", self.overloaded.clone());
        registry.register("no_space", "Writes refused for lack of space", self.no_space.clone());
        registry.register("waiting", "Writes waiting for the log", self.waiting.clone());
        registry.register("log_syncs", "Syncs of the log", self.log_syncs.clone());
        registry.register("log_bytes", "Bytes of log files", self.log_bytes.clone());
        let name = "write_buffer_bytes";
        registry.register(name, "Bytes not yet in tables", self.write_buffer_bytes.clone());
        let name = "engine_reopened";
        registry.register(name, "Engine reopened after a failure", self.engine_reopened.clone());
        registry.register("free_bytes", "Bytes free on the disk", self.free_bytes.clone());
        let name = "scrubbed_bytes";
        registry.register(name, "Bytes read to look for damage", self.scrubbed_bytes.clone());
        let name = "scrub_passes";
        registry.register(name, "Times everything was read through", self.scrub_passes.clone());
        registry.register("damaged", "Damaged places known now", self.damaged.clone());
    }
}
