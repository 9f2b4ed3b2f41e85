//! What a place that is taken and given back costs, and a rejection. Run with
//! `cargo bench -p seawall-guard --bench limit`; for what it prints see `timing.rs`.
//!
//! Beside it is what the processor asks for an atomic number that goes up and down again:
//! on two threads its cache line crosses from core to core each time, which no limit that
//! is exact across threads can do without. No clock is read: `now` counts up.

mod timing;

use std::{
    hint::black_box,
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use seawall_guard::{
    Instant, Outcome,
    limit::{ConcurrencyLimit, LimitSettings},
    settings::InvalidSetting,
};
use timing::measure;

/// A window ends as often as at ten million a second.
fn at(number: u64) -> Instant {
    Instant::from_nanos(number * 100)
}

fn main() -> Result<ExitCode, InvalidSetting> {
    let adaptive = ConcurrencyLimit::new(&LimitSettings::default(), Instant::START)?;
    let full = ConcurrencyLimit::new(&LimitSettings::fixed(0), Instant::START)?;
    let word = AtomicU64::new(0);
    let rows = [
        measure("an atomic, up and down", None, |_| {
            black_box(word.fetch_add(1, Ordering::Acquire));
            black_box(word.fetch_sub(1, Ordering::Release));
        }),
        measure("ConcurrencyLimit, passes", Some(50.0), |number| {
            let now = black_box(at(number));
            if let Ok(permit) = adaptive.try_acquire(now) {
                permit.finish(now + Duration::from_micros(1), Outcome::Success);
            }
        }),
        measure("ConcurrencyLimit, refuses", Some(50.0), |number| {
            drop(black_box(full.try_acquire(black_box(at(number)))));
        }),
    ];
    Ok(timing::print("limit", &rows))
}
