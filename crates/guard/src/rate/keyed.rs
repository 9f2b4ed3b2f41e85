//! So many requests in a period for each key.

use std::{
    borrow::Borrow,
    hash::{BuildHasher, Hash, RandomState},
    time::Duration,
};

use crossbeam_utils::CachePadded;
use hashbrown::HashTable;
use parking_lot::{RwLock, RwLockUpgradableReadGuard};
use serde::{Deserialize, Serialize};

use super::{
    RateLimitSettings,
    gcra::{Bucket, Empty, Pace, Quota},
};
use crate::{
    admit::{Rejection, Scope},
    settings::InvalidSetting,
    stat::Tick,
    sync::{AtomicU32, AtomicU64, Ordering},
    time::{Instant, instant::nanos_of},
};

const SHARDS: usize = 64;
/// One shard is swept in each of these, so a key that is not used any more is gone 16
/// seconds after its permits are back.
const SWEEP: Duration = Duration::from_millis(250);

/// How many requests pass in a period for each key, and how many keys there may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyedRateLimitSettings {
    /// The rate of each key.
    pub limit: RateLimitSettings,
    /// Keys that are remembered at once; default 100,000; 64 to 100 million, and used as the
    /// next multiple of 64. Each takes as much memory as it is large and about 24 bytes. What
    /// happens beyond is said at [`KeyedRateLimit`].
    pub max_keys: u32,
}

impl Default for KeyedRateLimitSettings {
    fn default() -> Self {
        Self { limit: RateLimitSettings::default(), max_keys: 100_000 }
    }
}

impl KeyedRateLimitSettings {
    /// Whether they can be used.
    ///
    /// # Errors
    /// The first field that is outside of its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        self.limit.validate()?;
        if !(64..=100_000_000).contains(&self.max_keys) {
            return Err(InvalidSetting { field: "max_keys", allowed: "64 to 100,000,000" });
        }
        Ok(())
    }

    fn keys_per_shard(&self) -> u32 {
        self.max_keys.div_ceil(SHARDS as u32)
    }
}

/// A [`RateLimit`](super::RateLimit) for each key: a caller, a tenant, an address.
///
/// A key is remembered while some of its permits are taken; one whose permits are all back
/// is forgotten, which changes nothing, by whichever request comes once a quarter of a
/// second. (Governor keeps every key ever seen until it is told to look through all.)
///
/// When as many keys as may be are remembered, those not seen before share permits: one
/// bucket for each 64th of them. So a flood of invented keys gets 64 times the rate and no
/// more, memory does not grow, and keys that were there before notice nothing.
///
/// Asking for a key that is remembered takes a read lock of a 64th of the table and does not
/// allocate.
#[derive(Debug)]
pub struct KeyedRateLimit<K, S = RandomState> {
    quota: Quota,
    keys_per_shard: AtomicU32,
    shards: Box<[CachePadded<Shard<K>>]>,
    hasher: S,
    sweep: Tick,
    sweeps: AtomicU32,
    scope: Scope,
}

#[derive(Debug)]
struct Shard<K> {
    keys: RwLock<HashTable<(K, Bucket)>>,
    /// What keys share that there is no room for.
    others: Bucket,
    /// When it was last swept because it was full, in nanoseconds.
    swept_at: AtomicU64,
}

impl<K: Hash + Eq> KeyedRateLimit<K> {
    /// A limit that remembers no key yet.
    ///
    /// # Errors
    /// See [`KeyedRateLimitSettings::validate`].
    pub fn new(settings: &KeyedRateLimitSettings, now: Instant) -> Result<Self, InvalidSetting> {
        Self::with_hasher(settings, now, RandomState::new())
    }
}

