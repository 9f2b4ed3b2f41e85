//! One value of a million gets half of all requests.

use std::{
    hash::{BuildHasherDefault, DefaultHasher},
    time::Duration,
};

use seawall_guard::{
    Ctx, Instant, Param,
    rate::{HotParam, HotParamSettings},
    stat::Rng,
};

type Fixed = BuildHasherDefault<DefaultHasher>;

const SEED: u64 = 20_260_801;
const PER_SECOND: u64 = 100_000;
const SECONDS: u64 = 4;

/// What passed and what was refused of the hot value in each second, and of all others.
#[derive(Debug, Default)]
struct Counts {
    hot_passed: [u64; SECONDS as usize],
    others_passed: u64,
    others_refused: u64,
}

fn run(settings: &HotParamSettings, value_of: impl Fn(u64) -> String) -> (Counts, u64, usize) {
    let rng = Rng::seeded(SEED);
    let hot_name = value_of(u64::MAX);
    let mut counts = Counts::default();
    let mut values = 0;
    let memory = allocation_counter::measure(|| {
        let start = Instant::START;
        let limit: HotParam<Fixed> =
            HotParam::with_hasher(settings, start, Fixed::default()).unwrap();
        for request in 0..PER_SECOND * SECONDS {
            let now = start + Duration::from_micros(request * 1_000_000 / PER_SECOND);
            let is_hot = rng.next_f64() < 0.5;
            let name = if is_hot { hot_name.clone() } else { value_of(rng.below(1_000_000)) };
            let params = [Param::Text(&name)];
            let is_passed = limit.try_acquire(now, &Ctx::default().params(&params)).is_ok();
            let second = (request / PER_SECOND) as usize;
            match (is_hot, is_passed) {
                (true, _) => counts.hot_passed[second] += u64::from(is_passed),
                (false, true) => counts.others_passed += 1,
                (false, false) => counts.others_refused += 1,
            }
        }
        values = limit.len();
        assert!(limit.bytes() <= 32 << 20, "it says {} bytes", limit.bytes());
        let hottest = limit.hottest();
        assert_eq!(hottest[0].value.as_param(), Param::Text(&hot_name), "seed={SEED}");
    });
    (counts, memory.bytes_max, values)
}

/// E2: the hot value is limited within its first second, the others notice nothing, and all
/// of it takes less than 32 MiB.
#[test]
fn a_hot_value_is_limited_within_a_second_and_others_are_unaffected() {
    let settings = HotParamSettings { permits: 100, burst: 100, ..Default::default() };
    let (counts, bytes, values) = run(&settings, |number| format!("item-{number:020}"));
    println!("seed={SEED} 100 a second: {counts:?}, {values} values, {bytes} bytes at most");
    assert!(counts.hot_passed[0] <= 200, "seed={SEED} {counts:?}");
    assert!(counts.hot_passed[1..].iter().all(|passed| (99..=101).contains(passed)), "{counts:?}");
    assert_eq!(counts.others_refused, 0, "seed={SEED}");
    assert!(bytes <= 32 << 20, "seed={SEED} {bytes} bytes");
}

/// With one request a second every value that comes has an entry, more than there is room
/// for.
#[test]
fn with_an_entry_for_every_value_memory_stays_bounded_and_the_hot_one_limited() {
    let settings = HotParamSettings { permits: 1, burst: 1, ..Default::default() };
    let (counts, bytes, values) = run(&settings, |number| format!("item-{number:060}"));
    println!("seed={SEED} 1 a second: {counts:?}, {values} values, {bytes} bytes at most");
    assert!(counts.hot_passed.iter().all(|passed| (1..=2).contains(passed)), "{counts:?}");
    // Some values come twice in a second by chance.
    let share = counts.others_refused as f64 / counts.others_passed as f64;
    assert!(share < 0.05, "seed={SEED} {share}");
    assert!(bytes <= 32 << 20, "seed={SEED} {bytes} bytes");
}
