//! What a request pays for its guard being found by rules, and what it pays while they are
//! replaced. Run with `cargo bench -p seawall-guard --bench rules`; for what it prints see
//! `timing.rs`.
//!
//! The clock is read, twice a request, as a server does.

#![allow(clippy::unwrap_used, reason = "a bench that cannot be set up has failed")]

mod timing;

use std::{
    hint::black_box,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use seawall_guard::{
    Clock as _, Ctx, MonotonicClock, Outcome,
    rules::{RuleBook, RuleBookSettings, RuleLimits, RuleSet},
    signal::SystemSignal,
    stat::Histogram,
};
use timing::{Row, measure};

const RULES: usize = 10_000;

/// A rule each for so many resources, of which every request may pass.
fn rules(version: u64, permits: u64) -> RuleSet {
    let rules: Vec<_> = (0..RULES)
        .map(|number| {
            serde_json::json!({
                "id": format!("rule {number}"),
                "resources": [format!("GET /{number}")],
                "settings": { "rate": { "permits": permits, "burst": 1_u32 << 31 } },
            })
        })
        .collect();
    let text = serde_json::json!({ "version": version, "rules": rules }).to_string();
    RuleSet::parse(&text, &RuleLimits::default()).unwrap()
}

fn enter(book: &RuleBook, resource: &str) {
    if let Ok(entry) = black_box(book).enter(black_box(resource), &Ctx::default()) {
        entry.finish(black_box(Outcome::Success));
    }
}

/// The time that 99 of 100 entries take at most, while all rules are replaced ten times a
/// second.
fn while_replaced(book: &RuleBook, resources: &[String]) -> Duration {
    let lasts = if timing::is_asked("--quick") { 200 } else { 3_000 };
    let sets = [rules(2, 100_000_000), rules(3, 90_000_000)];
    let (clock, is_over) = (MonotonicClock::new(), AtomicBool::new(false));
    let until = clock.now() + Duration::from_millis(lasts);
    let mut took = Histogram::default();
    thread::scope(|scope| {
        let replacing = scope.spawn(|| {
            for set in sets.iter().cycle() {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                book.force(set).unwrap();
                thread::park_timeout(Duration::from_millis(100));
            }
        });
        let mut resources = resources.iter().cycle();
        while clock.now() < until {
            let began = clock.now();
            enter(book, resources.next().unwrap());
            took.add(clock.now() - began);
        }
        is_over.store(true, Ordering::Relaxed);
        replacing.thread().unpark();
    });
    took.quantile(0.99).unwrap()
}

fn main() -> ExitCode {
    let (clock, system) = (Arc::new(MonotonicClock::new()), Arc::new(SystemSignal::new()));
    let settings = RuleBookSettings::default();
    let book = RuleBook::new(settings, "node", clock, system).unwrap();
    book.force(&rules(1, 100_000_000)).unwrap();
    let resources: Vec<String> = (0..1_000).map(|number| format!("GET /{number}")).collect();
    resources.iter().for_each(|resource| drop(book.guard(resource)));
    let rows: [Row; 2] = [
        measure("RuleBook, a guard of 1,000 by 10,000 rules", Some(250.0), |number| {
            if let Some(resource) = resources.get(number as usize % resources.len()) {
                enter(&book, resource);
            }
        }),
        Row::of(
            "RuleBook, 99th percentile while rules are replaced",
            while_replaced(&book, &resources),
        ),
    ];
    timing::print("rules", &rows)
}
