//! Requests on their way through whole guards.

use std::{collections::HashSet, sync::Arc, time::Duration};

use super::*;
use crate::{
    Ctx, Instant, ManualClock, Outcome, Rejected, Scope,
    breaker::{BreakerSettings, ConsecutiveSettings, Policy},
    limit::LimitSettings,
    rate::{KeyedRateLimitSettings, RateLimitSettings, WarmUpSettings},
    time::Clock as _,
};

fn guard(settings: GuardSettings) -> (Guard, ManualClock) {
    let clock = ManualClock::default();
    let guard = Guard::builder("GET /orders")
        .settings(settings)
        .clock(Arc::new(clock.clone()))
        .build()
        .unwrap();
    (guard, clock)
}

fn reason(guard: &Guard, ctx: &Ctx<'_>) -> Option<Rejected> {
    guard.enter(ctx).err().map(|rejection| rejection.reason)
}

fn of_three_failures() -> BreakerSettings {
    let settings = ConsecutiveSettings { failures: 3, ..ConsecutiveSettings::default() };
    BreakerSettings::new(Policy::Consecutive(settings))
}

#[test]
fn a_guard_of_nothing_admits_everything_and_counts_it() {
    let (guard, clock) = guard(GuardSettings::default());
    for outcome in Outcome::ALL {
        let entry = guard.enter(&Ctx::default()).unwrap();
        clock.advance(Duration::from_millis(1));
        entry.finish(outcome);
    }
    assert!(Outcome::ALL.iter().all(|&outcome| guard.counts().outcome(outcome) == 1));
    assert_eq!((guard.counts().ended(), guard.counts().rejections()), (8, 0));
    assert_eq!(guard.take_latencies().count(), 8);
}

#[test]
fn the_work_ends_by_the_callers_deadline_or_the_guards_whichever_is_first() {
    let settings =
        GuardSettings { timeout: Some(Duration::from_millis(100)), ..GuardSettings::default() };
    let (guard, _) = guard(settings);
    let at = |millis| Instant::START + Duration::from_millis(millis);
    let deadline = |ctx: Ctx<'_>| guard.enter(&ctx).unwrap().deadline();
    assert_eq!(deadline(Ctx::default()), Some(at(100)));
    assert_eq!(deadline(Ctx::default().deadline(at(30))), Some(at(30)));
    assert_eq!(deadline(Ctx::default().deadline(at(300))), Some(at(100)));
}

#[test]
fn nobody_works_for_a_caller_who_has_stopped_waiting() {
    let (guard, clock) = guard(GuardSettings::server());
    let ctx = Ctx::default().deadline(clock.now());
    assert_eq!(reason(&guard, &ctx), Some(Rejected::DeadlinePassed));
    assert_eq!(guard.counts().rejected(Rejected::DeadlinePassed), 1);
}

#[test]
fn a_dropped_request_is_cancelled_before_its_deadline_and_a_timeout_after() {
    let settings =
        GuardSettings { timeout: Some(Duration::from_millis(100)), ..GuardSettings::default() };
    let (guard, clock) = guard(settings);
    drop(guard.enter(&Ctx::default()));
    let late = guard.enter(&Ctx::default());
    clock.advance(Duration::from_millis(100));
    drop(late);
    let counts = guard.counts();
    assert_eq!((counts.outcome(Outcome::Cancelled), counts.outcome(Outcome::Timeout)), (1, 1));
}

#[test]
fn callers_are_kept_to_their_own_rates() {
    let limit = RateLimitSettings { permits: 1, burst: 2, ..Default::default() };
    let rate = KeyedRateLimitSettings { limit, ..Default::default() };
    let settings = GuardSettings { caller_rate: Some(rate), ..GuardSettings::default() };
    let (guard, _) = guard(settings);
    let (shop, desk) = (Ctx::default().origin("shop"), Ctx::default().origin("desk"));
    assert_eq!([reason(&guard, &shop), reason(&guard, &shop)], [None, None]);
    let refused = guard.enter(&shop).unwrap_err();
    assert_eq!((refused.reason, refused.scope), (Rejected::RateLimited, Scope::Caller));
    assert_eq!(reason(&guard, &desk), None);
}

