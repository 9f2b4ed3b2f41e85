//! Permits: never more than the limit, none lost.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use proptest::prelude::*;

use super::super::{
    AdaptiveSettings, AlgorithmSettings, ConcurrencyLimit, FixedSettings, Gradient2Settings,
    LimitAlgorithm, LimitSettings, Permit, VegasSettings, WindowSample,
};
use crate::{
    admit::{Outcome, Rejected, Rejection, Scope},
    time::Instant,
};

const NOW: Instant = Instant::START;

fn at(millis: u64) -> Instant {
    NOW + Duration::from_millis(millis)
}

fn fixed(limit: u32) -> ConcurrencyLimit {
    ConcurrencyLimit::new(&LimitSettings::fixed(limit), NOW).unwrap()
}

/// Lets `count` requests of this latency end, the last at `end` and the others just
/// before, so that all are of the window that ends then.
fn requests(limit: &ConcurrencyLimit, end: Instant, latency: u64, count: u32, outcome: Outcome) {
    let before = |nanos| Instant::from_nanos(end.as_nanos() - nanos);
    let began = before(latency * 1_000_000);
    let permits: Vec<_> = (0..count).filter_map(|_| limit.try_acquire(began).ok()).collect();
    assert_eq!(permits.len(), count as usize);
    for (number, permit) in (1..).zip(permits) {
        permit.finish(before(u64::from(number != count)), outcome);
    }
}

#[test]
fn a_rejection_says_what_refused_and_how_long_a_turn_takes() {
    let limit = fixed(10).scope(Scope::Endpoint);
    requests(&limit, at(100), 40, 10, Outcome::Success);
    let held: Vec<_> = (0..10).map(|_| limit.try_acquire(at(101)).unwrap()).collect();
    let rejection = limit.try_acquire(at(101)).unwrap_err();
    assert_eq!(rejection.reason, Rejected::ConcurrencyLimited);
    assert_eq!(rejection.scope, Scope::Endpoint);
    let wait = rejection.retry_after.as_millis();
    assert!((37..=43).contains(&wait), "a mean latency, to a sixteenth: {wait} ms");
    drop(held);
    assert_eq!(limit.in_flight(), 0);
}

#[test]
fn a_cap_narrows_one_call_and_no_other() {
    let limit = fixed(10);
    let held: Vec<_> = (0..3).map(|_| limit.try_acquire_at_most(NOW, 3).unwrap()).collect();
    assert!(limit.try_acquire_at_most(NOW, 3).is_err());
    let more = limit.try_acquire(NOW).unwrap();
    assert_eq!(limit.in_flight(), 4);
    drop((held, more));
}

#[test]
fn a_permit_lost_to_a_panic_gives_its_place_back() {
    let limit = Arc::new(fixed(1));
    let owned = limit.clone();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _permit = owned.try_acquire_owned(NOW).unwrap();
        panic!("of the request");
    }));
    assert!(panicked.is_err());
    assert_eq!(limit.in_flight(), 0);
    assert!(limit.try_acquire(NOW).is_ok());
}

#[test]
fn a_dropped_permit_is_a_cancelled_request_and_no_latency() {
    let limit = fixed(20);
    requests(&limit, at(50), 10, 10, Outcome::Success);
    for _ in 0..5 {
        drop(limit.try_acquire(at(50)).unwrap());
    }
    requests(&limit, at(100), 10, 1, Outcome::Success);
    let window = limit.measured().unwrap();
    assert_eq!((window.answered, window.cancelled, window.rejected), (11, 5, 0));
    assert_eq!(window.in_flight_max, 10);
    assert!((window.throughput() - 110.0).abs() < 1e-6);
    let latency = window.latency.unwrap();
    for millis in [latency.min, latency.p50, latency.p90].map(|latency| latency.as_secs_f64()) {
        assert!((0.01..0.011_25).contains(&millis), "{latency:?}");
    }
}

