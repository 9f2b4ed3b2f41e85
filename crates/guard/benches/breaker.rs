//! What a call pays for its breaker, admission and end together. Run with
//! `cargo bench -p seawall-guard --bench breaker`; for what it prints see `timing.rs`.
//!
//! The clock is not read: `now` is an argument of every operation here.

#![allow(clippy::unwrap_used, reason = "a bench that cannot be set up has failed")]

mod timing;

use std::{
    hint::black_box,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use seawall_guard::{
    Instant, Outcome, Scope,
    breaker::{
        Breaker, BreakerSettings, Breakers, BreakersSettings, ClassicSettings, ConsecutiveSettings,
        Policy, SreSettings, State,
    },
};
use timing::{Row, measure};

const LATENCY: Duration = Duration::from_micros(800);

/// A million calls a second, of one window over and over.
fn at(number: u64) -> Instant {
    Instant::from_nanos(number % 400_000 * 1_000)
}

fn breaker(policy: Policy) -> Arc<Breaker> {
    let settings = BreakerSettings::new(policy);
    Arc::new(Breaker::new(settings, Scope::Resource, 1, Instant::START).unwrap())
}

fn call(breaker: &Breaker, now: Instant, outcome: Outcome) {
    if let Ok(permit) = black_box(breaker).try_acquire(black_box(now)) {
        permit.finish(black_box(now + LATENCY), black_box(outcome));
    }
}

fn answered() -> [Row; 5] {
    let budget = Some(40.0);
    let sre = breaker(Policy::default());
    let classic = breaker(Policy::Classic(ClassicSettings::default()));
    let consecutive = breaker(Policy::Consecutive(ConsecutiveSettings::default()));
    let settings = BreakersSettings { capacity: 2_048, ..BreakersSettings::default() };
    let keyed = Breakers::<u64>::new(settings, Scope::Endpoint, 1).unwrap();
    [
        measure("sre, answered", budget, |number| call(&sre, at(number), Outcome::Success)),
        measure("classic, answered", budget, |number| {
            call(&classic, at(number), Outcome::Success);
        }),
        measure("consecutive, answered", budget, |number| {
            call(&consecutive, at(number), Outcome::Success);
        }),
        measure("sre, answered, owned permit", None, |number| {
            let permit = black_box(&sre).try_acquire_owned(black_box(at(number))).unwrap();
            permit.finish(black_box(at(number) + LATENCY), black_box(Outcome::Success));
        }),
        measure("sre, answered, one of 1,000", Some(150.0), |number| {
            let key = number.wrapping_mul(7_919) % 1_000;
            call(&keyed.get(&key, at(number)), at(number), Outcome::Success);
        }),
    ]
}

fn failed() -> [Row; 4] {
    let failing = SreSettings {
        protection: 1_000_000,
        outage_calls: 1_000_000,
        probe_gap: Duration::from_secs(3_600),
        ..SreSettings::default()
    };
    let sre = breaker(Policy::Sre(failing.clone()));
    let share = breaker(Policy::Sre(SreSettings { protection: 0, ..failing }));
    for number in 0..100_000 {
        call(&share, Instant::START, Outcome::Failure);
        call(&share, at(number * 5), Outcome::Ignore);
    }
    call(&share, at(1_000_000), Outcome::Success);
    assert_eq!(share.state(), State::Throttled);
    let once = ConsecutiveSettings { failures: 1, ..ConsecutiveSettings::default() };
    let open = breaker(Policy::Consecutive(once));
    call(&open, Instant::START, Outcome::Failure);
    assert_eq!(open.state(), State::Open);
    let ticking = breaker(Policy::default());
    let ticks = AtomicU64::new(0);
    [
        measure("sre, failed", None, |number| call(&sre, at(number), Outcome::Failure)),
        measure("sre, a share is refused", None, |number| {
            call(&share, at(number), Outcome::Success);
        }),
        measure("open, refused", Some(40.0), |_| {
            let now = black_box(Instant::START + LATENCY);
            assert!(black_box(&open).try_acquire(now).is_err());
        }),
        measure("sre, a call with the tick", None, |_| {
            let tick = ticks.fetch_add(1, Ordering::Relaxed);
            call(&ticking, at(tick * 250_000), Outcome::Success);
        }),
    ]
}

fn main() -> ExitCode {
    let rows: Vec<Row> = answered().into_iter().chain(failed()).collect();
    timing::print("breaker", &rows)
}