#[test]
fn a_caller_on_the_black_list_costs_nothing_of_the_rate() {
    let deny = HashSet::from(["crawler".into()]);
    let settings = GuardSettings {
        callers: Some(CallersSettings { deny, ..CallersSettings::default() }),
        rate: Some(RateLimitSettings { permits: 1, burst: 1, ..Default::default() }),
        ..GuardSettings::default()
    };
    let (guard, _) = guard(settings);
    let crawler = Ctx::default().origin("crawler");
    assert_eq!(reason(&guard, &crawler), Some(Rejected::NotAllowed));
    assert_eq!(reason(&guard, &Ctx::default()), None);
    assert_eq!(reason(&guard, &Ctx::default()), Some(Rejected::RateLimited));
}

/// go-zero stands its breaker around its shedder and takes 503 for a failure.
#[test]
fn gozero_own_refusals_do_not_open_the_breaker() {
    let settings = GuardSettings {
        breaker: Some(of_three_failures()),
        limit: Some(LimitSettings::fixed(1)),
        ..GuardSettings::default()
    };
    let (guard, _) = guard(settings);
    let held = guard.enter(&Ctx::default()).unwrap();
    for _ in 0..1_000 {
        assert_eq!(reason(&guard, &Ctx::default()), Some(Rejected::ConcurrencyLimited));
    }
    held.finish(Outcome::Success);
    assert_eq!(reason(&guard, &Ctx::default()), None);
    assert_eq!(guard.breaker().unwrap().status().transitions, 0);
}

/// Sentinel #1499 and #378: its system rules look at entries that say they are inbound;
/// without saying, which is the default, nothing is ever refused.
#[test]
fn sentinel_1499_a_server_sheds_without_being_told_that_it_is_one() {
    let (guard, _) = guard(GuardSettings::server());
    let mut held = Vec::new();
    let refused = loop {
        match guard.enter(&Ctx::default()) {
            Ok(entry) => held.push(entry),
            Err(rejection) => break rejection,
        }
        assert!(held.len() < 10_000, "nobody is refused");
    };
    assert_eq!(refused.scope, Scope::Node, "after {}", held.len());
}

#[test]
fn what_fails_is_left_alone_and_its_refusals_are_not_its_outcomes() {
    let settings = GuardSettings { breaker: Some(of_three_failures()), ..Default::default() };
    let (guard, _) = guard(settings);
    for _ in 0..3 {
        guard.enter(&Ctx::default()).unwrap().finish(Outcome::Failure);
    }
    let refused = guard.enter(&Ctx::default()).unwrap_err();
    assert_eq!(refused.reason, Rejected::BreakerOpen);
    assert!(!refused.retry_after.is_zero());
    assert_eq!(guard.counts().ended(), 3);
}

#[test]
fn whatever_refuses_gives_back_what_was_taken_before() {
    let settings = GuardSettings {
        limit: Some(LimitSettings::fixed(2)),
        shed: Some(Default::default()),
        ..GuardSettings::default()
    };
    let (guard, _) = guard(settings);
    let held = [guard.enter(&Ctx::default()).unwrap(), guard.enter(&Ctx::default()).unwrap()];
    for _ in 0..10_000 {
        assert_eq!(reason(&guard, &Ctx::default()), Some(Rejected::ConcurrencyLimited));
    }
    assert_eq!(guard.shedder().unwrap().limit().in_flight(), 2);
    drop(held);
    assert_eq!(guard.shedder().unwrap().limit().in_flight(), 0);
    assert_eq!(guard.limit().unwrap().in_flight(), 0);
}

#[test]
fn other_settings_keep_what_was_learnt_and_end_what_was_admitted() {
    let settings = GuardSettings {
        breaker: Some(of_three_failures()),
        limit: Some(LimitSettings::fixed(2)),
        ..GuardSettings::default()
    };
    let (old, _) = guard(settings.clone());
    for _ in 0..3 {
        old.enter(&Ctx::default()).unwrap().finish(Outcome::Failure);
    }
    let without_limit = GuardSettings { limit: None, ..settings.clone() };
    let new = old.with(without_limit).unwrap();
    assert_eq!(reason(&new, &Ctx::default()), Some(Rejected::BreakerOpen));
    assert_eq!(new.counts().outcome(Outcome::Failure), 3);
    assert!(new.limit().is_none());
    let wrong = GuardSettings { timeout: Some(Duration::ZERO), ..settings };
    assert_eq!(new.with(wrong).unwrap_err().field, "timeout_ms");
}

