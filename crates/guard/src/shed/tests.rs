//! The shedder in small situations; whole ones are in `tests/scenarios/overload`.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use proptest::prelude::*;

use super::{PriorityGate, ShedCounts, ShedSettings, Shedder};
use crate::{
    Class, Ctx, Instant, Outcome, Priority, Rejected, Rejection,
    limit::{AdaptiveSettings, AlgorithmSettings, LimitSettings},
    signal::SystemSignal,
};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn at(millis: u64) -> Instant {
    Instant::START + ms(millis)
}

fn shedder(settings: &ShedSettings) -> (Arc<Shedder>, Arc<SystemSignal>) {
    let system = Arc::new(SystemSignal::new());
    let shedder = Shedder::new(settings, Arc::clone(&system), Instant::START).unwrap();
    (Arc::new(shedder), system)
}

/// A limit of `limit`, and no room for bursts.
fn fixed(limit: u32) -> ShedSettings {
    ShedSettings {
        burst: Duration::ZERO,
        limit: LimitSettings::fixed(limit),
        ..ShedSettings::default()
    }
}

/// So many come at a moment, and stay.
fn come(shedder: &Arc<Shedder>, now: Instant, number: usize) -> Vec<Result<(), Rejection>> {
    let ctx = Ctx::default();
    let come = |_| shedder.try_acquire_owned(now, &ctx).map(std::mem::forget);
    (0..number).map(come).collect()
}

fn admitted(came: &[Result<(), Rejection>]) -> usize {
    came.iter().filter(|came| came.is_ok()).count()
}

#[test]
fn what_nobody_waits_for_is_refused_before_anything_else() {
    // Given a shedder that is full
    let (shedder, _) = shedder(&fixed(1));
    let _stays = shedder.try_acquire(at(0), &Ctx::default()).unwrap();
    // When the deadline of one who comes is now
    let expired = Ctx::default().deadline(at(5));
    let rejection = shedder.try_acquire(at(5), &expired).unwrap_err();
    // Then that is why, and nothing is said of coming back
    assert_eq!(rejection.reason, Rejected::DeadlinePassed);
    assert_eq!(rejection.retry_after, Duration::ZERO);
    // And it is not taken for load
    let counts = ShedCounts { deadline_passed: 1, ..ShedCounts::default() };
    assert_eq!((shedder.refused(), counts.shed()), (counts, 0));
}

#[test]
fn never_more_are_in_flight_than_the_hard_cap_whatever_is_known() {
    let settings = ShedSettings { in_flight_max: 20, ..ShedSettings::default() };
    let (shedder, _) = shedder(&settings);
    assert_eq!(admitted(&come(&shedder, at(0), 100)), 20);
    assert_eq!(shedder.limit().in_flight(), 20);
    assert_eq!(shedder.refused().shed(), 80);
}

#[test]
fn a_place_is_given_back_however_it_ends() {
    let (shedder, _) = shedder(&fixed(1));
    let ctx = Ctx::default();
    shedder.try_acquire(at(0), &ctx).unwrap().finish(at(1), Outcome::Success);
    drop(shedder.try_acquire(at(1), &ctx).unwrap());
    let handler = Arc::clone(&shedder);
    let panicked = std::thread::spawn(move || {
        let _permit = handler.try_acquire_owned(at(2), &Ctx::default()).unwrap();
        panic!("in the handler");
    });
    assert!(panicked.join().is_err());
    assert_eq!(shedder.limit().in_flight(), 0);
    assert!(shedder.try_acquire(at(3), &ctx).is_ok());
}

#[test]
fn a_machine_that_is_overloaded_leaves_a_share_of_the_limit() {
    let (shedder, system) = shedder(&fixed(10));
    system.set_factor(0.5);
    let came = come(&shedder, at(0), 10);
    assert_eq!(admitted(&came), 5);
    assert_eq!(came[9].unwrap_err().reason, Rejected::Overloaded);
    system.set_factor(1.0);
    let came = come(&shedder, at(1), 10);
    assert_eq!(admitted(&came), 5);
    assert_eq!(came[9].unwrap_err().reason, Rejected::ConcurrencyLimited);
}

