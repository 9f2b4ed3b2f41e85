//! What doors count.

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// Counts of one or several doors; clones share them.
///
/// - `seawall_connections_open`: connections being served.
/// - `seawall_connections_accepted_total`: connections taken.
/// - `seawall_connections_refused_total{reason}`: turned away by a limit.
/// - `seawall_connections_broken_total{stage}`: ended before a protocol was known.
/// - `seawall_tls_reloads_total{outcome}`: certificates read anew.
#[derive(Debug, Clone, Default)]
pub struct NetMetrics {
    pub(crate) open: Gauge,
    pub(crate) accepted: Counter,
    pub(crate) refused: Family<RefusedLabel, Counter>,
    pub(crate) broken: Family<BrokenLabel, Counter>,
    pub(crate) reloads: Family<ReloadLabel, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RefusedLabel {
    pub(crate) reason: RefusedReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum RefusedReason {
    Total,
    PerIp,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct BrokenLabel {
    pub(crate) stage: Stage,
}

/// How far a connection came before it broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum Stage {
    FirstByte,
    Tls,
    Protocol,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct ReloadLabel {
    pub(crate) outcome: ReloadOutcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum ReloadOutcome {
    Loaded,
    Failed,
}

impl NetMetrics {
    /// Makes the counts visible in `registry`.
    pub fn register(&self, registry: &mut Registry) {
        let connections = registry.sub_registry_with_prefix("seawall_connections");
        connections.register("open", "Connections being served", self.open.clone());
        connections.register("accepted", "Connections taken", self.accepted.clone());
        connections.register("refused", "Connections turned away by a limit", self.refused.clone());
        connections.register(
            "broken",
            "Connections that ended before a protocol was known",
            self.broken.clone(),
        );
        registry.register("seawall_tls_reloads", "Certificates read anew", self.reloads.clone());
    }

    pub(crate) fn count_broken(&self, stage: Stage) {
        self.broken.get_or_create(&BrokenLabel { stage }).inc();
    }
}
