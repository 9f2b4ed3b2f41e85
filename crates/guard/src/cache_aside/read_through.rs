//! Reads through a cache.

use std::{hash::Hash, sync::Arc, time::Duration};

use parking_lot::RwLock;

use super::{Cache, CacheAsideSettings, Cached};
use crate::{
    settings::InvalidSetting,
    single_flight::{FlightError, SingleFlight},
    stat::{Rng, Striped},
    sync::{AtomicU64, Ordering},
    time::{Clock, Instant, instant::nanos_of},
};

/// Why there is no answer. Clones are cheap: all who waited for one load get the same.
#[derive(Debug, thiserror::Error)]
pub enum CacheAsideError<L, C> {
    /// The loader failed and there is no stale value.
    #[error("the value could not be loaded: {0}")]
    Load(Arc<L>),
    /// The cache failed, and loading without it is not allowed.
    #[error("the cache could not be asked: {0}")]
    Cache(Arc<C>),
    /// Too many loads at once, or the loader panicked.
    #[error(transparent)]
    Flight(FlightError),
}

impl<L, C> Clone for CacheAsideError<L, C> {
    fn clone(&self) -> Self {
        match self {
            Self::Load(error) => Self::Load(Arc::clone(error)),
            Self::Cache(error) => Self::Cache(Arc::clone(error)),
            Self::Flight(error) => Self::Flight(*error),
        }
    }
}

/// What was counted so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheAsideCounts {
    /// Reads that the cache answered.
    pub hits: u64,
    /// Reads that it did not answer.
    pub misses: u64,
    /// Calls of a loader.
    pub loads: u64,
    /// Of those, the ones that failed.
    pub load_failures: u64,
    /// Failed loads in whose place a stale value was given.
    pub stale: u64,
    /// Times that the cache failed, at reading or writing.
    pub cache_failures: u64,
}

const HITS: usize = 0;
const MISSES: usize = 1;
const LOADS: usize = 2;
const LOAD_FAILURES: usize = 3;
const STALE: usize = 4;
const CACHE_FAILURES: usize = 5;

type Answer<V, L, C> = Result<Option<V>, CacheAsideError<L, C>>;

/// Reads through a cache: what it does not have is loaded, once for all who ask for it at
/// the same time, and kept.
///
/// ```
/// use seawall_guard::{
///     MonotonicClock,
///     cache_aside::{CacheAside, CacheAsideSettings, MemoryCache, MemoryCacheSettings},
/// };
/// # futures::executor::block_on(async {
/// let cache = MemoryCache::new(&MemoryCacheSettings::default(), |_: &u64, _: Option<&String>| 1)?;
/// let users = CacheAside::new(&CacheAsideSettings::default(), cache, MonotonicClock::new(), 7)?;
/// let load = || async { Ok::<_, std::io::Error>(Some(String::from("Ada"))) };
/// assert_eq!(users.get(&1, load).await?.as_deref(), Some("Ada"));
/// assert_eq!(users.counts().loads, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct CacheAside<K, V, L, C: Cache<K, V>, T> {
    shared: Arc<Shared<C, T>>,
    flights: SingleFlight<K, Answer<V, L, C::Error>>,
}

#[derive(Debug)]
struct Shared<C, T> {
    settings: RwLock<CacheAsideSettings>,
    /// Of the settings, in nanoseconds: what every read needs.
    stale: AtomicU64,
    cache: C,
    clock: T,
    rng: Rng,
    counts: Striped<6>,
}

