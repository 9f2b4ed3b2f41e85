//! How many items there are where.

use std::collections::HashMap;

use seawall_topology::Namespace;

use crate::{ConfigKey, Group, QuotaScope};

/// Items by namespace and group. Gray releases are not counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    groups: HashMap<Namespace, HashMap<Group, u64>>,
}

impl Tally {
    pub(crate) fn add(&mut self, key: &ConfigKey) {
        let groups = self.groups.entry(key.namespace.clone()).or_default();
        *groups.entry(key.group.clone()).or_default() += 1;
    }

    pub(crate) fn remove(&mut self, key: &ConfigKey) {
        let Some(groups) = self.groups.get_mut(&key.namespace) else { return };
        if let Some(count) = groups.get_mut(&key.group) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                groups.remove(&key.group);
            }
        }
        if groups.is_empty() {
            self.groups.remove(&key.namespace);
        }
    }

    pub(crate) fn count(&self, scope: &QuotaScope) -> u64 {
        match scope {
            QuotaScope::Namespace(namespace) => {
                self.groups.get(namespace).map_or(0, |groups| groups.values().sum())
            }
            QuotaScope::Group(namespace, group) => {
                self.groups.get(namespace).and_then(|groups| groups.get(group)).map_or(0, |n| *n)
            }
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.groups.values().flat_map(HashMap::values).sum()
    }
}
