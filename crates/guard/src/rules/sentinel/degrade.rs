//! Breakers.

use std::time::Duration;

use super::{
    draft::Draft,
    fields::{Fields, LeftOut},
};
use crate::breaker::{BreakerSettings, ClassicSettings, Policy, Span};

/// A ratio of any.
const ANY: f64 = 1e-6;
const HOUR_MS: f64 = 3_600_000.0;

pub(super) fn import(fields: &mut Fields<'_>, draft: &mut Draft) -> Result<(), LeftOut> {
    let pattern = fields.pattern()?;
    let grade = fields.whole("grade", 0)?;
    let count = fields.number("count", 0.0)?;
    let open = fields.number("timeWindow", 0.0)?;
    let min_calls = fields.number("minRequestAmount", 5.0)?;
    let slow_ratio = fields.number("slowRatioThreshold", 1.0)?;
    let window = fields.number("statIntervalMs", 1_000.0)?;
    fields.is_for_everybody()?;
    let ratio = if grade == 0 { slow_ratio } else { count };
    let checks = [
        ("grade", (0..=2).contains(&grade), "is none of 0 to 2"),
        ("count", count >= 0.0, "is less than 0"),
        ("timeWindow", open > 0.0, "is not above 0"),
        ("minRequestAmount", min_calls >= 1.0, "is not above 0"),
        ("statIntervalMs", window >= 1.0, "is not above 0"),
        ("slowRatioThreshold", grade != 0 || (0.0..=1.0).contains(&ratio), "is not from 0 to 1"),
        ("count", grade != 1 || ratio <= 1.0, "is more than 1"),
    ];
    for (field, is_met, what) in checks {
        if !is_met {
            let what = format!("{what}; Sentinel ignores the rule too");
            return Err(fields.leave_out(field, what));
        }
    }
    let open = fields.clamped("timeWindow", (open * 1_000.0).round(), (1.0, HOUR_MS));
    let mut classic = ClassicSettings::sentinel(Duration::from_millis(open as u64));
    classic.min_calls = fields.clamped("minRequestAmount", min_calls.floor(), (1.0, 1e6)) as u32;
    let window = fields.clamped("statIntervalMs", window.floor(), (100.0, 600_000.0));
    classic.window = Span::Time(Duration::from_millis(window as u64));
    // Only in Go's rules.
    classic.probes = fields.number("probeNum", 1.0)?.clamp(1.0, 100.0) as u8;
    threshold(fields, &mut classic, grade, count, slow_ratio);
    let settings = draft.settings(&pattern);
    if let Some(BreakerSettings { policy: Policy::Classic(before), .. }) = &settings.breaker {
        merge(fields, before, &mut classic);
    }
    settings.breaker = Some(BreakerSettings::new(Policy::Classic(classic)));
    Ok(())
}

fn threshold(
    fields: &mut Fields<'_>,
    classic: &mut ClassicSettings,
    grade: i64,
    count: f64,
    slow_ratio: f64,
) {
    match grade {
        0 => {
            // Java rounds a half up.
            let slow = fields.clamped("count", (count + 0.5).floor(), (1.0, HOUR_MS));
            classic.slow_call = Duration::from_millis(slow as u64);
            classic.slow_ratio = Some(slow_ratio.max(ANY));
        }
        1 if count == 1.0 => {
            let what = "opens when all fail; in Sentinel never, as no ratio exceeds 1";
            fields.approximated("count", what);
            classic.failure_ratio = Some(count);
        }
        1 => classic.failure_ratio = Some(count.max(ANY)),
        // It opens when so many are exceeded.
        _ => {
            let failures = fields.clamped("count", count.floor() + 1.0, (1.0, 1e6));
            classic.failure_count = Some(failures as u32);
        }
    }
}

/// Puts what an earlier rule of the resource says into this one. Each threshold opens the
/// breaker by itself, as each of Sentinel's would; what there is once is the earlier one's.
fn merge(fields: &mut Fields<'_>, before: &ClassicSettings, classic: &mut ClassicSettings) {
    let differs = [
        ("statIntervalMs", before.window != classic.window),
        ("minRequestAmount", before.min_calls != classic.min_calls),
        ("timeWindow", before.open != classic.open),
    ];
    for (field, _) in differs.into_iter().filter(|(_, differs)| *differs) {
        fields.approximated(field, "is that of the first degrade rule of the resource");
    }
    let slow_twice = before.slow_ratio.is_some() && classic.slow_ratio.is_some();
    if slow_twice && before.slow_call != classic.slow_call {
        fields.approximated("count", "of two times, the longer one is slow");
    }
    let lower = |one: Option<f64>, other: Option<f64>| match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    let count = match (before.failure_count, classic.failure_count) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    let slow_call = match (before.slow_ratio, classic.slow_ratio) {
        (Some(_), Some(_)) => before.slow_call.max(classic.slow_call),
        (Some(_), None) => before.slow_call,
        _ => classic.slow_call,
    };
    *classic = ClassicSettings {
        failure_ratio: lower(before.failure_ratio, classic.failure_ratio),
        failure_count: count,
        slow_ratio: lower(before.slow_ratio, classic.slow_ratio),
        slow_call,
        ..before.clone()
    };
}
