//! Fuzzy watches: clients that want to know which services there are.

use std::collections::BTreeSet;

use hashbrown::HashSet;

use super::{
    RegistryCore,
    clients::ClientIndex,
    delivery::Pending,
    effect::Effects,
    services::{ServiceIndex, Services},
    timers::Moment,
};
use crate::{
    ClientId, FuzzyChange, FuzzySync, FuzzyWatchError, PushBody, ServiceKey, ServicePattern,
};

/// One pattern that somebody watches.
#[derive(Debug, Default)]
pub(crate) struct WatchedPattern {
    clients: HashSet<ClientIndex>,
    /// The services its watchers are told of.
    matched: HashSet<ServiceIndex>,
    /// More services match than watchers are told of.
    overflows: bool,
}

impl<S: Clone> RegistryCore<S> {
    /// Begins or renews a watch and tells the client what differs from `received`.
    pub(crate) fn watch_services(
        &mut self,
        at: Moment,
        id: &ClientId,
        pattern: ServicePattern,
        received: BTreeSet<ServiceKey>,
        initial: bool,
        effects: &mut Effects<S>,
    ) -> Result<(), FuzzyWatchError> {
        let not_connected = || FuzzyWatchError::NotConnected { client: id.clone() };
        let client = self.clients.find(id).ok_or_else(not_connected)?;
        let state = self.clients.get_mut(client).ok_or_else(not_connected)?;
        let max = self.settings.fuzzy_patterns_max;
        if state.patterns.len() >= max && !state.patterns.contains(&pattern) {
            return Err(FuzzyWatchError::Patterns { max });
        }
        let max = self.settings.fuzzy_matches_max;
        if !self.patterns.contains_key(&pattern) {
            let matched = matches(&self.services, &pattern);
            if matched.len() > max {
                return Err(FuzzyWatchError::Matches { matches: matched.len(), max });
            }
            let matched = matched.into_iter().collect();
            self.patterns.insert(pattern.clone(), WatchedPattern { matched, ..Default::default() });
        }
        state.patterns.insert(pattern.clone());
        let Some(watched) = self.patterns.get_mut(&pattern) else { return Ok(()) };
        watched.clients.insert(client);
        let changes = difference(&self.services, watched, &pattern, received);
        self.send_sync(at, client, &pattern, changes, initial, effects);
        Ok(())
    }

    /// Ends a watch.
    pub(crate) fn unwatch_services(&mut self, client: &ClientId, pattern: &ServicePattern) {
        let Some(client) = self.clients.find(client) else { return };
        if let Some(state) = self.clients.get_mut(client) {
            state.patterns.remove(pattern);
        }
        self.drop_watcher(client, pattern);
    }

    /// The pattern has one watcher less.
    pub(super) fn drop_watcher(&mut self, client: ClientIndex, pattern: &ServicePattern) {
        if let Some(watched) = self.patterns.get_mut(pattern) {
            watched.clients.remove(&client);
            if watched.clients.is_empty() {
                self.patterns.remove(pattern);
            }
        }
    }

    /// A service came or is about to go: everybody who watches it is told, once.
    pub(super) fn tell_watchers(
        &mut self,
        at: Moment,
        index: ServiceIndex,
        change: FuzzyChange,
        effects: &mut Effects<S>,
    ) {
        let Some(key) = self.services.get(index).map(|service| service.key.clone()) else { return };
        let max = self.settings.fuzzy_matches_max;
        let mut told = BTreeSet::new();
        let mut overflown = Vec::new();
        for (pattern, watched) in &mut self.patterns {
            let concerned = match change {
                FuzzyChange::Removed => watched.matched.remove(&index),
                FuzzyChange::Added if !pattern.matches(&key) => false,
                FuzzyChange::Added if watched.matched.len() >= max => {
                    watched.overflows = true;
                    false
                }
                FuzzyChange::Added => watched.matched.insert(index),
            };
            if concerned {
                told.extend(watched.clients.iter().copied());
                if watched.overflows && change == FuzzyChange::Removed {
                    overflown.push(pattern.clone());
                }
            }
        }
        let notice = PushBody::FuzzyChange { service: key, change };
        for client in told {
            self.send(at, client, Pending::Notice(notice.clone()), 1, effects);
        }
        for pattern in overflown {
            self.fill_up(at, &pattern, index, effects);
        }
    }

    /// There is room again: watchers are told of a service they were not told of.
    fn fill_up(
        &mut self,
        at: Moment,
        pattern: &ServicePattern,
        leaving: ServiceIndex,
        effects: &mut Effects<S>,
    ) {
        let Some(watched) = self.patterns.get_mut(pattern) else { return };
        let mut untold = matches(&self.services, pattern)
            .into_iter()
            .filter(|index| *index != leaving && !watched.matched.contains(index));
        let next = untold.next();
        watched.overflows = untold.next().is_some();
        let Some(index) = next else { return };
        watched.matched.insert(index);
        let clients: Vec<_> = watched.clients.iter().copied().collect();
        let Some(service) = self.services.get(index).map(|service| service.key.clone()) else {
            return;
        };
        let notice = PushBody::FuzzyChange { service, change: FuzzyChange::Added };
        for client in clients {
            self.send(at, client, Pending::Notice(notice.clone()), 1, effects);
        }
    }

    fn send_sync(
        &mut self,
        at: Moment,
        client: ClientIndex,
        pattern: &ServicePattern,
        changes: Vec<(ServiceKey, FuzzyChange)>,
        initial: bool,
        effects: &mut Effects<S>,
    ) {
        if changes.is_empty() && !initial {
            return;
        }
        let size = self.settings.fuzzy_batch.max(1);
        let batches = changes.len().div_ceil(size).max(1);
        let mut changes = changes.into_iter();
        for batch in 1..=batches {
            let changes = changes.by_ref().take(size).collect();
            let pattern = pattern.clone();
            let sync = FuzzySync { pattern, changes, batch, batches, initial };
            self.send(at, client, Pending::Notice(PushBody::FuzzySync(sync)), 1, effects);
        }
    }
}

/// The announced services that fit, by group and name.
fn matches(services: &Services, pattern: &ServicePattern) -> Vec<ServiceIndex> {
    let Some(groups) = services.announced(&pattern.namespace) else { return Vec::new() };
    groups
        .iter()
        .filter(|(group, _)| pattern.group.matches(group.as_str()))
        .flat_map(|(_, names)| names)
        .filter(|(name, _)| pattern.name.matches(name.as_str()))
        .map(|(_, index)| *index)
        .collect()
}

/// What the client lacks, then what it has too much.
fn difference(
    services: &Services,
    watched: &WatchedPattern,
    pattern: &ServicePattern,
    mut received: BTreeSet<ServiceKey>,
) -> Vec<(ServiceKey, FuzzyChange)> {
    let keys = watched.matched.iter().filter_map(|index| services.get(*index));
    let keys: BTreeSet<_> = keys.map(|service| service.key.clone()).collect();
    let lacking = keys.into_iter().filter(|key| !received.remove(key));
    let lacking: Vec<_> = lacking.map(|key| (key, FuzzyChange::Added)).collect();
    let is_there = |key: &ServiceKey| services.find_state(key).is_some_and(|s| s.announced);
    let gone = received.into_iter().filter(|key| pattern.matches(key) && !is_there(key));
    lacking.into_iter().chain(gone.map(|key| (key, FuzzyChange::Removed))).collect()
}