impl<K: Hash + Eq, S: BuildHasher> KeyedRateLimit<K, S> {
    /// A limit with a hasher of the caller's, for a simulation or for keys that nobody
    /// outside can choose.
    ///
    /// # Errors
    /// See [`KeyedRateLimitSettings::validate`].
    pub fn with_hasher(
        settings: &KeyedRateLimitSettings,
        now: Instant,
        hasher: S,
    ) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        Ok(Self {
            quota: Quota::new(settings.limit.pace()),
            keys_per_shard: AtomicU32::new(settings.keys_per_shard()),
            shards: (0..SHARDS).map(|_| CachePadded::new(Shard::new())).collect(),
            hasher,
            sweep: Tick::new(SWEEP, now),
            sweeps: AtomicU32::new(0),
            scope: Scope::Key,
        })
    }

    /// With another scope in its refusals.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Takes one permit of a key.
    ///
    /// # Errors
    /// As [`KeyedRateLimit::try_acquire_n`].
    pub fn try_acquire<Q>(&self, now: Instant, key: &Q) -> Result<(), Rejection>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.try_acquire_n(now, key, 1)
    }

    /// Takes `cost` permits of a key, all or none.
    ///
    /// # Errors
    /// As [`RateLimit::try_acquire_n`](super::RateLimit::try_acquire_n).
    pub fn try_acquire_n<Q>(&self, now: Instant, key: &Q, cost: u32) -> Result<(), Rejection>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if self.sweep.due(now) > 0 {
            self.sweep_next(now);
        }
        let pace = self.quota.pace();
        let hash = self.hasher.hash_one(key);
        let Some(shard) = self.shards.get(shard_of(hash)) else { return Ok(()) };
        let taken = match shard.take(pace, now, hash, key, cost) {
            Some(taken) => taken,
            None => self.take_unseen(shard, pace, now, hash, key, cost),
        };
        taken.map_err(|empty| empty.rejection(self.scope))
    }

    /// How many keys are remembered.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.keys.read().len()).sum()
    }

    /// Whether no key is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Other settings from now on, as at
    /// [`RateLimit::reconfigure`](super::RateLimit::reconfigure). With fewer keys than are
    /// remembered, no more come in until enough are forgotten.
    ///
    /// # Errors
    /// See [`KeyedRateLimitSettings::validate`]; the old settings stay.
    pub fn reconfigure(
        &self,
        now: Instant,
        settings: &KeyedRateLimitSettings,
    ) -> Result<(), InvalidSetting> {
        settings.validate()?;
        let pace = settings.limit.pace();
        self.quota.set(pace);
        self.keys_per_shard.store(settings.keys_per_shard(), Ordering::Relaxed);
        for shard in &self.shards {
            shard.others.settle(pace, now);
            shard.keys.read().iter().for_each(|(_, bucket)| bucket.settle(pace, now));
        }
        Ok(())
    }

    #[cold]
    fn take_unseen<Q>(
        &self,
        shard: &Shard<K>,
        pace: Pace,
        now: Instant,
        hash: u64,
        key: &Q,
        cost: u32,
    ) -> Result<(), Empty>
    where
        K: Borrow<Q>,
        Q: Eq + ToOwned<Owned = K> + ?Sized,
    {
        let most = self.keys_per_shard.load(Ordering::Relaxed) as usize;
        let keys = shard.keys.upgradable_read();
        if let Some((_, bucket)) = keys.find(hash, |(known, _)| known.borrow() == key) {
            return bucket.take(pace, now, cost);
        }
        if keys.len() >= most && !shard.may_sweep(now) {
            return shard.others.take(pace, now, cost);
        }
        let mut keys = RwLockUpgradableReadGuard::upgrade(keys);
        if keys.len() >= most {
            keys.retain(|(_, bucket)| !bucket.is_full(now));
        }
        if keys.len() >= most {
            return shard.others.take(pace, now, cost);
        }
        let bucket = Bucket::full();
        bucket.take(pace, now, cost)?;
        let hash_of = |(known, _): &(K, Bucket)| self.hasher.hash_one(known);
        keys.insert_unique(hash, (key.to_owned(), bucket), hash_of);
        Ok(())
    }

    /// Forgets the keys of one shard that have all their permits.
    #[cold]
    fn sweep_next(&self, now: Instant) {
        let next = self.sweeps.fetch_add(1, Ordering::Relaxed) as usize % SHARDS;
        let Some(mut keys) = self.shards.get(next).and_then(|shard| shard.keys.try_write()) else {
            return;
        };
        keys.retain(|(_, bucket)| !bucket.is_full(now));
        let room = keys.len() * 2;
        if keys.capacity() > room.max(64) * 2 {
            keys.shrink_to(room, |(known, _)| self.hasher.hash_one(known));
        }
    }
}

impl<K> Shard<K> {
    fn new() -> Self {
        Self {
            keys: RwLock::new(HashTable::new()),
            others: Bucket::full(),
            swept_at: AtomicU64::new(0),
        }
    }

    /// Takes of a key that is remembered; `None` of one that is not.
    fn take<Q>(
        &self,
        pace: Pace,
        now: Instant,
        hash: u64,
        key: &Q,
        cost: u32,
    ) -> Option<Result<(), Empty>>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let keys = self.keys.read();
        let (_, bucket) = keys.find(hash, |(known, _)| known.borrow() == key)?;
        Some(bucket.take(pace, now, cost))
    }

    /// Whether a full shard may be swept again: not for each of a flood of new keys.
    fn may_sweep(&self, now: Instant) -> bool {
        let last = self.swept_at.load(Ordering::Relaxed);
        let now = now.as_nanos();
        let is_due = now >= last.saturating_add(nanos_of(SWEEP));
        is_due
            && self
                .swept_at
                .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}

