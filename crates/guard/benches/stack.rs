//! What a request pays for everything in front of it. Run with
//! `cargo bench -p seawall-guard --bench stack`; for what it prints see `timing.rs`.
//!
//! The rows of `Guard::enter` and `finish` read the clock, twice a request, as a server does.

mod timing;

use std::{hint::black_box, process::ExitCode, sync::Arc, time::Duration};

use seawall_guard::{
    Clock as _, Ctx, Guard, GuardSettings, Instant, MonotonicClock, Outcome,
    breaker::BreakerSettings,
    rate::RateLimitSettings,
    settings::InvalidSetting,
    shed::{ShedSettings, Shedder},
    signal::SystemSignal,
};
use timing::{Row, measure};

const LATENCY: Duration = Duration::from_micros(800);

/// A million requests a second.
fn at(number: u64) -> Instant {
    Instant::from_nanos(number * 1_000)
}

/// All that a server has: a deadline, a rate limit, a breaker, a shedder and counters.
fn full() -> GuardSettings {
    let permits = 100_000_000;
    GuardSettings {
        rate: Some(RateLimitSettings { permits, period: Duration::from_secs(1), burst: 1 << 31 }),
        breaker: Some(BreakerSettings::default()),
        ..GuardSettings::server()
    }
}

fn entered(what: &str, budget: f64, settings: GuardSettings) -> Result<Row, InvalidSetting> {
    let clock = Arc::new(MonotonicClock::new());
    let guard = Guard::builder("GET /orders").settings(settings).clock(clock.clone()).build()?;
    let ctx = Ctx::default().deadline(clock.now() + Duration::from_secs(3_600));
    Ok(measure(what, Some(budget), |_| {
        if let Ok(entry) = black_box(&guard).enter(black_box(&ctx)) {
            entry.finish(black_box(Outcome::Success));
        }
    }))
}

fn main() -> Result<ExitCode, InvalidSetting> {
    let clock = MonotonicClock::new();
    let system = Arc::new(SystemSignal::new());
    let shedder = Shedder::new(&ShedSettings::default(), system, Instant::START)?;
    let timeless = Guard::builder("GET /orders").settings(full()).build()?;
    let began = clock.now();
    let rows = [
        measure("the clock, read", None, |_| {
            black_box(clock.now());
        }),
        measure("Shedder, passes", Some(40.0), |number| {
            let now = black_box(at(number));
            if let Ok(permit) = shedder.try_acquire(now, &Ctx::default()) {
                permit.finish(now + LATENCY, Outcome::Success);
            }
        }),
        measure("Guard, full server, time given", Some(200.0), |number| {
            let now = black_box(began + Duration::from_micros(number));
            let ctx = Ctx::default().deadline(now + Duration::from_secs(1));
            if let Ok(entry) = black_box(&timeless).enter_at(now, black_box(&ctx)) {
                entry.finish_at(now + LATENCY, black_box(Outcome::Success));
            }
        }),
        entered("Guard, full server", 200.0, full())?,
        entered("Guard::server()", 200.0, GuardSettings::server())?,
        entered("Guard::client()", 200.0, GuardSettings::client())?,
    ];
    Ok(timing::print("stack", &rows))
}