/// 100 requests a second of 10 ms each, until `until`.
fn serve(shedder: &Arc<Shedder>, from: u64, until: u64) {
    for millis in (from..until).step_by(10) {
        let permit = shedder.try_acquire_owned(at(millis), &Ctx::default()).unwrap();
        permit.finish(at(millis + 10), Outcome::Success);
    }
}

#[test]
fn a_burst_of_what_is_answered_in_half_a_second_may_queue_and_no_more() {
    // Given a service that answers 100 a second, and a limit that it was never near
    let (shedder, _) = shedder(&ShedSettings::default());
    serve(&shedder, 0, 2_000);
    let limit = usize::try_from(shedder.limit().limit()).unwrap();
    // When three times as many come for a while as are answered
    let mut came = Vec::new();
    for step in 0..60 {
        came.extend(come(&shedder, at(2_000 + step * 5), 1));
    }
    assert_eq!(admitted(&came), 60);
    assert!(!shedder.is_shedding());
    // Then there is an end to it
    let mut came = Vec::new();
    for step in 60..400 {
        came.extend(come(&shedder, at(2_000 + step * 5), 1));
    }
    assert!(shedder.is_shedding());
    let in_flight = usize::try_from(shedder.limit().in_flight()).unwrap();
    assert!((limit + 40..=limit + 60).contains(&in_flight), "{limit} {in_flight}");
}

/// So many callers, each of whom asks again when it is answered or refused, of a service
/// that answers 4,000 a second, one after the other. How many were refused in 30 s.
fn refused_of(callers: usize) -> u64 {
    let (shedder, _) = shedder(&ShedSettings::default());
    let (ctx, took) = (Ctx::default(), Duration::from_micros(250));
    let enter = |now| shedder.try_acquire_owned(now, &ctx).ok();
    let mut now = at(0);
    let mut line = VecDeque::new();
    while now < at(30_000) {
        line.extend((line.len()..callers).filter_map(|_| enter(now)));
        now = now + took;
        if let Some(permit) = line.pop_front() {
            permit.finish(now, Outcome::Success);
        }
    }
    shedder.refused().shed()
}

#[test]
fn callers_who_wait_for_their_answers_are_no_overload_until_they_wait_long() {
    // 64 of them wait 16 ms each, 800 wait 200 ms.
    assert_eq!(refused_of(64), 0);
    assert!(refused_of(800) > 0);
}

#[test]
fn what_comes_faster_than_a_burst_is_not_waited_for() {
    let (shedder, _) = shedder(&ShedSettings::default());
    serve(&shedder, 0, 2_000);
    let limit = usize::try_from(shedder.limit().limit()).unwrap();
    let room = admitted(&come(&shedder, at(2_000), 1_000));
    // What is answered in 50 ms, and twice what is until somebody looks again.
    assert!((limit + 5..=limit + 15).contains(&room), "{limit} {room}");
    assert!(shedder.is_shedding());
}

#[test]
fn whoever_waits_too_short_for_the_queue_does_not_join_it() {
    // Given a queue of some 30 at 100 a second
    let (shedder, _) = shedder(&ShedSettings::default());
    serve(&shedder, 0, 2_000);
    let mut millis = 2_000;
    while shedder.limit().in_flight() < shedder.limit().limit() + 30 {
        assert_eq!(admitted(&come(&shedder, at(millis), 1)), 1);
        millis += 5;
    }
    let ctx = |wait| Ctx::default().deadline(at(millis + wait));
    let hurried = shedder.try_acquire(at(millis), &ctx(100)).unwrap_err();
    assert_eq!(hurried.reason, Rejected::ConcurrencyLimited);
    assert!(shedder.try_acquire(at(millis), &ctx(600)).is_ok());
    assert!(!shedder.is_shedding(), "it is the caller who is in a hurry");
}