impl<K, V, L, C, T> CacheAside<K, V, L, C, T>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    L: Send + Sync + 'static,
    C: Cache<K, V>,
    T: Clock,
{
    /// In front of whatever loaders load from. The seed is for how long each value is kept.
    ///
    /// # Errors
    /// See [`CacheAsideSettings::validate`].
    pub fn new(
        settings: &CacheAsideSettings,
        cache: C,
        clock: T,
        seed: u64,
    ) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        let flights = SingleFlight::new(&settings.flights)?;
        let stale = AtomicU64::new(nanos_of(settings.stale));
        let settings = RwLock::new(settings.clone());
        let (rng, counts) = (Rng::seeded(seed), Striped::new());
        let shared = Arc::new(Shared { settings, stale, cache, clock, rng, counts });
        Ok(Self { shared, flights })
    }

    /// The value of a key, out of the cache or from `load`; `None` when there is none.
    /// Dropped, a load goes on for those who wait for it besides.
    ///
    /// # Errors
    /// See [`CacheAsideError`]. That what was loaded could not be kept is counted and is no
    /// error.
    pub async fn get<F, Fut>(&self, key: &K, load: F) -> Answer<V, L, C::Error>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<Option<V>, L>> + Send + 'static,
    {
        let has = self.shared.look(key).await?;
        if let Has::Fresh(value) = has {
            self.shared.counts.add(HITS, 1);
            return Ok(value);
        }
        self.shared.counts.add(MISSES, 1);
        let (shared, own_key) = (Arc::clone(&self.shared), key.clone());
        let landed = self.flights.run_knowing(key.clone(), move |is_current| async move {
            // Another load may have ended since this caller looked.
            let has = match shared.look(&own_key).await? {
                Has::Fresh(value) => return Ok(value),
                has => has,
            };
            shared.counts.add(LOADS, 1);
            let value = match load().await {
                Ok(value) => value,
                Err(error) => return shared.failed(has, error),
            };
            // Removed or set while it was being loaded, it may be as of before.
            if is_current.get() {
                shared.keep(&own_key, value.clone()).await;
                if !is_current.get() {
                    shared.remove(&own_key).await.ok();
                }
            }
            Ok(value)
        });
        landed.await.map_err(CacheAsideError::Flight)?.value
    }

    /// Keeps a value that was written.
    ///
    /// # Errors
    /// That of the cache, which may have an older value now: [remove](Self::remove) the key
    /// when it can be asked again.
    pub async fn set(&self, key: &K, value: V) -> Result<(), C::Error> {
        self.flights.forget(key);
        let kept = self.shared.set(key, value).await;
        // One that began since the first call may have loaded what was there before.
        self.flights.forget(key);
        kept
    }

    /// Removes a value that is not as it was any more: call it after the store was written.
    /// A load that is going on keeps nothing, and callers from now on do not wait for it.
    ///
    /// # Errors
    /// That of the cache, which may still have the value: remove it when it can be asked
    /// again.
    pub async fn remove(&self, key: &K) -> Result<(), C::Error> {
        self.flights.forget(key);
        self.shared.remove(key).await
    }

    /// What was counted so far.
    pub fn counts(&self) -> CacheAsideCounts {
        let [hits, misses, loads, load_failures, stale, cache_failures] = self.shared.counts.sum();
        CacheAsideCounts { hits, misses, loads, load_failures, stale, cache_failures }
    }

    /// The cache.
    pub fn cache(&self) -> &C {
        &self.shared.cache
    }

    /// Other settings from now on; what is kept stays for as long as it was to.
    ///
    /// # Errors
    /// See [`CacheAsideSettings::validate`]; the old settings stay.
    pub fn reconfigure(&self, settings: &CacheAsideSettings) -> Result<(), InvalidSetting> {
        settings.validate()?;
        self.flights.reconfigure(&settings.flights)?;
        self.shared.stale.store(nanos_of(settings.stale), Ordering::Relaxed);
        *self.shared.settings.write() = settings.clone();
        Ok(())
    }
}

/// What the cache has of a key.
enum Has<V> {
    Fresh(Option<V>),
    /// Only to be given when nothing better can be had.
    Stale(V),
    Nothing,
}

impl<C, T: Clock> Shared<C, T> {
    async fn look<K, V, L>(&self, key: &K) -> Result<Has<V>, CacheAsideError<L, C::Error>>
    where
        C: Cache<K, V>,
    {
        let cached = match self.cache.get(self.now(), key).await {
            Ok(cached) => cached,
            Err(error) => {
                self.counts.add(CACHE_FAILURES, 1);
                let is_allowed = self.settings.read().load_without_cache;
                let error = CacheAsideError::Cache(Arc::new(error));
                return if is_allowed { Ok(Has::Nothing) } else { Err(error) };
            }
        };
        let stale = Duration::from_nanos(self.stale.load(Ordering::Relaxed));
        Ok(match cached {
            Some(Cached { value: Some(value), remaining }) if remaining <= stale => {
                Has::Stale(value)
            }
            Some(Cached { value, .. }) => Has::Fresh(value),
            None => Has::Nothing,
        })
    }

    fn failed<K, V, L>(&self, has: Has<V>, error: L) -> Answer<V, L, C::Error>
    where
        C: Cache<K, V>,
    {
        self.counts.add(LOAD_FAILURES, 1);
        match has {
            Has::Stale(value) => {
                self.counts.add(STALE, 1);
                Ok(Some(value))
            }
            Has::Fresh(_) | Has::Nothing => Err(CacheAsideError::Load(Arc::new(error))),
        }
    }

    /// Keeps what was loaded, if it can be.
    async fn keep<K, V>(&self, key: &K, value: Option<V>)
    where
        C: Cache<K, V>,
    {
        if let Some(value) = value {
            self.set(key, value).await.ok();
            return;
        }
        let ttl = self.around(self.settings.read().not_found_expiry);
        let kept = self.cache.set_absent(self.now(), key, ttl).await;
        self.count_failure(kept).ok();
    }

    async fn set<K, V>(&self, key: &K, value: V) -> Result<(), C::Error>
    where
        C: Cache<K, V>,
    {
        let (expiry, stale) = {
            let settings = self.settings.read();
            (settings.expiry, settings.stale)
        };
        let ttl = self.around(expiry) + stale;
        let kept = self.cache.set(self.now(), key, Some(value), ttl).await;
        self.count_failure(kept)
    }

    async fn remove<K, V>(&self, key: &K) -> Result<(), C::Error>
    where
        C: Cache<K, V>,
    {
        let removed = self.cache.remove(key).await;
        self.count_failure(removed)
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn count_failure<E>(&self, result: Result<(), E>) -> Result<(), E> {
        if result.is_err() {
            self.counts.add(CACHE_FAILURES, 1);
        }
        result
    }

    /// A little more or less of a time, by chance.
    fn around(&self, time: Duration) -> Duration {
        let jitter = self.settings.read().jitter;
        time.mul_f64(1.0 + jitter * (2.0 * self.rng.next_f64() - 1.0))
    }
}
