//! Situations of reads through a cache.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use futures::{FutureExt as _, channel::oneshot, executor::block_on};

use super::*;
use crate::{
    single_flight::FlightError,
    time::{Clock as _, Instant, ManualClock},
};

type Memory = MemoryCache<u32, u32>;

/// A cache that can be away.
struct Shaky {
    memory: Memory,
    is_away: Arc<AtomicBool>,
}

impl Shaky {
    fn ask(&self) -> Result<&Memory, &'static str> {
        if self.is_away.load(Ordering::SeqCst) { Err("away") } else { Ok(&self.memory) }
    }
}

impl Cache<u32, u32> for Shaky {
    type Error = &'static str;

    async fn get(&self, now: Instant, key: &u32) -> Result<Option<Cached<u32>>, &'static str> {
        Ok(self.ask()?.get(now, key).await.unwrap_or(None))
    }

    async fn set(
        &self,
        now: Instant,
        key: &u32,
        value: Option<u32>,
        ttl: Duration,
    ) -> Result<(), &'static str> {
        self.ask()?.set(now, key, value, ttl).await.unwrap_or(());
        Ok(())
    }

    async fn set_absent(&self, now: Instant, key: &u32, ttl: Duration) -> Result<(), &'static str> {
        self.ask()?.set_absent(now, key, ttl).await.unwrap_or(());
        Ok(())
    }

    async fn remove(&self, key: &u32) -> Result<(), &'static str> {
        self.ask()?.remove(key).await.unwrap_or(());
        Ok(())
    }
}

type Reads = CacheAside<u32, u32, &'static str, Shaky, ManualClock>;

struct World {
    reads: Reads,
    clock: ManualClock,
    is_away: Arc<AtomicBool>,
    loads: Arc<AtomicU32>,
}

fn world(settings: &CacheAsideSettings) -> World {
    let weigh: fn(&u32, Option<&u32>) -> u64 = |_, _| 1;
    let memory = MemoryCache::new(&MemoryCacheSettings::default(), weigh).unwrap();
    let (clock, is_away) = (ManualClock::default(), Arc::new(AtomicBool::new(false)));
    let cache = Shaky { memory, is_away: Arc::clone(&is_away) };
    let reads = CacheAside::new(settings, cache, clock.clone(), 7).unwrap();
    World { reads, clock, is_away, loads: Arc::default() }
}

type Read = Result<Option<u32>, CacheAsideError<&'static str, &'static str>>;

impl World {
    /// Reads a key whose loader gives this.
    fn read(&self, key: u32, loaded: Result<Option<u32>, &'static str>) -> Read {
        let loads = Arc::clone(&self.loads);
        block_on(self.reads.get(&key, move || {
            loads.fetch_add(1, Ordering::SeqCst);
            std::future::ready(loaded)
        }))
    }

    fn loads(&self) -> u32 {
        self.loads.load(Ordering::SeqCst)
    }
}

#[test]
fn a_value_is_loaded_once_and_again_when_it_has_expired() {
    let world = world(&CacheAsideSettings::default());
    assert_eq!(world.read(1, Ok(Some(10))).unwrap(), Some(10));
    world.clock.advance(Duration::from_hours(24 * 6));
    assert_eq!(world.read(1, Ok(Some(11))).unwrap(), Some(10));
    assert_eq!(world.loads(), 1);
    world.clock.advance(Duration::from_hours(24 * 2));
    assert_eq!(world.read(1, Ok(Some(12))).unwrap(), Some(12));
    let counts = world.reads.counts();
    assert_eq!((counts.hits, counts.misses, counts.loads), (1, 2, 2));
}

#[test]
fn that_there_is_none_is_remembered_for_a_minute() {
    let world = world(&CacheAsideSettings::default());
    for _ in 0..100 {
        assert_eq!(world.read(1, Ok(None)).unwrap(), None);
    }
    assert_eq!(world.loads(), 1);
    world.clock.advance(Duration::from_secs(56));
    assert_eq!(world.read(1, Ok(Some(1))).unwrap(), None);
    world.clock.advance(Duration::from_secs(8));
    assert_eq!(world.read(1, Ok(Some(1))).unwrap(), Some(1));
}