#[test]
fn a_window_with_too_few_requests_goes_on() {
    let limit = fixed(20);
    requests(&limit, at(100), 10, 4, Outcome::Success);
    requests(&limit, at(200), 10, 5, Outcome::Success);
    assert_eq!(limit.measured(), None);
    requests(&limit, at(300), 10, 1, Outcome::Timeout);
    let window = limit.measured().unwrap();
    assert_eq!((window.answered, window.timeouts), (9, 1));
    assert_eq!(window.lasted, Duration::from_millis(300));
    requests(&limit, at(400), 10, 10, Outcome::Success);
    assert_eq!(limit.measured().unwrap().number, 1);
}

/// tower-resilience 0.13 asked in `poll_ready` whether there was room and reserved
/// nothing, so every clone that asked saw the same room.
#[test]
fn tower_resilience_365_clones_never_have_more_in_flight_than_the_limit() {
    let limit = Arc::new(fixed(7));
    let (mut admitted, mut most) = (0_u64, 0);
    thread::scope(|scope| {
        let clones: Vec<_> = (0..8).map(|_| limit.clone()).collect();
        let work = |limit: Arc<ConcurrencyLimit>| {
            let (mut admitted, mut most) = (0, 0);
            for number in 0..20_000_u64 {
                let Ok(permit) = limit.try_acquire_owned(at(number)) else { continue };
                most = most.max(limit.in_flight());
                admitted += 1;
                match number % 3 {
                    0 => drop(permit),
                    1 => permit.finish(at(number), Outcome::Success),
                    _ => permit.finish(at(number), Outcome::Failure),
                }
            }
            (admitted, most)
        };
        let threads: Vec<_> =
            clones.into_iter().map(|limit| scope.spawn(move || work(limit))).collect();
        for thread in threads {
            let (by_one, seen) = thread.join().unwrap();
            (admitted, most) = (admitted + by_one, most.max(seen));
        }
    });
    assert!(most <= 7, "{most}");
    assert!(admitted > 20_000, "{admitted}");
    assert_eq!(limit.in_flight(), 0);
}

/// In tower a `ConcurrencyLimit` that is not ready makes `LoadShed` shed, and so does
/// anything else inside that is not ready just now, or a task that has used up its turn
/// (tower-rs/tower#793, apollographql/router#9034). Here nothing is asked beforehand:
/// there is no readiness, and a rejection means that the limit was reached at that moment.
#[test]
fn tower_793_a_rejection_means_a_full_limit_and_nothing_else() {
    let limit = fixed(3);
    for round in 0..1_000 {
        let held: Vec<_> = (0..3).map(|_| limit.try_acquire(NOW).unwrap()).collect();
        assert!(limit.try_acquire(NOW).is_err(), "round {round}");
        drop(held);
    }
}

#[test]
fn a_limit_that_shrinks_admits_nobody_until_enough_are_gone() {
    let limit = fixed(8);
    let mut held: Vec<_> = (0..8).map(|_| limit.try_acquire(NOW).unwrap()).collect();
    limit.reconfigure(&LimitSettings::fixed(3)).unwrap();
    assert_eq!((limit.in_flight(), limit.limit()), (8, 3));
    while limit.in_flight() >= 3 {
        assert!(limit.try_acquire(NOW).is_err());
        held.pop();
    }
    held.push(limit.try_acquire(NOW).unwrap());
    assert!(limit.try_acquire(NOW).is_err());
}

