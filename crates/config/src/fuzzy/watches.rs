//! Who follows which pattern.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::{ConfigKey, FuzzyPattern, FuzzyWatchSettings, ListenerId};

/// What happened to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FuzzyKind {
    /// It is there now.
    Added,
    /// Its content changed.
    Changed,
    /// It is gone.
    Deleted,
}

/// One piece of news for a fuzzy watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FuzzyChange {
    /// The item.
    pub key: ConfigKey,
    /// What happened to it.
    pub kind: FuzzyKind,
}

/// Takes news for one fuzzy watcher. Must not block.
pub trait FuzzySink: Send + Sync + 'static {
    /// An item that a pattern of this watcher names changed. Told once, however
    /// many of its patterns name it.
    fn fuzzy_changed(&self, change: FuzzyChange);
}

/// Why a fuzzy watch was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FuzzyError {
    /// Too many different patterns are watched. Cancel one.
    #[error("{max} patterns are watched, the most allowed")]
    TooManyPatterns {
        /// The limit.
        max: usize,
    },
    /// The pattern names too many items. Narrow it.
    #[error("`{pattern}` names more than {max} configurations, the most allowed")]
    TooManyMatches {
        /// The pattern.
        pattern: FuzzyPattern,
        /// The limit.
        max: usize,
    },
    /// The items are not loaded yet. Try again.
    #[error(transparent)]
    Unavailable(#[from] seawall_store::Unavailable),
}

struct Watcher {
    sink: Arc<dyn FuzzySink>,
    patterns: HashSet<FuzzyPattern>,
}

/// All fuzzy watches.
#[derive(Default)]
pub(crate) struct FuzzyWatches {
    watchers: HashMap<ListenerId, Watcher>,
}

impl FuzzyWatches {
    /// Adds a watch and gives the difference between what the pattern names now
    /// (`present`) and what the watcher already has (`received`). Nothing is added
    /// when a limit is reached.
    pub(crate) fn watch(
        &mut self,
        listener: ListenerId,
        pattern: &FuzzyPattern,
        received: &HashSet<ConfigKey>,
        sink: Arc<dyn FuzzySink>,
        present: Vec<ConfigKey>,
        limits: FuzzyWatchSettings,
    ) -> Result<Vec<FuzzyChange>, FuzzyError> {
        if present.len() > limits.matches_max {
            let pattern = pattern.clone();
            return Err(FuzzyError::TooManyMatches { pattern, max: limits.matches_max });
        }
        let known: HashSet<&FuzzyPattern> =
            self.watchers.values().flat_map(|watcher| &watcher.patterns).collect();
        if !known.contains(pattern) && known.len() >= limits.patterns_max {
            return Err(FuzzyError::TooManyPatterns { max: limits.patterns_max });
        }
        let watcher = self
            .watchers
            .entry(listener)
            .or_insert_with(|| Watcher { sink: Arc::clone(&sink), patterns: HashSet::new() });
        watcher.sink = sink;
        watcher.patterns.insert(pattern.clone());
        Ok(difference(pattern, received, present))
    }

    /// Ends one watch.
    pub(crate) fn cancel(&mut self, listener: ListenerId, pattern: &FuzzyPattern) {
        if let Some(watcher) = self.watchers.get_mut(&listener) {
            watcher.patterns.remove(pattern);
            if watcher.patterns.is_empty() {
                self.watchers.remove(&listener);
            }
        }
    }

    /// Ends all watches of a listener.
    pub(crate) fn remove(&mut self, listener: ListenerId) {
        self.watchers.remove(&listener);
    }

    /// Who is to be told of a change of `key`.
    pub(crate) fn concerned(&self, key: &ConfigKey) -> Vec<Arc<dyn FuzzySink>> {
        let concerned = |watcher: &&Watcher| watcher.patterns.iter().any(|p| p.matches(key));
        self.watchers.values().filter(concerned).map(|watcher| Arc::clone(&watcher.sink)).collect()
    }
}

fn difference(
    pattern: &FuzzyPattern,
    received: &HashSet<ConfigKey>,
    present: Vec<ConfigKey>,
) -> Vec<FuzzyChange> {
    let there: HashSet<&ConfigKey> = present.iter().collect();
    let mut gone: Vec<FuzzyChange> = received
        .iter()
        .filter(|key| pattern.matches(key) && !there.contains(key))
        .map(|key| FuzzyChange { key: key.clone(), kind: FuzzyKind::Deleted })
        .collect();
    gone.sort_by(|a, b| a.key.cmp(&b.key));
    let added = present
        .into_iter()
        .filter(|key| !received.contains(key))
        .map(|key| FuzzyChange { key, kind: FuzzyKind::Added });
    added.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Deaf;

    impl FuzzySink for Deaf {
        fn fuzzy_changed(&self, _: FuzzyChange) {}
    }

    fn key(data_id: &str) -> ConfigKey {
        ConfigKey::parse("dev", "G", data_id).unwrap()
    }

    fn pattern(text: &str) -> FuzzyPattern {
        text.parse().unwrap()
    }

    fn start(
        watches: &mut FuzzyWatches,
        listener: u64,
        text: &str,
        received: &[ConfigKey],
        present: Vec<ConfigKey>,
    ) -> Result<Vec<FuzzyChange>, FuzzyError> {
        let limits = FuzzyWatchSettings { patterns_max: 2, matches_max: 3 };
        let received = received.iter().cloned().collect();
        let sink = Arc::new(Deaf);
        watches.watch(ListenerId(listener), &pattern(text), &received, sink, present, limits)
    }

    #[test]
    fn a_watcher_first_hears_the_difference_to_what_it_has() {
        let mut watches = FuzzyWatches::default();
        let received = [key("old"), key("kept")];
        let heard =
            start(&mut watches, 1, "dev>>*>>*", &received, vec![key("kept"), key("new")]).unwrap();
        assert_eq!(
            heard,
            [
                FuzzyChange { key: key("new"), kind: FuzzyKind::Added },
                FuzzyChange { key: key("old"), kind: FuzzyKind::Deleted },
            ]
        );
        assert_eq!(watches.concerned(&key("any")).len(), 1);
        watches.cancel(ListenerId(1), &pattern("dev>>*>>*"));
        assert!(watches.concerned(&key("any")).is_empty());
    }

    #[test]
    fn limits_hold_for_patterns_and_for_what_they_name() {
        let mut watches = FuzzyWatches::default();
        let four = (0..4).map(|n| key(&n.to_string())).collect();
        let refused = start(&mut watches, 1, "dev>>*>>*", &[], four);
        assert!(matches!(refused, Err(FuzzyError::TooManyMatches { max: 3, .. })));
        start(&mut watches, 1, "dev>>a>>*", &[], Vec::new()).unwrap();
        start(&mut watches, 1, "dev>>b>>*", &[], Vec::new()).unwrap();
        let refused = start(&mut watches, 2, "dev>>c>>*", &[], Vec::new());
        assert_eq!(refused, Err(FuzzyError::TooManyPatterns { max: 2 }));
        start(&mut watches, 2, "dev>>a>>*", &[], Vec::new()).expect("others watch it already");
        watches.remove(ListenerId(1));
        start(&mut watches, 2, "dev>>c>>*", &[], Vec::new()).expect("there is room again");
    }
}