#[test]
fn what_was_stored_together_does_not_expire_together() {
    let world = world(&CacheAsideSettings::default());
    for key in 0..1_000 {
        world.read(key, Ok(Some(key))).unwrap();
    }
    let now = world.clock.now();
    let remaining = |key| {
        let cached = world.reads.cache().get(now, &key).now_or_never().unwrap().unwrap();
        cached.unwrap().remaining.as_secs_f64() / (7.0 * 86_400.0)
    };
    let shares: Vec<f64> = (0..1_000).map(remaining).collect();
    assert!(shares.iter().all(|share| (0.95..=1.05).contains(share)));
    for edge in [0.96, 0.98, 1.0, 1.02, 1.04] {
        let before = shares.iter().filter(|share| **share < edge).count() as f64 / 1_000.0;
        assert!((before - (edge - 0.95) * 10.0).abs() < 0.06, "{before} before {edge}");
    }
}

#[test]
fn errors_of_the_loader_are_given_back_and_not_kept() {
    let world = world(&CacheAsideSettings::default());
    let error = world.read(1, Err("broken")).unwrap_err();
    assert_eq!(error.to_string(), "the value could not be loaded: broken");
    assert_eq!(world.read(1, Ok(Some(1))).unwrap(), Some(1));
    assert_eq!(world.reads.counts().load_failures, 1);
}

#[test]
fn a_stale_value_is_given_while_it_cannot_be_loaded() {
    let hour = Duration::from_hours(1);
    let settings = CacheAsideSettings { expiry: hour, stale: hour, ..Default::default() };
    let world = world(&settings);
    world.read(1, Ok(Some(1))).unwrap();
    world.clock.advance(hour + Duration::from_mins(10));
    assert_eq!(world.read(1, Err("broken")).unwrap(), Some(1));
    assert_eq!(world.read(1, Err("broken")).unwrap(), Some(1));
    assert_eq!((world.loads(), world.reads.counts().stale), (3, 2), "each read tries");
    assert_eq!(world.read(1, Ok(Some(2))).unwrap(), Some(2));
    assert_eq!(world.read(1, Ok(Some(3))).unwrap(), Some(2));
    world.clock.advance(3 * hour);
    assert!(world.read(1, Err("broken")).is_err(), "stale for too long");
}

/// go-zero fails fast too: the store was not made for all of the requests.
#[test]
fn a_cache_that_is_away_is_an_error_unless_loading_without_it_is_allowed() {
    let world = world(&CacheAsideSettings::default());
    world.is_away.store(true, Ordering::SeqCst);
    let error = world.read(1, Ok(Some(1))).unwrap_err();
    assert!(matches!(error, CacheAsideError::Cache(_)), "{error}");
    assert_eq!(world.loads(), 0);
    let settings = CacheAsideSettings { load_without_cache: true, ..Default::default() };
    world.reads.reconfigure(&settings).unwrap();
    assert_eq!(world.read(1, Ok(Some(1))).unwrap(), Some(1));
    assert!(world.reads.counts().cache_failures >= 3);
    assert!(block_on(world.reads.remove(&1)).is_err());
}

#[test]
fn a_value_removed_while_it_is_loaded_is_not_kept() {
    let world = world(&CacheAsideSettings::default());
    let (send, receive) = oneshot::channel();
    let mut old = Box::pin(world.reads.get(&1, || async { receive.await.unwrap() }));
    assert!((&mut old).now_or_never().is_none());
    block_on(world.reads.remove(&1)).unwrap();
    // A read from now on does not wait for the old load.
    assert_eq!(world.read(1, Ok(Some(2))).unwrap(), Some(2));
    send.send(Ok(Some(1))).unwrap();
    assert_eq!(block_on(old).unwrap(), Some(1), "its caller asked before");
    assert_eq!(world.read(1, Ok(Some(3))).unwrap(), Some(2));
}

#[test]
fn a_value_written_while_it_is_loaded_is_not_undone() {
    let world = world(&CacheAsideSettings::default());
    let (send, receive) = oneshot::channel();
    let mut old = Box::pin(world.reads.get(&1, || async { receive.await.unwrap() }));
    assert!((&mut old).now_or_never().is_none());
    block_on(world.reads.set(&1, 2)).unwrap();
    send.send(Ok(Some(1))).unwrap();
    assert_eq!(block_on(old).unwrap(), Some(1));
    assert_eq!(world.read(1, Ok(Some(3))).unwrap(), Some(2));
    assert_eq!(world.loads(), 0);
}

#[test]
fn a_loader_that_panics_is_an_error_for_all_who_wait() {
    let world = world(&CacheAsideSettings::default());
    let panics = || -> std::future::Ready<Result<Option<u32>, &'static str>> { panic!("no") };
    let error = block_on(world.reads.get(&1, panics)).unwrap_err();
    assert!(matches!(error, CacheAsideError::Flight(FlightError::Panicked)));
    assert_eq!(world.read(1, Ok(Some(1))).unwrap(), Some(1));
}