/// Bits that neither the slot in a table nor its tags are made of.
fn shard_of(hash: u64) -> usize {
    (hash >> 48) as usize % SHARDS
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasherDefault;

    use super::*;

    type Fixed = BuildHasherDefault<std::hash::DefaultHasher>;

    fn limit<K: Hash + Eq>(permits: u32, burst: u32, max_keys: u32) -> KeyedRateLimit<K, Fixed> {
        let limit = RateLimitSettings { permits, burst, ..Default::default() };
        let settings = KeyedRateLimitSettings { limit, max_keys };
        KeyedRateLimit::with_hasher(&settings, Instant::START, Fixed::default()).unwrap()
    }

    fn at(seconds: u64) -> Instant {
        Instant::START + Duration::from_secs(seconds)
    }

    #[test]
    fn each_key_has_its_own_permits_and_texts_are_asked_for_as_they_are() {
        let limit = limit::<String>(1, 2, 64);
        assert_eq!(limit.try_acquire(at(0), "one"), Ok(()));
        assert_eq!(limit.try_acquire(at(0), "one"), Ok(()));
        let rejection = limit.try_acquire(at(0), "one").unwrap_err();
        assert_eq!((rejection.scope, rejection.retry_after), (Scope::Key, Duration::from_secs(1)));
        assert_eq!(limit.try_acquire_n(at(0), "other", 2), Ok(()));
        assert_eq!(limit.try_acquire_n(at(0), "third", 3).unwrap_err().retry_after, Duration::ZERO);
        assert_eq!(limit.len(), 2, "what never passes is not remembered");
    }

    /// Governor 0.10 keeps every key until `retain_recent` is called, which looks through
    /// all of them at once.
    #[test]
    fn governor_0_10_key_growth_is_bounded_without_anybody_cleaning_up() {
        let quota = governor::Quota::with_period(Duration::from_millis(100)).unwrap();
        let clock = governor::clock::FakeRelativeClock::default();
        let theirs = governor::RateLimiter::dashmap_with_clock(quota, clock.clone());
        for key in 0..60_000_u64 {
            theirs.check_key(&key).unwrap();
            clock.advance(Duration::from_millis(1));
        }
        assert_eq!(theirs.len(), 60_000, "every key of a minute, permits back or not");

        let limit = limit::<u64>(10, 10, 6_400);
        let mut key = 0;
        for second in 0..600 {
            for _ in 0..1_000 {
                key += 1;
                limit.try_acquire(at(second), &key).unwrap();
            }
            assert!(limit.len() <= 6_400, "{} keys after {second} s", limit.len());
        }
        for second in 600..620 {
            for _ in 0..10 {
                limit.try_acquire(at(second), &0).unwrap();
            }
        }
        // Of whatever there was, what is used is left: with one request a second, a shard is
        // swept a second.
        for second in 620..700 {
            limit.try_acquire(at(second), &0).unwrap();
        }
        assert_eq!(limit.len(), 1);
    }

    #[test]
    fn a_flood_of_invented_keys_shares_and_old_keys_notice_nothing() {
        let limit = limit::<u64>(1, 10, 640);
        for key in 0..200 {
            assert_eq!(limit.try_acquire_n(at(1), &key, 5), Ok(()));
        }
        let flood = (1_000..200_000).filter(|key| limit.try_acquire_n(at(1), key, 5).is_ok());
        // Those there was still room for, and two of each shard's that share.
        assert_eq!(flood.count(), 440 + 64 * 2);
        assert_eq!(limit.len(), 640);
        for key in 0..200 {
            assert_eq!(limit.try_acquire_n(at(1), &key, 5), Ok(()), "key {key}");
        }
        // When the permits are back there is room again.
        assert_eq!(limit.try_acquire_n(at(60), &200_001, 5), Ok(()));
        assert!(limit.len() < 640);
    }

    #[test]
    fn other_settings_keep_what_was_taken() {
        let limit = limit::<u64>(10, 10, 64);
        limit.try_acquire_n(at(1), &7, 10).unwrap();
        let faster = RateLimitSettings { permits: 20, burst: 10, ..Default::default() };
        let settings = KeyedRateLimitSettings { limit: faster, max_keys: 128 };
        limit.reconfigure(at(1), &settings).unwrap();
        let rejection = limit.try_acquire(at(1), &7).unwrap_err();
        assert_eq!(rejection.retry_after, Duration::from_millis(50));
        let few = KeyedRateLimitSettings { max_keys: 1, ..settings };
        assert_eq!(limit.reconfigure(at(1), &few).unwrap_err().field, "max_keys");
    }

    #[test]
    fn threads_together_take_no_more_of_a_key_than_there_is() {
        let limit = limit::<u64>(1, 100, 6_400);
        let take = || {
            let passes = |key: &u64| limit.try_acquire(Instant::START, key).is_ok();
            (0..100).flat_map(|_| 0..20).filter(passes).count()
        };
        let taken: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum()
        });
        assert_eq!(taken, 2_000);
    }
}
