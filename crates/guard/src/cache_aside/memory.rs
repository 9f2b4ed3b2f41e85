//! A cache of this process.

use std::{convert::Infallible, hash::Hash, time::Duration};

use quick_cache::{
    Weighter,
    sync::{Cache as QuickCache, EntryAction, EntryResult},
};
use serde::{Deserialize, Serialize};

use super::{Cache, Cached};
use crate::{settings::InvalidSetting, time::Instant};

/// How much a cache holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MemoryCacheSettings {
    /// What all entries together may weigh, in what the cache weighs them with (bytes, or 1
    /// each); default 64 Mi; from 1 on. It is split among parts of the cache; what is
    /// heavier than a part is not kept.
    pub max_weight: u64,
    /// How many entries to expect, to make room for from the start; default 10,000; 1 to 100
    /// million.
    pub expected_entries: u32,
}

impl Default for MemoryCacheSettings {
    fn default() -> Self {
        Self { max_weight: 64 << 20, expected_entries: 10_000 }
    }
}

impl MemoryCacheSettings {
    /// Whether they can be used.
    ///
    /// # Errors
    /// The first field that is outside of its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        if self.max_weight == 0 {
            return Err(InvalidSetting { field: "max_weight", allowed: "at least 1" });
        }
        if !(1..=100_000_000).contains(&self.expected_entries) {
            let allowed = "1 to 100,000,000";
            return Err(InvalidSetting { field: "expected_entries", allowed });
        }
        Ok(())
    }
}

/// A [`Cache`] in memory, bounded by weight (the `quick_cache` crate, which keeps what is
/// used often when much else comes by once). What has expired goes when it is asked for, or
/// when room is needed.
#[derive(Debug)]
pub struct MemoryCache<K, V, W = fn(&K, Option<&V>) -> u64> {
    cache: QuickCache<K, Stored<V>, Weigh<W>>,
}

#[derive(Debug, Clone)]
struct Stored<V> {
    value: Option<V>,
    expires: Instant,
}

#[derive(Debug, Clone)]
struct Weigh<W>(W);

impl<K, V, W: Fn(&K, Option<&V>) -> u64> Weighter<K, Stored<V>> for Weigh<W> {
    fn weight(&self, key: &K, stored: &Stored<V>) -> u64 {
        // What weighs nothing would never go.
        (self.0)(key, stored.value.as_ref()).max(1)
    }
}

impl<K, V, W> MemoryCache<K, V, W>
where
    K: Hash + Eq + Clone,
    V: Clone,
    W: Fn(&K, Option<&V>) -> u64 + Clone,
{
    /// An empty cache; `weigh` says what an entry weighs, whose value is `None` when it only
    /// says that there is none.
    ///
    /// # Errors
    /// See [`MemoryCacheSettings::validate`].
    pub fn new(settings: &MemoryCacheSettings, weigh: W) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        let entries = settings.expected_entries as usize;
        let cache = QuickCache::with_weighter(entries, settings.max_weight, Weigh(weigh));
        Ok(Self { cache })
    }

    /// How many entries there are, those that have expired included.
    pub fn len(&self) -> usize {
        self.cache.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.cache.is_empty()
    }

    /// What all entries weigh.
    pub fn weight(&self) -> u64 {
        self.cache.weight()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.cache.clear();
    }
}

impl<K, V, W> Cache<K, V> for MemoryCache<K, V, W>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    W: Fn(&K, Option<&V>) -> u64 + Clone + Send + Sync + 'static,
{
    type Error = Infallible;

    async fn get(&self, now: Instant, key: &K) -> Result<Option<Cached<V>>, Infallible> {
        let Some(Stored { value, expires }) = self.cache.get(key) else { return Ok(None) };
        if expires <= now {
            self.cache.remove_if(key, |stored| stored.expires <= now);
            return Ok(None);
        }
        Ok(Some(Cached { value, remaining: expires - now }))
    }

