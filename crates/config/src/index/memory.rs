//! The table of all items.

use std::{
    collections::{HashMap, HashSet, hash_map::RandomState},
    hash::BuildHasher,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::RwLock;
use seawall_store::{Change, KeyValue, Revision, Unavailable};
use seawall_topology::Namespace;

use super::{slot::Slot, tally::Tally};
use crate::{
    ConfigKey, ConfigMeta, GrayName, Quota, QuotaScope,
    stored::{convert, keys, keys::Place},
};

/// Shards of the table, a power of two: readers of different items rarely meet.
const SHARDS: usize = 64;

type Shard = HashMap<ConfigKey, Slot>;

/// Names, metadata and fingerprints of all items. One task writes, all read.
pub(crate) struct Index {
    shards: Vec<RwLock<Shard>>,
    hasher: RandomState,
    tally: RwLock<Tally>,
    quotas: RwLock<HashMap<QuotaScope, Quota>>,
    usages: RwLock<HashMap<QuotaScope, Revision>>,
    loaded: AtomicBool,
}

/// A slot that was written, before and after.
pub(crate) struct Touched {
    pub(crate) key: ConfigKey,
    pub(crate) before: Slot,
    pub(crate) after: Slot,
}

impl Index {
    pub(crate) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            hasher: RandomState::new(),
            tally: RwLock::default(),
            quotas: RwLock::default(),
            usages: RwLock::default(),
            loaded: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_loaded(&self) -> bool {
        self.loaded.load(Ordering::Acquire)
    }

    /// Refuses to answer before the items are loaded: nothing would look like absent.
    pub(crate) fn check_loaded(&self) -> Result<(), Unavailable> {
        if self.is_loaded() {
            return Ok(());
        }
        Err(Unavailable { reason: "the configuration is still being loaded".to_owned() })
    }

    /// Looks at the slot under `key`; `look` must be short.
    pub(crate) fn with<T>(&self, key: &ConfigKey, look: impl FnOnce(Option<&Slot>) -> T) -> T {
        let Some(shard) = self.shard(key) else { return look(None) };
        look(shard.read().get(key))
    }

    /// A copy of the slot under `key`, an empty one if there is none.
    pub(crate) fn slot(&self, key: &ConfigKey) -> Slot {
        self.with(key, |slot| slot.cloned().unwrap_or_default())
    }

    /// All items for which `pick` gives something, in no order.
    pub(crate) fn collect<T>(&self, mut pick: impl FnMut(&Slot) -> Option<T>) -> Vec<T> {
        let mut picked = Vec::new();
        for shard in &self.shards {
            picked.extend(shard.read().values().filter_map(&mut pick));
        }
        picked
    }

    /// Items of a namespace that pass `admit`, oldest first.
    pub(crate) fn items(
        &self,
        namespace: &Namespace,
        admit: impl Fn(&ConfigMeta) -> bool,
    ) -> Vec<Arc<ConfigMeta>> {
        let here = |meta: &&Arc<ConfigMeta>| meta.key.namespace == *namespace && admit(meta);
        let mut items = self.collect(|slot| slot.formal.as_ref().filter(here).cloned());
        items.sort_by_key(|meta| meta.id);
        items
    }

    pub(crate) fn count(&self, scope: &QuotaScope) -> u64 {
        self.tally.read().count(scope)
    }

    pub(crate) fn total(&self) -> u64 {
        self.tally.read().total()
    }

    pub(crate) fn quota(&self, scope: &QuotaScope) -> Quota {
        self.quotas.read().get(scope).copied().unwrap_or_default()
    }

    /// When the usage of `scope` was last written.
    pub(crate) fn usage(&self, scope: &QuotaScope) -> Revision {
        self.usages.read().get(scope).copied().unwrap_or_default()
    }

    /// The greatest number given to an item or a content so far.
    pub(crate) fn newest_number(&self) -> u64 {
        let newest = |slot: &Slot| {
            let all = slot.formal.iter().chain(&slot.grays);
            all.map(|meta| meta.id.get().max(meta.version.0)).max()
        };
        self.collect(newest).into_iter().max().unwrap_or_default()
    }

    /// Makes the table what `pairs` say; gives what is different from before.
    pub(crate) fn reset(&self, pairs: Vec<KeyValue>) -> Vec<Touched> {
        // At first there is nothing to differ from, and nobody to be told.
        let first = !self.is_loaded();
        let mut stale: HashSet<Place> = self.places();
        let mut touched = Vec::new();
        for pair in pairs {
            if let Some(place) = keys::place(&pair.key) {
                stale.remove(&place);
            }
            touched.extend(self.apply(Change::Put(pair)).filter(|_| !first));
        }
        touched.extend(stale.into_iter().filter_map(|place| self.delete(place)));
        self.loaded.store(true, Ordering::Release);
        touched
    }

    /// Takes in one change of the store; gives the item it touched, if any.
    pub(crate) fn apply(&self, change: Change) -> Option<Touched> {
        let place = keys::place(change.key());
        match (place, change) {
            (Some(place), Change::Put(pair)) => self.put(place, &pair),
            (Some(place), Change::Delete(_)) => self.delete(place),
            (None, change) => {
                tracing::warn!(key = ?change.key(), "unknown key among the configuration");
                None
            }
        }
    }

    fn put(&self, place: Place, pair: &KeyValue) -> Option<Touched> {
        let name = match &place {
            Place::Gray(_, name) => Some(name.clone()),
            _ => None,
        };
        match place {
            Place::Item(key) | Place::Gray(key, _) => {
                match convert::decode_item(key.clone(), &pair.value, pair.modified) {
                    Ok(meta) => self.set(key, name.as_ref(), Some(Arc::new(meta))),
                    // What was there stays: stale is better than absent.
                    Err(error) => {
                        tracing::error!(%key, %error, "a stored configuration cannot be read");
                        None
                    }
                }
            }
            Place::Quota(scope) => {
                match convert::decode_quota(&pair.value) {
                    Ok(quota) => drop(self.quotas.write().insert(scope, quota)),
                    Err(error) => tracing::error!(%scope, %error, "a quota cannot be read"),
                }
                None
            }
            Place::Usage(scope) => {
                self.usages.write().insert(scope, pair.modified);
                None
            }
        }
    }

    fn delete(&self, place: Place) -> Option<Touched> {
        match place {
            Place::Item(key) => self.set(key, None, None),
            Place::Gray(key, name) => self.set(key, Some(&name), None),
            Place::Quota(scope) => {
                self.quotas.write().remove(&scope);
                None
            }
            Place::Usage(scope) => {
                self.usages.write().remove(&scope);
                None
            }
        }
    }

    fn set(
        &self,
        key: ConfigKey,
        name: Option<&GrayName>,
        meta: Option<Arc<ConfigMeta>>,
    ) -> Option<Touched> {
        let mut shard = self.shard(&key)?.write();
        let before = shard.get(&key).cloned().unwrap_or_default();
        let mut after = before.clone();
        after.set(name, meta);
        if after.is_empty() {
            shard.remove(&key);
        } else {
            shard.insert(key.clone(), after.clone());
        }
        drop(shard);
        match (before.formal.is_some(), after.formal.is_some()) {
            (false, true) => self.tally.write().add(&key),
            (true, false) => self.tally.write().remove(&key),
            _ => {}
        }
        Some(Touched { key, before, after })
    }

    fn places(&self) -> HashSet<Place> {
        let mut places = HashSet::new();
        for shard in &self.shards {
            for (key, slot) in shard.read().iter() {
                places.extend(slot.formal.iter().map(|_| Place::Item(key.clone())));
                let names = slot.grays.iter().filter_map(|meta| meta.gray.as_ref());
                places.extend(names.map(|rule| Place::Gray(key.clone(), rule.name.clone())));
            }
        }
        places.extend(self.quotas.read().keys().cloned().map(Place::Quota));
        places.extend(self.usages.read().keys().cloned().map(Place::Usage));
        places
    }

    fn shard(&self, key: &ConfigKey) -> Option<&RwLock<Shard>> {
        let hash = self.hasher.hash_one(key);
        // The table inside takes the low bits.
        self.shards.get(usize::try_from(hash >> 32).unwrap_or_default() % SHARDS)
    }
}
