//! One breaker for each endpoint or resource.

use std::{
    hash::{DefaultHasher, Hash, Hasher as _},
    sync::Arc,
};

use arc_swap::ArcSwap;
use quick_cache::{Equivalent, sync::Cache};
use serde::{Deserialize, Serialize};

use super::{circuit::Breaker, settings::BreakerSettings};
use crate::{admit::Scope, settings::InvalidSetting, stat::mix, time::Instant};

/// Settings of [`Breakers`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BreakersSettings {
    /// How many there may be; default 1,024, from 1 to 1,000,000. Each takes some 12 KiB.
    /// When one more is needed, one that was not used lately is forgotten, and starts
    /// closed when it is needed again.
    pub capacity: u32,
    /// Settings of each.
    pub breaker: BreakerSettings,
}

impl Default for BreakersSettings {
    fn default() -> Self {
        Self { capacity: 1_024, breaker: BreakerSettings::default() }
    }
}

impl BreakersSettings {
    /// Refuses what is out of range.
    ///
    /// # Errors
    ///
    /// The first setting that is, and its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        if !(1..=1_000_000).contains(&self.capacity) {
            return Err(InvalidSetting { field: "capacity", allowed: "from 1 to 1,000,000" });
        }
        self.breaker.validate()
    }
}

/// Breakers by key (an address, a route, a store), made when they are first asked for and
/// bounded in number.
#[derive(Debug)]
pub struct Breakers<K> {
    cache: Cache<K, Arc<Breaker>>,
    settings: ArcSwap<BreakerSettings>,
    scope: Scope,
    seed: u64,
}

impl<K: Hash + Eq + Clone> Breakers<K> {
    /// None yet. Each will stand in front of what `scope` says.
    ///
    /// # Errors
    ///
    /// A setting is out of its range.
    pub fn new(
        settings: BreakersSettings,
        scope: Scope,
        seed: u64,
    ) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        Ok(Self {
            cache: Cache::new(settings.capacity as usize),
            settings: ArcSwap::from_pointee(settings.breaker),
            scope,
            seed,
        })
    }

    /// The breaker of `key`. Finding it takes a read lock of one of many shards; callers
    /// that keep the breaker beside their endpoint spare themselves even that.
    pub fn get<Q>(&self, key: &Q, now: Instant) -> Arc<Breaker>
    where
        Q: Hash + Equivalent<K> + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(breaker) = self.cache.get(key) {
            return breaker;
        }
        let settings = self.settings.load_full();
        let make =
            || Arc::new(Breaker::build(Arc::clone(&settings), self.scope, self.seed_of(key), now));
        let made: Result<_, std::convert::Infallible> =
            self.cache.get_or_insert_with(key, || Ok(make()));
        let Ok(breaker) = made;
        // They may have been replaced after they were read and before it was in the table.
        let current = self.settings.load_full();
        if !Arc::ptr_eq(&settings, &current) {
            breaker.go_by(current, now);
        }
        breaker
    }

    /// Gives all of them, and those to come, other settings; see
    /// [`Breaker::reconfigure`].
    ///
    /// # Errors
    ///
    /// A setting is out of its range; nothing changed.
    pub fn reconfigure(
        &self,
        settings: BreakerSettings,
        now: Instant,
    ) -> Result<(), InvalidSetting> {
        settings.validate()?;
        let settings = Arc::new(settings);
        self.settings.store(Arc::clone(&settings));
        self.for_each(|_, breaker| breaker.go_by(Arc::clone(&settings), now));
        Ok(())
    }

    /// Shows every one, for metrics and consoles; does not count as its use.
    pub fn for_each(&self, mut show: impl FnMut(&K, &Arc<Breaker>)) {
        self.cache.iter().for_each(|(key, breaker)| show(&key, &breaker));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.cache.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.cache.is_empty()
    }

    fn seed_of<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        mix(self.seed ^ hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        admit::Outcome,
        breaker::{ConsecutiveSettings, Policy, State},
    };

    const NOW: Instant = Instant::START;

    fn breakers(capacity: u32) -> Breakers<String> {
        let once = ConsecutiveSettings { failures: 1, ..ConsecutiveSettings::default() };
        let breaker = BreakerSettings::new(Policy::Consecutive(once));
        Breakers::new(BreakersSettings { capacity, breaker }, Scope::Endpoint, 7).unwrap()
    }

    #[test]
    fn each_key_has_a_breaker_of_its_own_and_keeps_it() {
        let breakers = breakers(10);
        breakers.get("one", NOW).try_acquire(NOW).unwrap().finish(NOW, Outcome::Failure);
        assert_eq!(breakers.get("one", NOW).state(), State::Open);
        assert_eq!(breakers.get("other", NOW).state(), State::Closed);
        let mut keys = Vec::new();
        breakers.for_each(|key, _| keys.push(key.clone()));
        keys.sort();
        assert_eq!(keys, ["one", "other"]);
    }

    #[test]
    fn there_are_never_more_than_there_may_be() {
        let breakers = breakers(64);
        let kept = breakers.get("endpoint 0", NOW);
        for number in 0..10_000 {
            breakers.get(format!("endpoint {number}").as_str(), NOW);
            breakers.get("endpoint 0", NOW);
        }
        assert!(breakers.len() <= 64, "{}", breakers.len());
        assert!(Arc::ptr_eq(&kept, &breakers.get("endpoint 0", NOW)), "it is in use");
    }

    #[test]
    fn other_settings_reach_those_there_are_and_those_to_come() {
        let breakers = breakers(10);
        let old = breakers.get("old", NOW);
        let settings = BreakerSettings { enabled: false, ..BreakerSettings::default() };
        breakers.reconfigure(settings, NOW).unwrap();
        assert_eq!(old.state(), State::Disabled);
        assert_eq!(breakers.get("new", NOW).state(), State::Disabled);
        let open = Duration::ZERO;
        let wrong = ConsecutiveSettings { open, ..ConsecutiveSettings::default() };
        let wrong = BreakerSettings::new(Policy::Consecutive(wrong));
        let refused = breakers.reconfigure(wrong, NOW).unwrap_err();
        assert_eq!(refused.to_string(), "open_ms must be from 1 ms to 1 hour");
    }
}