#[test]
fn other_settings_keep_what_was_learnt() {
    let adaptive = |limit_max| LimitSettings {
        algorithm: AlgorithmSettings::Adaptive(AdaptiveSettings {
            limit_max,
            ..AdaptiveSettings::default()
        }),
        ..LimitSettings::default()
    };
    let limit = ConcurrencyLimit::new(&adaptive(4_096), NOW).unwrap();
    for window in 1..=10 {
        // As many in flight as may be, and none is slower for it.
        let (end, count) = (at(window * 100), limit.limit());
        requests(&limit, end, 100, count, Outcome::Success);
    }
    let learnt = limit.limit();
    assert!(learnt > 32);
    limit.reconfigure(&adaptive(2_000)).unwrap();
    assert_eq!(limit.limit(), learnt, "the same algorithm");
    let vegas = LimitSettings {
        algorithm: AlgorithmSettings::Vegas(VegasSettings::default()),
        ..adaptive(1)
    };
    limit.reconfigure(&vegas).unwrap();
    assert_eq!(limit.limit(), learnt, "another one starts where it was");
    limit.reconfigure(&adaptive(40)).unwrap();
    assert_eq!(limit.limit(), 40, "and within its own range");
    let error = limit.reconfigure(&adaptive(3)).unwrap_err();
    assert_eq!((error.field, limit.limit()), ("limit_min", 40));
}

#[test]
fn settings_are_read_as_they_are_written() {
    let settings = LimitSettings::default();
    let written = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<LimitSettings>(&written).unwrap(), settings);
    let read = |text| serde_json::from_str::<LimitSettings>(text);
    assert_eq!(read(r#"{"algorithm":{"fixed":{"limit":7}}}"#).unwrap(), LimitSettings::fixed(7));
    assert!(read(r#"{"algorithm":{"vegas":{"limit":7}}}"#).is_err(), "an unknown key");
    let limit = FixedSettings { limit: u32::MAX };
    let too_many =
        LimitSettings { algorithm: AlgorithmSettings::Fixed(limit), ..LimitSettings::default() };
    assert_eq!(too_many.validate().unwrap_err().field, "limit");
}

#[test]
fn an_algorithm_of_ones_own_decides() {
    #[derive(Debug)]
    struct Halves;
    impl LimitAlgorithm for Halves {
        fn update(&mut self, window: &WindowSample) -> u32 {
            window.limit / 2
        }
    }
    let settings = LimitSettings::default();
    let limit = ConcurrencyLimit::with_algorithm(Box::new(Halves), 64, &settings, NOW).unwrap();
    requests(&limit, at(100), 1, 10, Outcome::Success);
    requests(&limit, at(200), 1, 10, Outcome::Success);
    assert_eq!(limit.limit(), 16);
}

#[test]
fn every_end_is_counted_in_one_window() {
    #[derive(Debug)]
    struct Counts(Arc<AtomicU64>);
    impl LimitAlgorithm for Counts {
        fn update(&mut self, window: &WindowSample) -> u32 {
            let ends = window.answered + window.timeouts + window.failures + window.cancelled;
            self.0.fetch_add(ends, Ordering::Relaxed);
            window.limit
        }
    }
    const EACH: u64 = 30_000;
    let counted = Arc::new(AtomicU64::new(0));
    let counts = Box::new(Counts(counted.clone()));
    let settings = LimitSettings { samples_min: 1, ..LimitSettings::default() };
    let limit = ConcurrencyLimit::with_algorithm(counts, 64, &settings, NOW).unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for number in 0..EACH {
                    let permit = limit.try_acquire(at(number)).unwrap();
                    match number % 4 {
                        0 => drop(permit),
                        1 => permit.finish(at(number), Outcome::Timeout),
                        2 => permit.finish(at(number), Outcome::Failure),
                        _ => permit.finish(at(number), Outcome::Success),
                    }
                }
            });
        }
    });
    // What the last window left over.
    limit.try_acquire(at(EACH)).unwrap().finish(at(EACH + 1_000), Outcome::Success);
    assert_eq!(counted.load(Ordering::Relaxed), 4 * EACH + 1);
}

