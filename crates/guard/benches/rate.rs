//! What a request pays for a limit. Run with `cargo bench -p seawall-guard --bench rate`;
//! for what it prints see `timing.rs`.
//!
//! The clock is not read: `now` is an argument of every operation here.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench that cannot be set up has failed"
)]

mod timing;

use std::{hint::black_box, process::ExitCode, time::Duration};

use futures::FutureExt as _;
use seawall_guard::{
    Ctx, Instant, ManualClock, Param,
    cache_aside::{CacheAside, CacheAsideSettings, MemoryCache, MemoryCacheSettings},
    rate::{
        HotParam, HotParamMode, HotParamSettings, KeyedRateLimit, KeyedRateLimitSettings,
        LeakyQueue, LeakyQueueSettings, LeaseSettings, LeasedRateLimit, RateLimit,
        RateLimitSettings, WarmUpLimit, WarmUpSettings,
    },
};
use timing::{Row, measure};

fn plenty() -> RateLimitSettings {
    RateLimitSettings { permits: 100_000_000, period: Duration::from_secs(1), burst: 1 << 31 }
}

fn at(number: u64) -> Instant {
    Instant::from_nanos(number * 100)
}

fn direct() -> [Row; 2] {
    let passing = RateLimit::new(&plenty()).unwrap();
    let settings = RateLimitSettings { permits: 1, ..plenty() };
    let refusing = RateLimit::new(&RateLimitSettings { burst: 1, ..settings }).unwrap();
    [
        measure("RateLimit, passes", Some(50.0), |number| {
            black_box(passing.try_acquire(black_box(at(number)))).unwrap();
        }),
        measure("RateLimit, refuses", Some(50.0), |number| {
            black_box(refusing.try_acquire(black_box(at(number % 1_000)))).ok();
        }),
    ]
}

fn keyed() -> [Row; 2] {
    let settings = KeyedRateLimitSettings { limit: plenty(), ..Default::default() };
    let numbers = KeyedRateLimit::<u64>::new(&settings, Instant::START).unwrap();
    let texts = KeyedRateLimit::<String>::new(&settings, Instant::START).unwrap();
    let names: Vec<String> = (0..10_000).map(|key| format!("tenant-{key:05}")).collect();
    // Spread, so that neighbours in time are not neighbours in memory.
    let key_of = |number: u64| number.wrapping_mul(7_919) % 10_000;
    [
        measure("KeyedRateLimit, 10,000 numbers", Some(150.0), |number| {
            let key = black_box(key_of(number));
            black_box(numbers.try_acquire(black_box(at(number % 1_000)), &key)).unwrap();
        }),
        measure("KeyedRateLimit, 10,000 texts", Some(150.0), |number| {
            let key = black_box(names[key_of(number) as usize].as_str());
            black_box(texts.try_acquire(black_box(at(number % 1_000)), key)).unwrap();
        }),
    ]
}

fn shaped() -> [Row; 2] {
    let settings = LeakyQueueSettings { permits: 100_000_000, ..Default::default() };
    let queue = LeakyQueue::new(&settings).unwrap();
    let warm_up = WarmUpSettings::default();
    let warming = WarmUpLimit::new(&plenty(), &warm_up, Instant::START).unwrap();
    [
        measure("LeakyQueue, passes", None, |number| {
            if let Ok(place) = queue.try_reserve(black_box(at(number)), 1, None) {
                black_box(place).pass();
            }
        }),
        measure("WarmUpLimit, passes", None, |number| {
            black_box(warming.try_acquire(black_box(at(number)))).ok();
        }),
    ]
}

fn hot_param() -> [Row; 3] {
    let settings = HotParamSettings { permits: 1_000_000, burst: 1 << 20, ..Default::default() };
    let mode = HotParamMode::Concurrency;
    let flight = HotParamSettings { mode, permits: 1_000, ..settings.clone() };
    let often = HotParamSettings { permits: 2, burst: 1 << 31, ..settings.clone() };
    let [seldom, often, flight] =
        [settings, often, flight].map(|settings| HotParam::new(&settings, Instant::START).unwrap());
    let names: Vec<String> = (0..10_000).map(|key| format!("item-{key:05}")).collect();
    let ask = |limit: &HotParam, number: u64| {
        let params = [Param::Text(&names[(number.wrapping_mul(7_919) % 10_000) as usize])];
        let ctx = Ctx::default().params(&params);
        drop(black_box(limit.try_acquire(black_box(at(number)), &ctx)));
    };
    [
        measure("HotParam, 10,000 seldom", Some(150.0), |number| ask(&seldom, number)),
        measure("HotParam, 10,000 with entries", Some(150.0), |number| ask(&often, number)),
        measure("HotParam, 10,000 in flight", Some(150.0), |number| ask(&flight, number)),
    ]
}

fn beside() -> [Row; 2] {
    let settings = LeaseSettings { permits: 100_000_000, nodes: 1, ..Default::default() };
    let leased = LeasedRateLimit::new(&settings, Instant::START).unwrap();
    let weigh: fn(&u64, Option<&u64>) -> u64 = |_, _| 1;
    let cache = MemoryCache::new(&MemoryCacheSettings::default(), weigh).unwrap();
    let settings = CacheAsideSettings::default();
    let reads: CacheAside<_, _, (), _, _> =
        CacheAside::new(&settings, cache, ManualClock::default(), 1).unwrap();
    for key in 0..10_000 {
        reads.set(&key, key).now_or_never().unwrap().unwrap();
    }
    [
        measure("LeasedRateLimit, passes", None, |number| {
            black_box(leased.try_acquire(black_box(at(number)))).ok();
        }),
        measure("CacheAside, 10,000 hits", None, |number| {
            let key = black_box(number.wrapping_mul(7_919) % 10_000);
            let read = reads.get(&key, || std::future::ready(Ok(None)));
            black_box(read.now_or_never()).unwrap().unwrap();
        }),
    ]
}

fn main() -> ExitCode {
    let rows: Vec<Row> = direct()
        .into_iter()
        .chain(keyed())
        .chain(shaped())
        .chain(hot_param())
        .chain(beside())
        .collect();
    timing::print("rate", &rows)
}
