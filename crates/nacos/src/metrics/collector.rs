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
        encode_listeners(&nacos, &mut encoder)?;
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

/// Who listens to configurations: by long polls (`v1`), by connections (`v2`).
fn encode_listeners(nacos: &Nacos, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
    let polls = nacos.metrics.http.long_polls();
    let all = number(nacos.configs.listener_count());
    let mut subscribers = encoder.encode_descriptor(
        "nacos_config_subscriber",
        "Listeners to configurations",
        None,
        MetricType::Gauge,
    )?;
    for (version, count) in [("v1", polls), ("v2", (all - polls).max(0))] {
        let labels = [("module", "config"), ("version", version)];
        ConstGauge::new(count).encode(subscribers.encode_family(&labels)?)?;
    }
    Ok(())
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn total(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Nacos's names for what is read: part of the server, name, value. They are those that
/// Nacos's Grafana boards (nacos-template) ask for, and a few more.
fn readings(nacos: &Nacos) -> Vec<(String, &'static str, i64)> {
    let connections = number(nacos.connections.len());
    let parts = [
        ("core", vec![("longConnection", connections)]),
        ("naming", naming_readings(nacos)),
        ("config", config_readings(nacos)),
    ];
    let mut readings: Vec<_> = parts
        .into_iter()
        .flat_map(|(module, part)| {
            part.into_iter().map(move |(name, value)| (module.to_owned(), name, value))
        })
        .collect();
    // Nacos counts connections of every part of its clients under the same name.
    for (module, count) in nacos.connections.by_module() {
        if module != "core" {
            readings.push((module, "longConnection", number(count)));
        }
    }
    readings
}

fn naming_readings(nacos: &Nacos) -> Vec<(&'static str, i64)> {
    let counts = nacos.registry.counts();
    let pushes = nacos.registry.push_statistics();
    let checks = nacos.registry.check_counts();
    // As in Nacos, -1 while nothing was pushed.
    let cost = nacos.registry.recent_push_cost();
    let (average, max) = cost.map_or((-1, -1), |cost| (total(cost.average_ms), total(cost.max_ms)));
    vec![
        ("serviceCount", number(counts.services)),
        // What Nacos 1.x called services.
        ("domCount", number(counts.services)),
        ("ipCount", number(counts.instances)),
        ("subscriberCount", number(counts.subscriptions)),
        ("pushPendingTaskCount", number(counts.pushes_in_flight)),
        ("avgPushCost", average),
        ("maxPushCost", max),
        ("totalPush", total(pushes.sent)),
        ("failedPush", total(pushes.failed)),
        ("tcpHealthCheck", total(checks.tcp)),
        ("httpHealthCheck", total(checks.http)),
        ("mysqlHealthCheck", total(checks.mysql)),
        // One node decides for itself.
        ("leaderStatus", 1),
    ]
}

fn config_readings(nacos: &Nacos) -> Vec<(&'static str, i64)> {
    let pending = nacos.connections.all().iter().map(|link| link.pending()).sum();
    let mut readings = vec![
        ("getConfig", total(nacos.metrics.config_reads.get())),
        ("publish", total(nacos.metrics.config_writes.get())),
        ("notifyClientTask", number(pending)),
        ("longPolling", nacos.metrics.http.long_polls()),
        // A configuration is in memory when its publish is answered: nothing waits to be
        // told to other servers or to be written to their disks.
        ("notifyTask", 0),
        ("dumpTask", 0),
    ];
    // Not loaded yet is not "none".
    if let Ok(items) = nacos.configs.total() {
        readings.push(("configCount", total(items)));
    }
    readings
}
