//! Gauges that are read when they are asked for.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, gauge::ConstGauge},
    registry::Registry,
};

use crate::Nacos;

/// Makes `nacos`'s gauges visible for as long as it lives.
pub(crate) fn register(nacos: &Arc<Nacos>, registry: &mut Registry) {
    registry.register_collector(Box::new(Gauges(Arc::downgrade(nacos))));
}

struct Gauges(Weak<Nacos>);

impl fmt::Debug for Gauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gauges")
    }
}

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Some(nacos) = self.0.upgrade() else { return Ok(()) };
        let mut monitor = encoder.encode_descriptor(
            "nacos_monitor",
            "What the node holds and does",
            None,
            MetricType::Gauge,
        )?;
        for (module, name, value) in readings(&nacos) {
            let labels = [("module", module.as_str()), ("name", name)];
            let family = monitor.encode_family(&labels)?;
            ConstGauge::new(value).encode(family)?;
        }
        Ok(())
    }
}

/// Nacos's names for what is read: part of the server, name, value.
fn readings(nacos: &Nacos) -> Vec<(String, &'static str, i64)> {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let total = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let counts = nacos.registry.counts();
    let pending = nacos.connections.all().iter().map(|link| link.pending()).sum();
    let mut readings = vec![
        ("core".to_owned(), "longConnection", number(nacos.connections.len())),
        ("naming".to_owned(), "serviceCount", number(counts.services)),
        ("naming".to_owned(), "ipCount", number(counts.instances)),
        ("naming".to_owned(), "subscriberCount", number(counts.subscriptions)),
        ("naming".to_owned(), "pushPendingTaskCount", number(counts.pushes_in_flight)),
        ("config".to_owned(), "getConfig", total(nacos.metrics.config_reads.get())),
        ("config".to_owned(), "publish", total(nacos.metrics.config_writes.get())),
        ("config".to_owned(), "notifyClientTask", number(pending)),
        ("config".to_owned(), "longPolling", nacos.metrics.http.long_polls()),
    ];
    // Nacos counts connections of every part of its clients under the same name.
    for (module, count) in nacos.connections.by_module() {
        if module != "core" {
            readings.push((module, "longConnection", number(count)));
        }
    }
    readings
}
