//! Every service of the node, by number, by key and by name.

use std::{collections::BTreeMap, hash::BuildHasher};

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use seawall_topology::Namespace;
use slab::Slab;

use super::service::ServiceState;
use crate::{GroupName, ServiceKey, ServiceName};

/// Number of a service while it is known; used again later for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ServiceIndex(u32);

/// Announced services of one namespace, in the order they are listed.
pub(crate) type Groups = BTreeMap<GroupName, BTreeMap<ServiceName, ServiceIndex>>;

/// All services.
#[derive(Debug, Default)]
pub(crate) struct Services {
    states: Slab<ServiceState>,
    by_key: HashTable<ServiceIndex>,
    hasher: DefaultHashBuilder,
    announced: HashMap<Namespace, Groups>,
    announced_count: usize,
}

impl Services {
    /// How many there are, subscribed-to but unknown ones included.
    pub(crate) fn len(&self) -> usize {
        self.states.len()
    }

    /// How many are announced.
    pub(crate) fn announced_count(&self) -> usize {
        self.announced_count
    }

    /// The number of a service.
    pub(crate) fn find(&self, key: &ServiceKey) -> Option<ServiceIndex> {
        let is_it = |index: &ServiceIndex| self.get(*index).is_some_and(|state| state.key == *key);
        self.by_key.find(self.hash(key), is_it).copied()
    }

    /// The service of this key.
    pub(crate) fn find_state(&self, key: &ServiceKey) -> Option<&ServiceState> {
        self.find(key).and_then(|index| self.get(index))
    }

    /// The service with this number.
    pub(crate) fn get(&self, index: ServiceIndex) -> Option<&ServiceState> {
        self.states.get(index.0 as usize)
    }

    /// The service with this number, to change it; its key must stay.
    pub(crate) fn get_mut(&mut self, index: ServiceIndex) -> Option<&mut ServiceState> {
        self.states.get_mut(index.0 as usize)
    }

    /// Takes in a service whose key is free; `None` when numbers have run out.
    pub(crate) fn insert(&mut self, state: ServiceState) -> Option<ServiceIndex> {
        let index = ServiceIndex(u32::try_from(self.states.vacant_key()).ok()?);
        let hash = self.hash(&state.key);
        self.states.insert(state);
        let Self { states, by_key, hasher, .. } = self;
        by_key.insert_unique(hash, index, |index| {
            states.get(index.0 as usize).map_or(0, |state| hasher.hash_one(&state.key))
        });
        Some(index)
    }

    /// Forgets a service.
    pub(crate) fn remove(&mut self, index: ServiceIndex) -> Option<ServiceState> {
        self.unannounce(index);
        let hash = self.hash(&self.get(index)?.key);
        if let Ok(entry) = self.by_key.find_entry(hash, |other| *other == index) {
            entry.remove();
        }
        self.states.try_remove(index.0 as usize)
    }

    /// Makes the service one that is listed; whether it was not before.
    pub(crate) fn announce(&mut self, index: ServiceIndex) -> bool {
        let Some(state) = self.states.get_mut(index.0 as usize) else { return false };
        if std::mem::replace(&mut state.announced, true) {
            return false;
        }
        let ServiceKey { namespace, group, name } = state.key.clone();
        self.announced.entry(namespace).or_default().entry(group).or_default().insert(name, index);
        self.announced_count += 1;
        true
    }

    /// Makes the service one that is not listed; whether it was before.
    pub(crate) fn unannounce(&mut self, index: ServiceIndex) -> bool {
        let Some(state) = self.states.get_mut(index.0 as usize) else { return false };
        if !std::mem::replace(&mut state.announced, false) {
            return false;
        }
        let key = &state.key;
        if let Some(groups) = self.announced.get_mut(&key.namespace) {
            if let Some(names) = groups.get_mut(&key.group) {
                names.remove(&key.name);
                if names.is_empty() {
                    groups.remove(&key.group);
                }
            }
            if groups.is_empty() {
                self.announced.remove(&key.namespace);
            }
        }
        self.announced_count -= 1;
        true
    }

    /// The announced services of a namespace.
    pub(crate) fn announced(&self, namespace: &Namespace) -> Option<&Groups> {
        self.announced.get(namespace)
    }

    /// Every service, announced or not, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ServiceIndex, &ServiceState)> {
        let numbered = |(index, state)| u32::try_from(index).ok().map(|i| (ServiceIndex(i), state));
        self.states.iter().filter_map(numbered)
    }

    fn hash(&self, key: &ServiceKey) -> u64 {
        self.hasher.hash_one(key)
    }
}
