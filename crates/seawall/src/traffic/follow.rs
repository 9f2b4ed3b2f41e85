//! Keeps the doors' limits at what is declared.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use seawall_nacos::{Nacos, Point};
use seawall_net::{ConnectionGate, ConnectionLimits};
use seawall_resource::{
    Kind, Object, ObjectChange, ObjectEvent, ObjectId, ResourceError, ResourceStore, Spec as _,
    TrafficRule,
};
use tokio_util::task::AbortOnDropHandle;

use super::limits::NodeLimits;

/// Follows the rules until what it returns is dropped. While the store is away, the
/// limits stay as they are.
pub(crate) fn follow(
    resources: &Arc<ResourceStore>,
    nacos: Arc<Nacos>,
    gate: ConnectionGate,
) -> Result<Option<AbortOnDropHandle<()>>, ResourceError> {
    let known: Option<Kind> = resources.kinds().find(TrafficRule::KIND).cloned();
    let Some(kind) = known else { return Ok(None) };
    let mut watch = resources.watch(&kind)?;
    let mut doors = Doors { own: gate.limits(), limited: BTreeSet::new(), nacos, gate };
    let following = tokio::spawn(async move {
        let mut rules = BTreeMap::new();
        loop {
            match watch.next().await {
                ObjectEvent::Reset(objects) => {
                    rules = objects.iter().filter_map(rule_of).collect();
                }
                ObjectEvent::Changed(changes) => {
                    changes.into_iter().for_each(|change| take_in(&mut rules, change));
                }
                ObjectEvent::Unavailable => continue,
            }
            doors.set(NodeLimits::of(rules.values(), doors.own));
        }
    });
    Ok(Some(AbortOnDropHandle::new(following)))
}

fn take_in(rules: &mut BTreeMap<ObjectId, TrafficRule>, change: ObjectChange) {
    match change {
        ObjectChange::Put(object) => match rule_of(&object) {
            Some((id, rule)) => drop(rules.insert(id, rule)),
            None => drop(rules.remove(&object.id)),
        },
        ObjectChange::Deleted(id) => drop(rules.remove(&id)),
    }
}

/// A rule; one that a newer version wrote and this one cannot read is left out.
fn rule_of(object: &Object) -> Option<(ObjectId, TrafficRule)> {
    match object.spec_as() {
        Ok(rule) => Some((object.id.clone(), rule)),
        Err(error) => {
            tracing::warn!(object = %object.id, %error, "a rule cannot be read");
            None
        }
    }
}

/// The doors, and what they were told.
struct Doors {
    own: ConnectionLimits,
    limited: BTreeSet<Point>,
    nacos: Arc<Nacos>,
    gate: ConnectionGate,
}

impl Doors {
    fn set(&mut self, limits: NodeLimits) {
        let control = self.nacos.control();
        for point in &self.limited {
            if !limits.operations.contains_key(point) {
                control.set_tps_rule(*point, None);
            }
        }
        self.limited = limits.operations.keys().copied().collect();
        for (point, rule) in limits.operations {
            control.set_tps_rule(point, Some(rule));
        }
        control.set_connection_rule(limits.clients);
        self.gate.set_limits(limits.transports);
    }
}
