//! What the configuration part of a node counts.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

/// Counters and gauges, all without labels.
#[derive(Debug, Default)]
pub(crate) struct ConfigMetrics {
    /// Publishes acknowledged.
    pub(crate) publishes: Counter,
    /// Removals acknowledged of something that was there.
    pub(crate) removals: Counter,
    /// Writes tried again because others wrote the same item.
    pub(crate) write_retries: Counter,
    /// Contents read from the store because the cache did not have them.
    pub(crate) content_loads: Counter,
    /// News handed to listeners.
    pub(crate) news: Counter,
    /// History entries cleaned.
    pub(crate) history_cleaned: Counter,
    /// Items there are.
    pub(crate) items: Gauge,
    /// Listeners there are, long polls included.
    pub(crate) listeners: Gauge,
    /// Items they listen to, counted once for each listener.
    pub(crate) interests: Gauge,
    /// 1 while the copy in memory follows the store, else 0.
    pub(crate) following: Gauge,
}

impl ConfigMetrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("seawall_config");
        let counters = [
            ("publishes", "Publishes acknowledged", &self.publishes),
            ("removals", "Removals acknowledged", &self.removals),
            ("write_retries", "Writes tried again after a conflict", &self.write_retries),
            ("content_loads", "Contents read from the store", &self.content_loads),
            ("news", "News of changes handed to listeners", &self.news),
            ("history_cleaned", "History entries cleaned", &self.history_cleaned),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
        let gauges = [
            ("items", "Configuration items", &self.items),
            ("listeners", "Listeners and long polls", &self.listeners),
            ("interests", "Items listened to, by listener", &self.interests),
            ("following", "Whether the copy in memory follows the store", &self.following),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
    }
}
