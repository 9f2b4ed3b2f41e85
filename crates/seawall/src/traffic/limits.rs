//! From rules to limits: pure, so that what a set of rules means can be read here.

use std::collections::{BTreeMap, BTreeSet};

use seawall_nacos::{ConnectionRule, MonitorMode, Period, Point, TpsRule, UnknownPoint};
use seawall_net::ConnectionLimits;
use seawall_resource::{Mode, OperationLimit, TrafficRule};

/// What a set of rules comes to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NodeLimits {
    /// Limits by operation.
    pub(super) operations: BTreeMap<Point, TpsRule>,
    /// Bounds on clients.
    pub(super) clients: ConnectionRule,
    /// Bounds on transports.
    pub(super) transports: ConnectionLimits,
}

/// Refuses a rule for an operation that this version does not have.
pub(crate) fn check(rule: &TrafficRule) -> Result<(), UnknownPoint> {
    match &rule.operation {
        Some(operation) => operation.point.parse::<Point>().map(drop),
        None => Ok(()),
    }
}

impl NodeLimits {
    /// The limits of all `rules` together: where several speak of one thing, the
    /// strictest holds. `own` are the limits the node was started with.
    pub(super) fn of<'a>(
        rules: impl IntoIterator<Item = &'a TrafficRule>,
        own: ConnectionLimits,
    ) -> Self {
        let mut limits = Self {
            operations: BTreeMap::new(),
            clients: ConnectionRule { count_limit: None, monitor_ips: BTreeSet::new() },
            transports: own,
        };
        for rule in rules {
            if let Some(operation) = &rule.operation {
                limits.add_operation(operation);
            }
            if let Some(connections) = &rule.connections {
                let narrow = |limit: u64| u32::try_from(limit).unwrap_or(u32::MAX);
                if let Some(count) = connections.count_limit.map(narrow) {
                    let before = limits.clients.count_limit.unwrap_or(u32::MAX);
                    limits.clients.count_limit = Some(before.min(count));
                }
                if let Some(per_ip) = connections.per_ip_limit.map(narrow) {
                    limits.transports.per_ip = limits.transports.per_ip.min(per_ip);
                }
                limits.clients.monitor_ips.extend(&connections.monitor_ips);
            }
        }
        limits
    }

    fn add_operation(&mut self, operation: &OperationLimit) {
        // Refused when it was applied; one from a newer version is left alone here.
        let Ok(point) = operation.point.parse::<Point>() else { return };
        let rule = TpsRule {
            max_count: u32::try_from(operation.max_count).unwrap_or(u32::MAX),
            period: match operation.period {
                seawall_resource::Period::Seconds => Period::Seconds,
                seawall_resource::Period::Minutes => Period::Minutes,
                seawall_resource::Period::Hours => Period::Hours,
            },
            monitor: match operation.mode {
                Mode::Monitor => MonitorMode::Monitor,
                Mode::Intercept => MonitorMode::Intercept,
            },
        };
        let kept = self.operations.entry(point).or_insert(rule);
        if strictness(rule) > strictness(*kept) {
            *kept = rule;
        }
    }
}

/// Greater is stricter: refusing before counting, then the fewest a minute.
fn strictness(rule: TpsRule) -> (bool, std::cmp::Reverse<u64>) {
    const HOUR_S: u64 = 3_600;
    let an_hour = u64::from(rule.max_count) * (HOUR_S / rule.period.length().as_secs().max(1));
    (rule.monitor == MonitorMode::Intercept, std::cmp::Reverse(an_hour))
}

#[cfg(test)]
mod tests {
    use seawall_resource::ConnectionLimit;

    use super::*;

    const OWN: ConnectionLimits = ConnectionLimits { total: 1_000, per_ip: 100 };

    fn operation(max_count: u64, period: seawall_resource::Period, mode: Mode) -> TrafficRule {
        let point = "ConfigPublish".to_owned();
        let limit = OperationLimit { point, max_count, period, mode };
        TrafficRule { operation: Some(limit), connections: None }
    }

    fn connections(count_limit: Option<u64>, per_ip_limit: Option<u64>) -> TrafficRule {
        let limit = ConnectionLimit { count_limit, per_ip_limit, ..ConnectionLimit::default() };
        TrafficRule { operation: None, connections: Some(limit) }
    }

    #[test]
    fn the_strictest_rule_for_an_operation_holds() {
        use seawall_resource::Period::{Minutes, Seconds};
        let rules = [
            operation(1, Seconds, Mode::Monitor),
            operation(10, Seconds, Mode::Intercept),
            operation(100, Minutes, Mode::Intercept),
        ];
        let limits = NodeLimits::of(&rules, OWN);
        let held = limits.operations.values().next().unwrap();
        assert_eq!((held.max_count, held.period), (100, Period::Minutes));
        assert_eq!(held.monitor, MonitorMode::Intercept);
    }

    #[test]
    fn connection_rules_narrow_what_the_node_has_and_never_widen_it() {
        let rules = [connections(Some(50), Some(500)), connections(Some(70), Some(10))];
        let limits = NodeLimits::of(&rules, OWN);
        assert_eq!(limits.clients.count_limit, Some(50));
        assert_eq!(limits.transports, ConnectionLimits { total: 1_000, per_ip: 10 });
        assert_eq!(NodeLimits::of([], OWN).transports, OWN);
    }

    #[test]
    fn a_rule_for_an_unknown_operation_is_refused() {
        let mut rule = operation(1, seawall_resource::Period::Seconds, Mode::Monitor);
        assert!(check(&rule).is_ok());
        rule.operation.as_mut().unwrap().point = "Nothing".to_owned();
        assert!(check(&rule).is_err());
    }
}