/// What somebody may do with a limit.
#[derive(Debug, Clone)]
enum Step {
    Acquire { cap: u32, owned: bool },
    Finish { which: usize, outcome: Outcome },
    Drop { which: usize },
    Reconfigure { limit: u32 },
    Pass { millis: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let outcome = prop::sample::select(vec![
        Outcome::Success,
        Outcome::Failure,
        Outcome::Timeout,
        Outcome::Overload,
        Outcome::Cancelled,
    ]);
    let cap = prop_oneof![3 => Just(u32::MAX), 1 => 0_u32..12];
    prop_oneof![
        6 => (cap, any::<bool>()).prop_map(|(cap, owned)| Step::Acquire { cap, owned }),
        4 => (any::<usize>(), outcome).prop_map(|(which, outcome)| Step::Finish { which, outcome }),
        2 => any::<usize>().prop_map(|which| Step::Drop { which }),
        1 => (0_u32..12).prop_map(|limit| Step::Reconfigure { limit }),
        2 => (0_u64..400).prop_map(|millis| Step::Pass { millis }),
    ]
}

enum Held<'a> {
    Borrowed(Permit<&'a ConcurrencyLimit>),
    Owned(Permit<Arc<ConcurrencyLimit>>),
}

proptest! {
    /// Against the plainest model there is: a number and a limit.
    #[test]
    fn a_limit_admits_exactly_those_there_is_room_for(
        steps in prop::collection::vec(step(), 1..200),
    ) {
        let limit = Arc::new(fixed(5));
        let (mut held, mut most, mut now) = (Vec::new(), 5_usize, NOW);
        for step in steps {
            match step {
                Step::Acquire { cap, owned } => {
                    let got: Result<Held<'_>, Rejection> = if owned {
                        limit.try_acquire_owned_at_most(now, cap).map(Held::Owned)
                    } else {
                        limit.try_acquire_at_most(now, cap).map(Held::Borrowed)
                    };
                    prop_assert_eq!(got.is_ok(), held.len() < most.min(cap as usize));
                    held.extend(got);
                }
                Step::Finish { which, outcome } if !held.is_empty() => {
                    match held.swap_remove(which % held.len()) {
                        Held::Borrowed(permit) => permit.finish(now, outcome),
                        Held::Owned(permit) => permit.finish(now, outcome),
                    }
                }
                Step::Drop { which } if !held.is_empty() => {
                    drop(held.swap_remove(which % held.len()));
                }
                Step::Finish { .. } | Step::Drop { .. } => {}
                Step::Reconfigure { limit: to } => {
                    limit.reconfigure(&LimitSettings::fixed(to)).unwrap();
                    most = to as usize;
                }
                Step::Pass { millis } => now = now + Duration::from_millis(millis),
            }
            prop_assert_eq!(limit.in_flight() as usize, held.len());
            prop_assert_eq!(limit.limit() as usize, most);
        }
        drop(held);
        prop_assert_eq!(limit.in_flight(), 0);
    }

    /// Whatever a server answers, and however long it takes.
    #[test]
    fn every_algorithm_stays_in_its_range(
        windows in prop::collection::vec((0_u64..3_000, 1_u32..60, 0_usize..8), 1..80),
    ) {
        let algorithms = [
            AlgorithmSettings::default(),
            AlgorithmSettings::Vegas(VegasSettings::default()),
            AlgorithmSettings::Gradient2(Gradient2Settings::default()),
        ];
        for (algorithm, range) in algorithms.into_iter().zip([4..=4_096, 1..=1_000, 20..=200]) {
            let settings = LimitSettings { algorithm, ..LimitSettings::default() };
            let limit = ConcurrencyLimit::new(&settings, NOW).unwrap();
            let mut end = at(10_000);
            for &(latency, count, outcome) in &windows {
                end = end + Duration::from_millis(100);
                let outcome = [Outcome::Timeout, Outcome::Overload, Outcome::Failure]
                    .get(outcome)
                    .copied()
                    .unwrap_or(Outcome::Success);
                requests(&limit, end, latency, count.min(limit.limit()), outcome);
                prop_assert!(range.contains(&limit.limit()), "{settings:?}: {}", limit.limit());
            }
        }
    }
}
