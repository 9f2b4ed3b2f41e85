//! Situations of a limit for each value.

use std::{collections::HashMap, hash::BuildHasherDefault, sync::Arc, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::{
    admit::{Ctx, Outcome, Param, Rejected, Rejection, Scope},
    time::Instant,
};

type Fixed = BuildHasherDefault<std::hash::DefaultHasher>;

fn hot_param(settings: &HotParamSettings) -> HotParam<Fixed> {
    HotParam::with_hasher(settings, Instant::START, Fixed::default()).unwrap()
}

fn rate(permits: u32, burst: u32) -> HotParamSettings {
    HotParamSettings { permits, burst, ..Default::default() }
}

fn at(millis: u64) -> Instant {
    Instant::START + Duration::from_millis(millis)
}

fn ask(limit: &HotParam<Fixed>, now: Instant, value: Param<'_>) -> Result<(), Rejection> {
    limit.try_acquire(now, &Ctx::default().params(&[value])).map(drop)
}

/// How many of `times` requests at one moment pass.
fn passes(limit: &HotParam<Fixed>, now: Instant, value: Param<'_>, times: usize) -> usize {
    (0..times).filter(|_| ask(limit, now, value).is_ok()).count()
}

/// `ParamFlowDefaultCheckerTest` of Sentinel: 5 a second and then 5 with 3 more saved up;
/// after a pause of 2 seconds those are there again. Sentinel's extra 3 are a burst of 8.
#[test]
fn sentinel_known_values_of_hot_parameters() {
    let value = Param::Text("valueA");
    let limit = hot_param(&rate(5, 5));
    assert_eq!(passes(&limit, at(0), value, 9), 5);
    assert_eq!(passes(&limit, at(1_002), value, 9), 5);

    let limit = hot_param(&rate(5, 8));
    let passed = [0, 1_002, 2_004, 4_004, 5_006].map(|now| passes(&limit, at(now), value, 20));
    assert_eq!(passed, [8, 5, 5, 8, 5]);

    // 5 in a minute: after a minute all 5 are there again. In between they come one by one,
    // where Sentinel gives none until the minute is over.
    let minute = HotParamSettings { period: Duration::from_secs(60), ..rate(5, 5) };
    let limit = hot_param(&minute);
    assert_eq!(passes(&limit, at(0), value, 9), 5);
    assert_eq!(passes(&limit, at(11_000), value, 9), 0);
    assert_eq!(passes(&limit, at(41_000), value, 9), 3);
    assert_eq!(passes(&limit, at(101_000), value, 9), 5);
}

/// `traffic_shaping_test.go` of sentinel-golang: with 100 and a burst of 10 more, 130 at once
/// never pass and 20 do; an exception of 20 holds instead of the limit.
#[test]
fn sentinel_golang_known_values_of_hot_parameters() {
    let value = [Param::Number(10_110)];
    let ctx = Ctx::default().params(&value);
    let limit = hot_param(&rate(100, 110));
    let never = limit.try_acquire_n(at(0), &ctx, 130).unwrap_err();
    assert_eq!((never.reason, never.retry_after), (Rejected::RateLimited, Duration::ZERO));
    assert!(limit.try_acquire_n(at(0), &ctx, 20).is_ok());

    let flight = HotParamSettings { mode: HotParamMode::Concurrency, ..rate(100, 1) };
    let limit = hot_param(&flight);
    let mut held: Vec<_> = (0..100).map(|_| limit.try_acquire(at(0), &ctx).unwrap()).collect();
    assert_eq!(limit.try_acquire(at(0), &ctx).unwrap_err().reason, Rejected::ConcurrencyLimited);
    held.truncate(50);
    assert!(limit.try_acquire(at(0), &ctx).is_ok());
    let exceptions = vec![HotParamException { value: value[0].into(), permits: 20 }];
    limit.reconfigure(at(0), &HotParamSettings { exceptions, ..flight }).unwrap();
    assert!(limit.try_acquire(at(0), &ctx).is_err(), "50 are in flight already");
    held.truncate(19);
    assert!(limit.try_acquire(at(0), &ctx).is_ok());
}

#[test]
fn the_parameter_is_found_by_its_index_from_either_end() {
    let settings = |index| HotParamSettings { index, ..rate(1, 1) };
    let params = [Param::Number(1), Param::Text("two"), Param::Number(3)];
    for (index, others) in [(1, Param::Text("two")), (-2, Param::Text("two"))] {
        let limit = hot_param(&settings(index));
        let ctx = Ctx::default().params(&params);
        assert!(limit.try_acquire(at(0), &ctx).is_ok());
        let refused = limit.try_acquire(at(0), &ctx).unwrap_err();
        assert_eq!((refused.scope, refused.retry_after), (Scope::Key, Duration::from_secs(1)));
        let changed = [Param::Number(9), others, Param::Number(9)];
        assert!(limit.try_acquire(at(0), &Ctx::default().params(&changed)).is_err());
    }
    for missing in [3, -4, i32::MIN] {
        let limit = hot_param(&settings(missing));
        let ctx = Ctx::default().params(&params);
        assert!((0..9).all(|_| limit.try_acquire(at(0), &ctx).is_ok()));
    }
}

#[test]
fn a_value_that_comes_seldom_has_no_entry_and_one_that_comes_often_is_limited() {
    let limit = hot_param(&rate(100, 100));
    for number in 0..20_000 {
        assert_eq!(passes(&limit, at(0), Param::Number(number), 5), 5);
    }
    assert!(limit.len() < 20, "{} entries", limit.len());
    assert_eq!(passes(&limit, at(0), Param::Text("hot"), 1_000), 100);
    // 30 a second until a minute later: never refused, and they were never remembered.
    let steady = (0..1_800).filter(|ask| ask_ok(&limit, at(ask * 1_000 / 30), Param::Number(-1)));
    assert_eq!(steady.count(), 1_800);
    assert!(limit.is_empty(), "{} entries", limit.len());
}

fn ask_ok(limit: &HotParam<Fixed>, now: Instant, value: Param<'_>) -> bool {
    ask(limit, now, value).is_ok()
}

#[test]
fn a_value_a_little_above_its_rate_is_found_too() {
    for (permits, burst) in [(10, 10), (100, 20), (2, 2), (1_000, 1_000)] {
        let limit = hot_param(&rate(permits, burst));
        let per_second = u64::from(permits) * 3 / 2;
        let passed = (0..per_second * 30).filter(|ask| {
            let now = Instant::START + Duration::from_secs(1) * (*ask as u32) / per_second as u32;
            ask_ok(&limit, now, Param::Number(7))
        });
        let passed = passed.count() as u32;
        let (least, most) = (permits * 30 * 98 / 100, permits * 30 + burst * 3 / 2 + 1);
        assert!((least..=most).contains(&passed), "{permits}: {passed}");
    }
}

#[test]
fn the_hottest_are_named_with_how_often_they_came() {
    let limit = hot_param(&HotParamSettings { top: 3, ..rate(100, 100) });
    for milli in 0..3_000 {
        for (name, times) in [("a", 9), ("b", 5), ("c", 1), ("d", 2)] {
            passes(&limit, at(milli), Param::Text(name), times);
        }
    }
    let hottest = limit.hottest();
    let named: Vec<_> = hottest.iter().map(|hot| hot.value.as_param()).collect();
    assert_eq!(named, ["a", "b", "d"].map(Param::Text));
    assert!((8_700..=9_300).contains(&hottest[0].hits), "{hottest:?}");
}

#[test]
fn exceptions_have_their_own_permits_more_or_fewer_or_none() {
    let exception = |name: &str, permits| {
        let value = ParamValue::Text(name.into());
        HotParamException { value, permits }
    };
    let exceptions = vec![exception("vip", 1_000), exception("slow", 2), exception("no", 0)];
    let settings = HotParamSettings { exceptions, ..rate(100, 100) };
    let limit = hot_param(&settings);
    let passed =
        ["vip", "slow", "no", "any"].map(|name| passes(&limit, at(0), Param::Text(name), 5_000));
    assert_eq!(passed, [1_000, 2, 0, 100]);

    let none = HotParamSettings { permits: 0, ..settings };
    limit.reconfigure(at(1_000), &none).unwrap();
    assert_eq!(passes(&limit, at(2_000), Param::Text("any"), 9), 0);
    assert_eq!(passes(&limit, at(2_000), Param::Text("new"), 9), 0);
    assert_eq!(passes(&limit, at(2_000), Param::Text("slow"), 9), 2);
    limit.reconfigure(at(3_000), &rate(100, 100)).unwrap();
    assert_eq!(passes(&limit, at(3_000), Param::Text("vip"), 5_000), 100);
}

#[test]
fn in_a_queue_those_of_a_value_wait_for_their_turn() {
    let settings = HotParamSettings { mode: HotParamMode::Queue, ..rate(10, 1) };
    let limit = Arc::new(hot_param(&settings));
    let ctx = Ctx::default().params(&[Param::Number(1)]);
    let wait = |cost| {
        let mut permit = limit.try_acquire_owned(at(50), &ctx, cost)?;
        let wait = permit.wait(at(50)).as_millis();
        permit.pass();
        Ok::<_, Rejection>(wait)
    };
    assert_eq!(wait(2), Ok(0));
    let gone = limit.try_acquire(at(50), &ctx).unwrap();
    assert_eq!(gone.wait(at(50)).as_millis(), 200);
    drop(gone);
    assert_eq!(wait(3), Ok(200), "in the place of the one who went away");
    assert_eq!(wait(1), Ok(500));
    let full = wait(1).unwrap_err();
    assert_eq!((full.reason, full.retry_after), (Rejected::QueueFull, Duration::from_millis(100)));
    assert_eq!(wait(11).unwrap_err().reason, Rejected::RateLimited);
    let hurried = ctx.deadline(at(400));
    assert!(limit.try_acquire(at(300), &hurried).is_err());
    assert_eq!(limit.try_acquire(at(400), &hurried).unwrap_err().reason, Rejected::DeadlinePassed);
    assert!(limit.try_acquire(at(50), &Ctx::default().params(&[Param::Number(2)])).is_ok());
}

/// Sentinel counts down whatever entry the value has when its request ends, which may be
/// another one than it counted up: the number in flight becomes wrong, even negative.
#[test]
fn sentinel_golang_evicted_values_do_not_lose_count_of_what_is_in_flight() {
    let mode = HotParamMode::Concurrency;
    let settings = HotParamSettings { mode, max_values: 64, ..rate(1, 1) };
    let limit = hot_param(&settings);
    let held: Vec<_> = (0..10)
        .map(|number| {
            let params = [Param::Number(number)];
            limit.try_acquire(at(0), &Ctx::default().params(&params)).unwrap()
        })
        .collect();
    // Some find no room beside those in flight, which is a refusal and not a pass.
    let room = (100..10_000).filter(|number| ask_ok(&limit, at(0), Param::Number(*number)));
    assert!(room.count() > 5_000);
    for number in 0..10 {
        assert!(ask(&limit, at(0), Param::Number(number)).is_err(), "{number} is in flight");
    }
    held.into_iter().for_each(|permit| permit.finish(at(1), Outcome::Success));
    for number in 0..10 {
        assert_eq!(passes(&limit, at(1), Param::Number(number), 3), 3);
    }
}

#[test]
fn memory_is_bounded_by_number_and_by_bytes_whatever_comes() {
    let budget = 4 << 20;
    let mut name = "x".repeat(300);
    for max_values in [6_400, 1_000_000] {
        let settings = HotParamSettings { max_values, max_bytes: budget, ..rate(1, 1) };
        let limit = hot_param(&settings);
        for number in 0..100_000_u32 {
            name.replace_range(0..6, &format!("{number:06}"));
            let _ = ask(&limit, at(0), Param::Text(&name));
            let _ = ask(&limit, at(0), Param::Number(number.into()));
        }
        assert!(limit.len() <= max_values as usize);
        let bytes = limit.bytes() as u64;
        assert!(bytes <= budget, "{bytes} bytes for {} values", limit.len());
        assert!(bytes > budget / 2, "{bytes} bytes for {} values", limit.len());
    }
}

#[test]
fn texts_are_told_apart_by_their_first_256_bytes() {
    let limit = hot_param(&rate(1, 1));
    let long = "ü".repeat(150);
    assert!(ask_ok(&limit, at(0), Param::Text(&long)));
    assert!(!ask_ok(&limit, at(0), Param::Text(&format!("{long}!"))));
    assert!(ask_ok(&limit, at(0), Param::Text(&format!("!{long}"))));
}

#[test]
fn a_value_that_comes_now_and_then_stays_while_others_come_once() {
    let settings = HotParamSettings { max_values: 640, ..rate(2, 2) };
    let limit = hot_param(&settings);
    let mut passed = 0;
    for milli in 0..10_000_i64 {
        for other in 0..10 {
            let _ = ask(&limit, at(milli as u64), Param::Number(1_000 + milli * 10 + other));
        }
        passed += passes(&limit, at(milli as u64), Param::Text("hot"), 1);
    }
    assert!((20..=23).contains(&passed), "{passed} in ten seconds of 2 a second");
}

proptest! {
    /// Whichever requests begin and end, and whichever values are pushed out by others: of
    /// each there are as many in flight as are held, and never more than may be.
    #[test]
    fn requests_in_flight_are_counted_exactly(
        steps in prop::collection::vec((0_i64..100, prop::bool::weighted(0.8)), 1..400),
    ) {
        let mode = HotParamMode::Concurrency;
        let limit = hot_param(&HotParamSettings { mode, max_values: 64, ..rate(3, 1) });
        let mut held: HashMap<i64, Vec<_>> = HashMap::new();
        for (second, (value, begins)) in steps.into_iter().enumerate() {
            let now = at(second as u64 * 20);
            let permits = held.entry(value).or_default();
            if !begins {
                permits.pop();
                continue;
            }
            let params = [Param::Number(value)];
            match limit.try_acquire(now, &Ctx::default().params(&params)) {
                Ok(permit) => permits.push(permit),
                // All that may be, or no room beside others in flight.
                Err(_) => prop_assert!(permits.len() == 3 || permits.is_empty()),
            }
            prop_assert!(permits.len() <= 3);
        }
        drop(held);
        for value in 0..100 {
            let params = [Param::Number(value)];
            let ctx = Ctx::default().params(&params);
            let permits: Vec<_> = (0..5).map_while(|_| limit.try_acquire(at(0), &ctx).ok()).collect();
            prop_assert_eq!(permits.len(), 3);
        }
    }
}
