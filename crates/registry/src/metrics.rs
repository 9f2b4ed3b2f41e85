//! What monitoring sees of the registry.

use std::sync::Weak;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::Registry as Metrics,
};

use crate::{Registry, RegistryCounts};

/// Sums over all pushes since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PushStatistics {
    /// Pushes sent, repetitions included.
    pub sent: u64,
    /// Pushes acknowledged.
    pub acknowledged: u64,
    /// Pushes refused or not acknowledged in time.
    pub failed: u64,
    /// Clients given up because they left too much unanswered.
    pub stalled: u64,
    /// Milliseconds from sending to acknowledgement, all together.
    pub cost_ms_total: u64,
    /// Milliseconds the slowest acknowledgement took.
    pub cost_ms_max: u64,
}

/// What the pushes of the last one to two minutes cost, from being sent to being
/// acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushCost {
    /// Milliseconds on average.
    pub average_ms: u64,
    /// Milliseconds of the slowest one.
    pub max_ms: u64,
}

/// Active checks made since the start, by kind, whatever their result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CheckCounts {
    /// Connections tried.
    pub tcp: u64,
    /// HTTP requests.
    pub http: u64,
    /// MySQL log-ins.
    pub mysql: u64,
}

/// Reads the registry each time monitoring asks.
#[derive(Debug)]
pub struct RegistryMetrics {
    registry: Weak<Registry>,
}

impl RegistryMetrics {
    /// Metrics of this registry, for as long as it lives.
    pub fn new(registry: Weak<Registry>) -> Self {
        Self { registry }
    }

    /// Adds `registry_*` to `metrics`: gauges `services`, `instances`, `clients`,
    /// `subscriptions`, `pushes_in_flight`, `push_cost_max_milliseconds`; counters
    /// `pushes`, `pushes_acknowledged`, `pushes_failed`, `clients_stalled`,
    /// `push_cost_milliseconds`.
    pub fn register(self, metrics: &mut Metrics) {
        metrics.register_collector(Box::new(self));
    }
}

impl Collector for RegistryMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let Some(registry) = self.registry.upgrade() else { return Ok(()) };
        let RegistryCounts { services, instances, clients, subscriptions, pushes_in_flight } =
            registry.counts();
        let pushes = registry.push_statistics();
        let gauges = [
            ("services", "Services with instances or a definition", services as u64),
            ("instances", "Registered instances", instances as u64),
            ("clients", "Clients with a connection", clients as u64),
            ("subscriptions", "Subscriptions", subscriptions as u64),
            ("pushes_in_flight", "Pushes not yet acknowledged", pushes_in_flight as u64),
            ("push_cost_max_milliseconds", "Slowest acknowledgement", pushes.cost_ms_max),
        ];
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            encode(&mut encoder, name, help, &gauge)?;
        }
        let counters = [
            ("pushes", "Pushes sent, repetitions included", pushes.sent),
            ("pushes_acknowledged", "Pushes acknowledged", pushes.acknowledged),
            ("pushes_failed", "Pushes refused or not acknowledged in time", pushes.failed),
            ("clients_stalled", "Clients given up", pushes.stalled),
            ("push_cost_milliseconds", "Time to acknowledgement, summed", pushes.cost_ms_total),
        ];
        for (name, help, value) in counters {
            encode(&mut encoder, name, help, &ConstCounter::new(value))?;
        }
        Ok(())
    }
}

fn encode(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    metric: &impl EncodeMetric,
) -> Result<(), std::fmt::Error> {
    let name = format!("registry_{name}");
    metric.encode(encoder.encode_descriptor(&name, help, None, metric.metric_type())?)
}