    async fn set(
        &self,
        now: Instant,
        key: &K,
        value: Option<V>,
        ttl: Duration,
    ) -> Result<(), Infallible> {
        self.cache.insert(key.clone(), Stored { value, expires: now + ttl });
        Ok(())
    }

    async fn set_absent(&self, now: Instant, key: &K, ttl: Duration) -> Result<(), Infallible> {
        let absent = Stored { value: None, expires: now + ttl };
        let is_there = |_: &K, stored: &mut Stored<V>| {
            if stored.expires > now {
                EntryAction::Retain(())
            } else {
                EntryAction::ReplaceWithGuard
            }
        };
        // Nobody else here takes a guard and keeps it, so there is nothing to wait for.
        match self.cache.entry(key, Some(Duration::ZERO), is_there) {
            EntryResult::Vacant(guard) | EntryResult::Replaced(guard, _) => {
                let _ = guard.insert(absent);
            }
            EntryResult::Retained(()) | EntryResult::Removed(..) | EntryResult::Timeout => {}
        }
        Ok(())
    }

    async fn remove(&self, key: &K) -> Result<(), Infallible> {
        self.cache.remove(key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt as _, executor::block_on};

    use super::*;

    type Texts = MemoryCache<u32, String, fn(&u32, Option<&String>) -> u64>;

    fn cache(max_weight: u64) -> Texts {
        let settings = MemoryCacheSettings { max_weight, expected_entries: 100 };
        let weigh = |_: &u32, value: Option<&String>| value.map_or(1, |text| text.len() as u64);
        MemoryCache::new(&settings, weigh as fn(&u32, Option<&String>) -> u64).unwrap()
    }

    fn at(seconds: u64) -> Instant {
        Instant::START + Duration::from_secs(seconds)
    }

    fn get(cache: &Texts, now: Instant, key: u32) -> Option<Cached<String>> {
        cache.get(now, &key).now_or_never().unwrap().unwrap()
    }

    #[test]
    fn what_is_kept_is_there_until_its_time_is_over() {
        let cache = cache(1_000);
        let minute = Duration::from_secs(60);
        block_on(cache.set(at(0), &1, Some(String::from("one")), minute)).unwrap();
        let remaining = Duration::from_secs(50);
        let value = Some(String::from("one"));
        assert_eq!(get(&cache, at(10), 1), Some(Cached { value, remaining }));
        assert_eq!(get(&cache, at(60), 1), None);
        assert!(cache.is_empty());
        block_on(cache.set(at(0), &1, None, minute)).unwrap();
        assert_eq!(get(&cache, at(0), 1).unwrap().value, None);
        block_on(cache.remove(&1)).unwrap();
        assert_eq!(get(&cache, at(0), 1), None);
    }

    #[test]
    fn absence_does_not_take_the_place_of_a_value() {
        let cache = cache(1_000);
        let minute = Duration::from_secs(60);
        block_on(cache.set(at(0), &1, Some(String::from("one")), minute)).unwrap();
        block_on(cache.set_absent(at(1), &1, minute)).unwrap();
        assert!(get(&cache, at(1), 1).unwrap().value.is_some());
        block_on(cache.set_absent(at(60), &1, minute)).unwrap();
        assert_eq!(get(&cache, at(60), 1).unwrap().value, None, "it had expired");
        block_on(cache.set_absent(at(0), &2, minute)).unwrap();
        assert_eq!(get(&cache, at(0), 2).unwrap().value, None);
    }

    #[test]
    fn entries_go_when_all_together_weigh_too_much() {
        let cache = cache(10_000);
        for key in 0..1_000 {
            let value = Some("x".repeat(100));
            block_on(cache.set(at(0), &key, value, Duration::from_secs(60))).unwrap();
            assert!(cache.weight() <= 10_000);
        }
        assert!((50..=100).contains(&cache.len()), "{}", cache.len());
        cache.clear();
        assert!(cache.is_empty());
        let none = MemoryCacheSettings { max_weight: 0, ..Default::default() };
        assert_eq!(none.validate().unwrap_err().field, "max_weight");
    }
}