#[test]
fn a_guard_that_is_replaced_shares_its_limit_with_the_new_one() {
    let settings = GuardSettings { limit: Some(LimitSettings::fixed(1)), ..Default::default() };
    let (old, _) = guard(settings.clone());
    let held = old.enter(&Ctx::default()).unwrap();
    let new = old.with(settings).unwrap();
    assert_eq!(reason(&new, &Ctx::default()), Some(Rejected::ConcurrencyLimited));
    held.finish(Outcome::Success);
    assert_eq!(reason(&new, &Ctx::default()), None);
}

#[test]
fn the_pass_path_allocates_nothing() {
    let (guard, clock) = guard(GuardSettings {
        rate: Some(RateLimitSettings {
            permits: 1_000_000,
            burst: 1_000_000,
            ..Default::default()
        }),
        breaker: Some(BreakerSettings::default()),
        limit: Some(LimitSettings::default()),
        ..GuardSettings::server()
    });
    let pass = || guard.enter(&Ctx::default()).unwrap().finish(Outcome::Success);
    pass();
    let used = allocation_counter::measure(|| (0..1_000).for_each(|_| pass()));
    assert_eq!(used.count_total, 0, "{used:?}");
    assert_eq!(clock.now(), Instant::START);
}

#[test]
fn a_dry_run_refuses_nothing_and_counts_what_it_would_have_refused() {
    let settings = GuardSettings {
        dry_run: true,
        timeout: Some(Duration::from_millis(100)),
        limit: Some(LimitSettings::fixed(2)),
        breaker: Some(of_three_failures()),
        ..GuardSettings::default()
    };
    let (guard, clock) = guard(settings);
    let held: Vec<_> = (0..5).map(|_| guard.enter(&Ctx::default()).unwrap()).collect();
    assert_eq!(guard.limit().unwrap().in_flight(), 2, "the others hold nothing");
    assert!(held.iter().all(|entry| entry.deadline().is_none()), "nothing is ended either");
    held.into_iter().for_each(|entry| entry.finish(Outcome::Failure));
    assert!(guard.enter(&Ctx::default()).is_ok(), "two failures are the shadow's own");
    guard.enter(&Ctx::default()).unwrap().finish(Outcome::Failure);
    let expired = Ctx::default().deadline(clock.now());
    assert!(guard.enter(&expired).is_ok());
    assert!(guard.enter(&Ctx::default()).is_ok(), "the breaker is open now");
    let counts = guard.counts();
    let would = |reason| counts.would_have_rejected(reason);
    assert_eq!(would(Rejected::ConcurrencyLimited), 3);
    assert_eq!((would(Rejected::BreakerOpen), would(Rejected::DeadlinePassed)), (1, 1));
    assert_eq!((counts.would_be_rejections(), counts.rejections()), (5, 0));
    assert_eq!((counts.ended(), counts.outcome(Outcome::Failure)), (9, 6));
}

#[test]
fn a_dry_run_that_becomes_earnest_goes_on_with_what_it_learnt() {
    let earnest = GuardSettings { breaker: Some(of_three_failures()), ..Default::default() };
    let (dry, _) = guard(GuardSettings { dry_run: true, ..earnest.clone() });
    for _ in 0..3 {
        dry.enter(&Ctx::default()).unwrap().finish(Outcome::Failure);
    }
    assert_eq!(reason(&dry, &Ctx::default()), None);
    let guard = dry.with(earnest).unwrap();
    assert_eq!(reason(&guard, &Ctx::default()), Some(Rejected::BreakerOpen));
}

#[test]
fn a_rate_that_warms_up_starts_at_a_third() {
    let rate = RateLimitSettings { permits: 300, burst: 300, ..Default::default() };
    let warm_up = Some(WarmUpSettings::default());
    let settings = GuardSettings { rate: Some(rate), warm_up, ..GuardSettings::default() };
    let (cold, _) = guard(settings.clone());
    let passed = (0..300).filter(|_| reason(&cold, &Ctx::default()).is_none()).count();
    assert_eq!(passed, 100);
    let without = cold.with(GuardSettings { warm_up: None, ..settings }).unwrap();
    let passed = (0..300).filter(|_| reason(&without, &Ctx::default()).is_none()).count();
    assert_eq!(passed, 300);
}