#[test]
fn rejections_say_when_to_come_back_and_are_no_latencies() {
    let (shedder, _) = shedder(&ShedSettings { in_flight_max: 1, ..ShedSettings::default() });
    serve(&shedder, 0, 500);
    let _stays = shedder.try_acquire(at(500), &Ctx::default()).unwrap();
    let before = shedder.limit().measured().unwrap().latency.unwrap().mean;
    for rejected in come(&shedder, at(510), 50) {
        let rejection = rejected.unwrap_err();
        assert!(rejection.retry_after >= ms(9), "{rejection:?}");
    }
    assert_eq!(shedder.limit().measured().unwrap().latency.unwrap().mean, before);
}

/// go-zero writes a line of error and a report for each request that it drops
/// (`core/load/adaptiveshedder.go`), when there is least time for it.
#[test]
fn gozero_a_refusal_is_counted_and_nothing_else() {
    let (shedder, _) = shedder(&fixed(1));
    come(&shedder, at(0), 1_001);
    assert_eq!(shedder.refused(), ShedCounts { in_flight: 1_000, ..ShedCounts::default() });
    // The manifest has nothing to write lines with.
    let manifest = include_str!("../../Cargo.toml");
    assert!(!manifest.contains("tracing") && !manifest.contains("\nlog"));
}

#[test]
fn timeouts_and_overload_of_the_service_lower_the_limit_and_cancels_do_not() {
    let limit_after = |outcome| {
        let (shedder, _) = shedder(&ShedSettings::default());
        for millis in (0..1_000).step_by(5) {
            let permit = shedder.try_acquire_owned(at(millis), &Ctx::default()).unwrap();
            match outcome {
                Some(outcome) => permit.finish(at(millis + 5), outcome),
                None => drop(permit),
            }
        }
        shedder.limit().limit()
    };
    let start = AdaptiveSettings::default().limit_initial;
    assert!(limit_after(Some(Outcome::Timeout)) < start / 2);
    assert!(limit_after(Some(Outcome::Overload)) < start / 2);
    assert!(limit_after(None) >= start && limit_after(Some(Outcome::Cancelled)) >= start);
}

#[test]
fn other_settings_hold_from_the_next_request_on_and_nobody_is_disturbed() {
    let (shedder, _) = shedder(&fixed(10));
    assert_eq!(admitted(&come(&shedder, at(0), 8)), 8);
    shedder.reconfigure(at(1), &fixed(3)).unwrap();
    assert_eq!(admitted(&come(&shedder, at(1), 1)), 0);
    assert_eq!(shedder.limit().in_flight(), 8);
    shedder.reconfigure(at(2), &fixed(9)).unwrap();
    assert_eq!(admitted(&come(&shedder, at(2), 5)), 1);
    let invalid = ShedSettings { in_flight_max: 0, ..fixed(9) };
    assert_eq!(shedder.reconfigure(at(3), &invalid).unwrap_err().field, "in_flight_max");
}

