//! What a request pays for its shedder: for a place that is taken and given back, and for
//! a refusal. Run with `cargo bench -p seawall-guard --bench shed`; for what it prints see
//! `timing.rs`. No clock is read: `now` counts up.

mod timing;

use std::{hint::black_box, process::ExitCode, sync::Arc, time::Duration};

use seawall_guard::{
    Class, Ctx, Instant, Outcome, Priority,
    limit::LimitSettings,
    settings::InvalidSetting,
    shed::{ShedSettings, Shedder},
    signal::SystemSignal,
};
use timing::measure;

const BUDGET: Option<f64> = Some(40.0);

/// 100 ns a call, so that windows end as often as at ten million a second.
fn at(number: u64) -> Instant {
    Instant::from_nanos(number * 100)
}

fn main() -> Result<ExitCode, InvalidSetting> {
    let shedder = |settings: &ShedSettings| {
        Shedder::new(settings, Arc::new(SystemSignal::new()), Instant::START)
    };
    let calm = shedder(&ShedSettings::default())?;
    // No burst: so the limit holds, and the gate divides.
    let shedding = shedder(&ShedSettings { burst: Duration::ZERO, ..ShedSettings::default() })?;
    let full = shedder(&ShedSettings {
        burst: Duration::ZERO,
        limit: LimitSettings::fixed(0),
        ..ShedSettings::default()
    })?;
    let pass = |shedder: &Shedder, now: Instant| {
        if let Ok(permit) = shedder.try_acquire(black_box(now), &ctx(now)) {
            permit.finish(now + Duration::from_micros(1), Outcome::Success);
        }
    };
    let reject = |now: Instant| drop(black_box(full.try_acquire(black_box(now), &ctx(now))));
    let expired = |now: Instant| {
        drop(black_box(calm.try_acquire(black_box(now), &Ctx::default().deadline(now))));
    };
    let rows = [
        measure("Shedder, passes", BUDGET, |number| pass(&calm, at(number))),
        measure("Shedder, passes while shedding", BUDGET, |number| pass(&shedding, at(number))),
        measure("Shedder, refuses", BUDGET, |number| reject(at(number))),
        measure("Shedder, deadline passed", BUDGET, |number| expired(at(number))),
    ];
    Ok(timing::print("shed", &rows))
}

/// A request with all that a shedder looks at: users of three classes who wait a second.
fn ctx(now: Instant) -> Ctx<'static> {
    const CLASSES: [Class; 3] = [Class::CRITICAL, Class::DEFAULT, Class::SHEDDABLE];
    let user = now.as_nanos() / 100;
    let class = CLASSES.get(user as usize % 3).copied().unwrap_or_default();
    let priority = Priority::of_user(class, user, 0);
    Ctx::default().priority(priority).deadline(now + Duration::from_secs(1))
}
