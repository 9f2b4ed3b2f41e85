//! The limits in force.

use std::{collections::BTreeMap, sync::Arc};

use arc_swap::ArcSwap;
use seawall_clock::Instant;

use super::{ConnectionRule, ControlSettings, Point, TpsRule, Verdict, barrier::Barrier};

/// Judges operations and connections; its rules can be changed while it does.
#[derive(Debug)]
pub struct Control {
    tps: ArcSwap<BTreeMap<Point, TpsRule>>,
    barriers: Vec<Barrier>,
    connections: ArcSwap<ConnectionRule>,
}

impl Control {
    pub(crate) fn new(settings: &ControlSettings) -> Self {
        Self {
            tps: ArcSwap::from_pointee(settings.tps.clone()),
            barriers: Point::ALL.iter().map(|_| Barrier::default()).collect(),
            connections: ArcSwap::from_pointee(settings.connections.clone()),
        }
    }

    /// Counts one operation at `now` and says whether it may happen.
    pub(crate) fn pass(&self, point: Point, now: Instant) -> Verdict {
        let rules = self.tps.load();
        match (rules.get(&point), self.barriers.get(point as usize)) {
            (Some(rule), Some(barrier)) => barrier.pass(*rule, now),
            _ => Verdict::Within,
        }
    }

    /// Limits one operation from now on, or no longer.
    pub fn set_tps_rule(&self, point: Point, rule: Option<TpsRule>) {
        self.tps.rcu(|rules| {
            let mut rules = BTreeMap::clone(rules);
            match rule {
                Some(rule) => rules.insert(point, rule),
                None => rules.remove(&point),
            };
            rules
        });
    }

    /// The limits of operations in force.
    pub fn tps_rules(&self) -> Arc<BTreeMap<Point, TpsRule>> {
        self.tps.load_full()
    }

    /// Bounds connections from now on; those that are open stay.
    pub fn set_connection_rule(&self, rule: ConnectionRule) {
        self.connections.store(Arc::new(rule));
    }

    /// The bounds on connections in force.
    pub fn connection_rule(&self) -> Arc<ConnectionRule> {
        self.connections.load_full()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MonitorMode, Period};

    #[test]
    fn a_rule_holds_from_when_it_is_set_until_it_is_taken_away() {
        let control = Control::new(&ControlSettings::default());
        let refuse_all =
            TpsRule { max_count: 0, period: Period::Seconds, monitor: MonitorMode::Intercept };
        let pass = |point| control.pass(point, Instant::START);
        assert_eq!(pass(Point::ConfigQuery), Verdict::Within);
        control.set_tps_rule(Point::ConfigQuery, Some(refuse_all));
        assert_eq!(pass(Point::ConfigQuery), Verdict::Refused);
        assert_eq!(pass(Point::ConfigPublish), Verdict::Within);
        control.set_tps_rule(Point::ConfigQuery, None);
        assert_eq!(pass(Point::ConfigQuery), Verdict::Within);
        assert!(control.tps_rules().is_empty());
    }

    #[test]
    fn a_connection_rule_bounds_those_who_come() {
        let rule = ConnectionRule { count_limit: Some(2), ..ConnectionRule::default() };
        assert!(rule.admits(1) && !rule.admits(2));
        assert!(ConnectionRule::default().admits(1_000_000));
    }
}
