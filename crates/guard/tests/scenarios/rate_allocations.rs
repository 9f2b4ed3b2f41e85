//! A request that passes a limit costs no memory.

use seawall_guard::{
    Ctx, Instant, Param,
    rate::{
        HotParam, HotParamMode, HotParamSettings, KeyedRateLimit, KeyedRateLimitSettings,
        LeakyQueue, LeakyQueueSettings, LeaseSettings, LeasedRateLimit, RateLimit,
        RateLimitSettings, Reservation, WarmUpLimit, WarmUpSettings,
    },
};

/// How many allocations 10,000 calls make, one a microsecond; a first one is not counted.
fn allocations<T>(mut call: impl FnMut(Instant) -> T) -> u64 {
    let mut call_at = |number: u64| {
        let _ = call(Instant::from_nanos(number * 1_000));
    };
    call_at(0);
    allocation_counter::measure(|| (1..10_000).for_each(call_at)).count_total
}

#[test]
fn what_passes_or_is_refused_allocates_nothing() {
    let start = Instant::START;
    let settings = RateLimitSettings { permits: 5_000, burst: 2_000, ..Default::default() };
    let direct = RateLimit::new(&settings).unwrap();
    let warming = WarmUpLimit::new(&settings, &WarmUpSettings::default(), start).unwrap();
    let keyed = KeyedRateLimitSettings { limit: settings, ..Default::default() };
    let keyed = KeyedRateLimit::<String>::new(&keyed, start).unwrap();
    let queue = LeakyQueue::new(&LeakyQueueSettings::default()).unwrap();
    let leased = LeasedRateLimit::new(&LeaseSettings::default(), start).unwrap();
    let pass = |now| queue.try_reserve(now, 1, None).map(Reservation::pass);
    let counts = [
        ("RateLimit", allocations(|now| direct.try_acquire(now))),
        ("WarmUpLimit", allocations(|now| warming.try_acquire(now))),
        ("KeyedRateLimit", allocations(|now| keyed.try_acquire(now, "tenant"))),
        ("LeakyQueue", allocations(pass)),
        ("LeasedRateLimit", allocations(|now| leased.try_acquire(now))),
    ];
    for (what, count) in counts {
        assert_eq!(count, 0, "{what}");
    }
    for mode in [HotParamMode::Rate, HotParamMode::Queue, HotParamMode::Concurrency] {
        let settings = HotParamSettings { mode, permits: 1_000, burst: 1, ..Default::default() };
        let limit = HotParam::new(&settings, start).unwrap();
        let params = [Param::Text("a product's name")];
        let ctx = Ctx::default().params(&params);
        assert_eq!(allocations(|now| limit.try_acquire(now, &ctx).is_ok()), 0, "{mode:?}");
    }
}
