use std::{sync::Arc, time::Duration};

use super::*;
use crate::{Ctx, Guard, GuardSettings, ManualClock, Outcome, limit::LimitSettings};

fn guard(resource: &str, settings: GuardSettings) -> (Guard, ManualClock) {
    let clock = ManualClock::default();
    let guard = Guard::builder(resource).settings(settings).clock(Arc::new(clock.clone()));
    (guard.build().unwrap(), clock)
}

fn value(text: &str, sample: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(sample))?;
    line.trim().parse().ok()
}

#[test]
fn a_guard_is_told_of_in_the_text_format() {
    let (guard, clock) = guard(
        "GET /\"a\\b\"",
        GuardSettings { limit: Some(LimitSettings::fixed(2)), ..GuardSettings::client() },
    );
    for millis in [2, 40, 4_000] {
        let entry = guard.enter(&Ctx::default()).unwrap();
        clock.advance(Duration::from_millis(millis));
        entry.finish(Outcome::Success);
    }
    let _held = [guard.enter(&Ctx::default()).unwrap(), guard.enter(&Ctx::default()).unwrap()];
    assert!(guard.enter(&Ctx::default()).is_err());
    let text = Text([&guard]).to_string();
    let of = |name: &str, labels: &str| {
        value(&text, &format!("seawall_guard_{name}{{resource=\"GET /\\\"a\\\\b\\\"\"{labels}}}"))
    };
    assert_eq!(of("requests_total", ",outcome=\"success\""), Some(3.0));
    assert_eq!(of("rejected_total", ",reason=\"concurrency_limited\""), Some(1.0));
    assert_eq!(of("request_duration_seconds_bucket", ",le=\"0.003\""), Some(1.0));
    assert_eq!(of("request_duration_seconds_bucket", ",le=\"0.05\""), Some(2.0));
    assert_eq!(of("request_duration_seconds_bucket", ",le=\"+Inf\""), Some(3.0));
    assert_eq!(of("request_duration_seconds_count", ""), Some(3.0));
    let sum = of("request_duration_seconds_sum", "").unwrap();
    assert!((4.042 / 1.0625..4.042 * 1.0625).contains(&sum), "{sum}");
    assert_eq!(of("breaker_state", ",state=\"closed\""), Some(1.0));
    assert_eq!(of("breaker_state", ",state=\"open\""), Some(0.0));
    assert_eq!(of("in_flight_requests", ",part=\"limit\""), Some(2.0));
    assert_eq!(of("limit_requests", ",part=\"limit\""), Some(2.0));
    assert_eq!(of("shedding", ""), None, "it has no shedder");
}

#[test]
fn the_samples_of_a_metric_stand_together_below_one_head() {
    let (one, other) = (guard("one", GuardSettings::server()), guard("other", Default::default()));
    let text = Text([&one.0, &other.0]).to_string();
    let mut names: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    let heads = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), heads);
    for name in text.lines().filter(|line| line.contains(" counter")) {
        assert!(name.contains("_total"), "{name}");
    }
}

#[test]
fn whoever_looks_takes_nothing_from_others_who_look() {
    let (guard, clock) = guard("one", GuardSettings::default());
    let ask = || {
        let entry = guard.enter(&Ctx::default()).unwrap();
        clock.advance(Duration::from_millis(5));
        entry.finish(Outcome::Success);
    };
    ask();
    assert_eq!(guard.snapshot().latencies.count(), 1);
    ask();
    assert_eq!(guard.take_latencies().count(), 2);
    assert_eq!(guard.take_latencies().count(), 0);
    assert_eq!(guard.snapshot().latencies.count(), 2, "a counter only grows");
}

#[test]
fn measuring_costs_requests_no_allocation() {
    let (guard, _) = guard("one", GuardSettings::client());
    let pass = || guard.enter(&Ctx::default()).unwrap().finish(Outcome::Success);
    pass();
    let _ = Text([&guard]).to_string();
    let used = allocation_counter::measure(|| (0..1_000).for_each(|_| pass()));
    assert_eq!(used.count_total, 0, "{used:?}");
}
