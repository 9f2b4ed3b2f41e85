//! What a request pays for its endpoint. Run with
//! `cargo bench -p seawall-guard --bench balance`; for what it prints see `timing.rs`.
//!
//! The clock is not read: `now` is an argument. In the rows with reviews it goes on by a
//! microsecond a request, so that ten requests a second look at all endpoints; in the
//! others it stands still, but for those where every request does so.

mod timing;

use std::{
    error::Error,
    hint::black_box,
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use seawall_guard::{
    Instant, Outcome,
    balance::{BalanceSettings, Balancer, Member, Tier, Tried, Zone},
};
use timing::{Row, measure};

/// Of three zones, of which the first is near.
fn balancer(endpoints: u32, weight: impl Fn(u32) -> f64) -> Result<Balancer<u32>, Box<dyn Error>> {
    let balancer = Balancer::new(BalanceSettings::default(), 1, Instant::START)?;
    let member = |number| {
        let zone = number % 3;
        Member::new(number).zone(Zone(zone)).tier(Tier(u8::from(zone > 0))).weight(weight(number))
    };
    balancer.replace(Instant::START, (0..endpoints).map(member));
    Ok(balancer)
}

fn request(balancer: &Balancer<u32>, now: Instant) {
    if let Ok(pick) = black_box(balancer).pick(black_box(now)) {
        pick.finish(now + Duration::from_millis(3), black_box(Outcome::Success));
    }
}

fn rows_of(endpoints: u32) -> Result<Vec<Row>, Box<dyn Error>> {
    let even = balancer(endpoints, |_| 1.0)?;
    let weighted = balancer(endpoints, |number| f64::from(1 + number % 7))?;
    let moving = balancer(endpoints, |_| 1.0)?;
    let reviewed = balancer(endpoints, |_| 1.0)?;
    let still = Instant::START + Duration::from_millis(50);
    let tried: [Tried; 2] = [even.pick(still)?.tried(), even.pick(still)?.tried()];
    let passed = AtomicU64::new(0);
    let time = |step| Instant::from_nanos(passed.fetch_add(step, Ordering::Relaxed));
    let name = |what: &str| format!("{what}, {endpoints} endpoints");
    Ok(vec![
        measure(name("pick"), Some(100.0), |_| {
            black_box(black_box(&even).pick(black_box(still))).ok();
        }),
        measure(name("pick and finish"), None, |_| request(&even, still)),
        measure(name("pick and finish, weighted"), None, |_| request(&weighted, still)),
        measure(name("pick and finish, reviews"), None, |_| {
            request(&moving, time(1_000));
        }),
        measure(name("pick that reviews"), None, |_| {
            request(&reviewed, time(100_000_000));
        }),
        measure(name("pick_again"), None, |_| {
            black_box(black_box(&even).pick_again(black_box(still), &tried)).ok();
        }),
    ])
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let rows: Result<Vec<_>, _> = [3, 100, 1_000].into_iter().map(rows_of).collect();
    let rows: Vec<Row> = rows?.into_iter().flatten().collect();
    Ok(timing::print("balance", &rows))
}
