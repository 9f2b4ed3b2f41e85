//! The kind `TrafficRule`: what the doors let through.

use std::{collections::BTreeSet, net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    ObjectName,
    field::Problems,
    kind::{Scope, Spec},
};

/// Longest name of an operation, in bytes.
const POINT_BYTES_MAX: usize = 128;
/// Most addresses that may be watched.
const MONITOR_IPS_MAX: usize = 1_000;

/// Limits either how often an operation runs or how many connections there are;
/// exactly one of both is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrafficRule {
    /// Limits an operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationLimit>,
    /// Limits connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<ConnectionLimit>,
}

/// How often an operation may run on one node. Of several rules for one operation
/// the strictest holds: refusing before watching, then the fewest runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OperationLimit {
    /// The operation, as the door calls it: `ConfigPublish`, `HealthCheck`, and so on.
    pub point: String,
    /// Runs let through in each period; 0 lets nothing through.
    pub max_count: u64,
    /// The period. Default: `seconds`.
    #[serde(default)]
    pub period: Period,
    /// What happens beyond the limit.
    pub mode: Mode,
}

/// How many connections one node takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ConnectionLimit {
    /// Connections in total; without it only the node's own limit holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count_limit: Option<u64>,
    /// Connections from one address; without it only the node's own limit holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_ip_limit: Option<u64>,
    /// Addresses whose every connection is logged.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub monitor_ips: BTreeSet<IpAddr>,
}

/// What runs are counted over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Period {
    /// Each second.
    #[default]
    Seconds,
    /// Each minute.
    Minutes,
    /// Each hour.
    Hours,
}

/// What happens beyond a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// It is counted and let through.
    Monitor,
    /// It is refused.
    Intercept,
}

impl Period {
    /// How long it is.
    pub const fn duration(self) -> Duration {
        match self {
            Self::Seconds => Duration::from_secs(1),
            Self::Minutes => Duration::from_secs(60),
            Self::Hours => Duration::from_secs(3_600),
        }
    }
}

impl Spec for TrafficRule {
    const KIND: &'static str = "TrafficRule";
    const SCOPE: Scope = Scope::Installation;

    fn check(&self, _: &ObjectName, problems: &mut Problems) {
        match (&self.operation, &self.connections) {
            (Some(operation), None) => operation.check(problems),
            (None, Some(connections)) => connections.check(problems),
            (None, None) => problems.add("operation", "is missing; give this or `connections`"),
            (Some(_), Some(_)) => {
                problems.add("connections", "stands beside `operation`; make two rules of them");
            }
        }
    }
}

impl OperationLimit {
    fn check(&self, problems: &mut Problems) {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let size = 1..=POINT_BYTES_MAX;
        if !size.contains(&self.point.len()) || !self.point.chars().all(allowed) {
            problems.add("operation.point", "is not the name of an operation");
        }
    }
}

impl ConnectionLimit {
    fn check(&self, problems: &mut Problems) {
        if *self == Self::default() {
            problems.add("connections", "limits nothing; give `countLimit` or `perIpLimit`");
        }
        if self.monitor_ips.len() > MONITOR_IPS_MAX {
            problems.add("connections.monitorIps", "has more than 1000 addresses");
        }
    }
}
