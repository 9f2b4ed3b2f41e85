//! What is measured.

use std::time::Duration;

use super::sample::Labels;
use crate::{
    admit::{Outcome, Rejected},
    breaker::State,
    stack::{LimitSnapshot, Snapshot},
};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub help: &'static str,
    /// Of what kind its samples are.
    pub kind: Kind,
}

/// Of what kind samples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counters of what is not larger than the label `le`, and their `_sum` and `_count`.
    Histogram,
}

impl Kind {
    /// Its name in Prometheus' text format.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// Gives the samples of one metric of one guard: a suffix of its name, labels, a value.
pub(super) type Read = fn(&Snapshot, &mut dyn FnMut(&'static str, Labels<'_>, f64));

const fn of(kind: Kind, name: &'static str, help: &'static str) -> Metric {
    Metric { name, help, kind }
}

/// All metrics, in the order in which they are given.
pub(super) static METRICS: [(Metric, Read); 11] = [
    (
        of(Kind::Counter, "seawall_guard_requests_total", "Admitted requests that ended so."),
        |guard, give| {
            for outcome in Outcome::ALL {
                let count = guard.counts.outcome(outcome) as f64;
                give("", &[("outcome", outcome.name())], count);
            }
        },
    ),
    (
        of(Kind::Counter, "seawall_guard_rejected_total", "Requests refused for that reason."),
        |guard, give| {
            for reason in Rejected::ALL {
                give("", &[("reason", reason.name())], guard.counts.rejected(reason) as f64);
            }
        },
    ),
    (
        of(
            Kind::Histogram,
            "seawall_guard_request_duration_seconds",
            "How long admitted requests took, however they ended.",
        ),
        latencies,
    ),
    (
        of(Kind::Gauge, "seawall_guard_breaker_state", "1 for the state the breaker is in."),
        |guard, give| {
            for (breaker, state) in guard.breaker.iter().flat_map(|b| STATES.map(|s| (b, s))) {
                let is_in = f64::from(u8::from(breaker.state == state));
                give("", &[("state", state.name())], is_in);
            }
        },
    ),
    (
        of(
            Kind::Gauge,
            "seawall_guard_breaker_refused_ratio",
            "The share of requests the breaker refuses, 0 to 1.",
        ),
        |guard, give| guard.breaker.iter().for_each(|breaker| give("", &[], breaker.refused)),
    ),
    (
        of(
            Kind::Counter,
            "seawall_guard_breaker_transitions_total",
            "Changes of the breaker's state.",
        ),
        |guard, give| {
            let breaker = guard.breaker.iter();
            breaker.for_each(|breaker| give("", &[], breaker.transitions as f64));
        },
    ),
    (
        of(Kind::Gauge, "seawall_guard_shedding", "1 while the shedder refuses anybody."),
        |guard, give| {
            let shedder = guard.shedder.iter();
            shedder.for_each(|shedder| give("", &[], f64::from(u8::from(shedder.is_shedding))));
        },
    ),
    (
        of(
            Kind::Gauge,
            "seawall_guard_admitted_level",
            "How many of the 1024 levels of priority the shedder admits.",
        ),
        |guard, give| {
            guard.shedder.iter().for_each(|shedder| give("", &[], f64::from(shedder.level)));
        },
    ),
    (
        of(Kind::Gauge, "seawall_guard_limit_requests", "How many requests may be in flight."),
        |guard, give| limits(guard, give, |limit| f64::from(limit.limit)),
    ),
    (
        of(Kind::Gauge, "seawall_guard_in_flight_requests", "How many requests are in flight."),
        |guard, give| limits(guard, give, |limit| f64::from(limit.in_flight)),
    ),
    (
        of(Kind::Gauge, "seawall_guard_waiting_requests", "How many requests wait for a place."),
        |guard, give| limits(guard, give, |limit| limit.waiting as f64),
    ),
];

const STATES: [State; 5] =
    [State::Closed, State::Throttled, State::Open, State::HalfOpen, State::Disabled];

/// Upper bounds in milliseconds, and as seconds in the label.
const BOUNDS: [(u64, &str); 13] = [
    (1, "0.001"),
    (3, "0.003"),
    (5, "0.005"),
    (10, "0.01"),
    (25, "0.025"),
    (50, "0.05"),
    (100, "0.1"),
    (250, "0.25"),
    (500, "0.5"),
    (1_000, "1"),
    (2_500, "2.5"),
    (5_000, "5"),
    (10_000, "10"),
];

fn latencies(guard: &Snapshot, give: &mut dyn FnMut(&'static str, Labels<'_>, f64)) {
    let all = &guard.latencies;
    let count = all.count() as f64;
    for (millis, bound) in BOUNDS {
        let within = all.count_within(Duration::from_millis(millis));
        give("_bucket", &[("le", bound)], within as f64);
    }
    give("_bucket", &[("le", "+Inf")], count);
    give("_sum", &[], all.sum().as_secs_f64());
    give("_count", &[], count);
}

/// Of the limit within the shedder and the one beside it.
fn limits(
    guard: &Snapshot,
    give: &mut dyn FnMut(&'static str, Labels<'_>, f64),
    value: fn(&LimitSnapshot) -> f64,
) {
    if let Some(shedder) = &guard.shedder {
        give("", &[("part", "shedder")], value(&shedder.limit));
    }
    if let Some(limit) = &guard.limit {
        give("", &[("part", "limit")], value(limit));
    }
}