#[test]
fn settings_are_checked_and_read_as_they_are_written() {
    let defaults = ShedSettings::default();
    assert_eq!(defaults.validate(), Ok(()));
    let field = |settings: ShedSettings| settings.validate().unwrap_err().field;
    assert_eq!(field(ShedSettings { burst: ms(60_001), ..defaults.clone() }), "burst_ms");
    assert_eq!(field(ShedSettings { patience: ms(99), ..defaults.clone() }), "patience_ms");
    assert_eq!(field(ShedSettings { calm: ms(99), ..defaults.clone() }), "calm_ms");
    let text = serde_json::to_string(&defaults).unwrap();
    assert_eq!(serde_json::from_str::<ShedSettings>(&text).unwrap(), defaults);
    let short: ShedSettings = serde_json::from_str(r#"{"burst_ms": 200}"#).unwrap();
    assert_eq!(short, ShedSettings { burst: ms(200), ..defaults });
    assert!(serde_json::from_str::<ShedSettings>(r#"{"bursts": 1}"#).is_err());
    assert!(matches!(short.limit.algorithm, AlgorithmSettings::Adaptive(_)));
}

#[test]
fn the_hard_cap_can_be_told_by_memory() {
    assert_eq!(ShedSettings::in_flight_for(1 << 30, 1 << 20), 256);
    assert_eq!(ShedSettings::in_flight_for(u64::MAX, 0), 4_096);
    assert_eq!(ShedSettings::in_flight_for(0, 1 << 20), 1);
}

#[test]
fn threads_never_hold_more_than_the_cap_and_give_everything_back() {
    let settings = ShedSettings { in_flight_max: 3, ..ShedSettings::default() };
    let (shedder, _) = shedder(&settings);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let shedder = &shedder;
            scope.spawn(move || {
                for step in 0..2_000 {
                    let priority = Priority::of_class(Class::new(thread).unwrap());
                    let ctx = Ctx::default().priority(priority);
                    let now = Instant::START + Duration::from_micros(step * 50);
                    if let Ok(permit) = shedder.try_acquire(now, &ctx) {
                        assert!(shedder.limit().in_flight() <= 3);
                        permit.finish(now, Outcome::Success);
                    }
                }
            });
        }
    });
    assert_eq!(shedder.limit().in_flight(), 0);
}

/// What may happen to a shedder.
#[derive(Debug, Clone)]
enum Step {
    Come(u16),
    End(usize, Option<Outcome>),
    Pass(u64),
    Factor(f64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let outcome = prop_oneof![
        Just(None),
        Just(Some(Outcome::Success)),
        Just(Some(Outcome::Timeout)),
        Just(Some(Outcome::Failure)),
    ];
    let step = prop_oneof![
        8 => (0..Priority::LEVELS).prop_map(Step::Come),
        6 => (any::<usize>(), outcome).prop_map(|(which, outcome)| Step::End(which, outcome)),
        3 => (0_u64..60).prop_map(Step::Pass),
        1 => (0.0..1.2_f64).prop_map(Step::Factor),
    ];
    proptest::collection::vec(step, 1..600)
}

fn priority(level: u16) -> Priority {
    let class = Class::new((level / 128) as u8).unwrap();
    let cohort = crate::Cohort::new((level % 128) as u8).unwrap();
    Priority { class, cohort }
}

proptest! {
    #[test]
    fn places_and_refusals_always_add_up(steps in steps(), in_flight_max in 1_u32..80) {
        let settings = ShedSettings { in_flight_max, ..ShedSettings::default() };
        let (shedder, system) = shedder(&settings);
        let (mut held, mut refused, mut now) = (Vec::new(), 0, at(0));
        for step in steps {
            match step {
                Step::Come(level) => {
                    let ctx = Ctx::default().priority(priority(level));
                    match shedder.try_acquire_owned(now, &ctx) {
                        Ok(permit) => held.push(permit),
                        Err(rejection) => {
                            refused += 1;
                            // Nobody is refused for want of importance out of an overload.
                            let is_low = rejection.reason == Rejected::LowPriority;
                            prop_assert!(!is_low || shedder.is_shedding());
                        }
                    }
                }
                Step::End(which, outcome) if !held.is_empty() => {
                    let permit = held.swap_remove(which % held.len());
                    match outcome {
                        Some(outcome) => permit.finish(now, outcome),
                        None => drop(permit),
                    }
                }
                Step::End(..) => {}
                Step::Pass(millis) => now = now + ms(millis),
                Step::Factor(factor) => system.set_factor(factor),
            }
            prop_assert_eq!(shedder.limit().in_flight() as usize, held.len());
            prop_assert!(held.len() <= in_flight_max as usize);
            prop_assert_eq!(shedder.refused().shed(), refused);
            prop_assert!(shedder.level() <= PriorityGate::OPEN);
        }
        drop(held);
        prop_assert_eq!(shedder.limit().in_flight(), 0);
        // An idle service lets the next one in, whoever it is and whatever was.
        let last = Ctx::default().priority(priority(Priority::LEVELS - 1));
        prop_assert!(shedder.try_acquire(now, &last).is_ok());
    }
}
