//! Limits of requests a second and of threads.

use std::time::Duration;

use super::{
    draft::Draft,
    fields::{Fields, LeftOut},
};
use crate::{
    limit::{AlgorithmSettings, LimitSettings},
    rate::{RateLimitSettings, WarmUpSettings},
    stack::GuardSettings,
};

/// The most permits in a second that a rate can have.
pub(super) const PER_SECOND_MAX: f64 = 1e8;

pub(super) fn import(fields: &mut Fields<'_>, draft: &mut Draft) -> Result<(), LeftOut> {
    let pattern = fields.pattern()?;
    let grade = fields.whole("grade", 1)?;
    let count = fields.number("count", 0.0)?;
    let behavior = fields.whole("controlBehavior", 0)?;
    let warm_up = fields.number("warmUpPeriodSec", 10.0)?;
    let queueing = fields.number("maxQueueingTimeMs", 500.0)?;
    if count < 0.0 {
        return Err(fields.leave_out("count", "is less than 0; Sentinel ignores the rule too"));
    }
    fields.is_for_everybody()?;
    relation(fields)?;
    cluster(fields)?;
    only_in_go(fields)?;
    match grade {
        0 => in_flight(fields, draft.settings(&pattern), count),
        1 => {
            let rate = rate(fields, count, behavior, warm_up, queueing)?;
            keep_lower(fields, draft.settings(&pattern), rate);
        }
        _ => {
            let what = "is neither 0 nor 1; Sentinel ignores the rule too";
            return Err(fields.leave_out("grade", what));
        }
    }
    Ok(())
}

/// What is looked at must be the resource itself.
fn relation(fields: &mut Fields<'_>) -> Result<(), LeftOut> {
    let strategy = fields.whole("strategy", 0)?;
    let _ = fields.take("refResource");
    if strategy == 0 {
        return Ok(());
    }
    let what = "a limit by another resource, or by the way that a request came; here each \
                resource has its own";
    Err(fields.leave_out("strategy", what))
}

/// What only Go's rules say.
fn only_in_go(fields: &mut Fields<'_>) -> Result<(), LeftOut> {
    if fields.take("statIntervalInMs").is_some() {
        let what = "a limit of another time than a second";
        return Err(fields.leave_out("statIntervalInMs", what));
    }
    if fields.take("tokenCalculateStrategy").is_some() {
        let what = "a limit that follows memory, for which there is \
                    `rate::MemoryThresholdSettings`";
        return Err(fields.leave_out("tokenCalculateStrategy", what));
    }
    Ok(())
}

/// Limits of all nodes together are not a guard's.
pub(super) fn cluster(fields: &mut Fields<'_>) -> Result<(), LeftOut> {
    let is_cluster = fields.flag("clusterMode")?;
    let config = fields.take("clusterConfig");
    if !is_cluster {
        return Ok(());
    }
    let threshold = config.as_ref().and_then(|config| config.get("thresholdType")?.as_i64());
    if threshold.unwrap_or(0) == 1 {
        let what = "a limit of all nodes together, for which there is `rate::LeasedRateLimit`";
        return Err(fields.leave_out("clusterMode", what));
    }
    fields.approximated("clusterMode", "each node keeps its own share and lends none of it");
    Ok(())
}

fn in_flight(fields: &mut Fields<'_>, settings: &mut GuardSettings, count: f64) {
    let count = fields.clamped("count", count.floor(), (0.0, f64::from(i32::MAX))) as u32;
    let before = settings.limit.as_ref().map(|limit| &limit.algorithm);
    let lower = match before {
        Some(AlgorithmSettings::Fixed(fixed)) => count.min(fixed.limit),
        _ => count,
    };
    settings.limit = Some(LimitSettings::fixed(lower));
}

type Rate = (RateLimitSettings, Option<WarmUpSettings>);

fn rate(
    fields: &mut Fields<'_>,
    count: f64,
    behavior: i64,
    warm_up: f64,
    queueing: f64,
) -> Result<Rate, LeftOut> {
    let queues = matches!(behavior, 2 | 3);
    let warms_up = matches!(behavior, 1 | 3);
    if !(0..=3).contains(&behavior) {
        fields.approximated("controlBehavior", "is none of 0 to 3; refuses, as in Sentinel");
    }
    if queues && queueing <= 0.0 {
        let what = "is not above 0; Sentinel ignores the rule too";
        return Err(fields.leave_out("maxQueueingTimeMs", what));
    }
    if warms_up && warm_up <= 0.0 {
        let what = "is not above 0; Sentinel ignores the rule too";
        return Err(fields.leave_out("warmUpPeriodSec", what));
    }
    let mut rate = if queues { evenly(fields, count) } else { whole(fields, count) };
    if queues {
        let waiting = (count * queueing / 1_000.0).floor() + 1.0;
        rate.burst = waiting as u32;
        let what = format!("nobody waits; {} may pass at once, as many as would have", rate.burst);
        fields.approximated("maxQueueingTimeMs", what);
    }
    let warm_up = warms_up.then(|| {
        let seconds = fields.clamped("warmUpPeriodSec", warm_up, (1.0, 3_600.0));
        let warm_up = Duration::from_secs(seconds as u64);
        WarmUpSettings { warm_up, ..WarmUpSettings::default() }
    });
    Ok((rate, warm_up))
}

/// So many a second, whole ones: with 2.5 a second Sentinel lets 2 pass.
pub(super) fn whole(fields: &mut Fields<'_>, count: f64) -> RateLimitSettings {
    let permits = fields.clamped("count", count.floor(), (0.0, PER_SECOND_MAX)) as u32;
    let period = Duration::from_secs(1);
    RateLimitSettings { permits, period, burst: permits.max(1) }
}

/// So many a second, as exactly as the settings can say it.
fn evenly(fields: &mut Fields<'_>, count: f64) -> RateLimitSettings {
    let mut seconds = 1_u32;
    while seconds < 1_000 && (count * f64::from(seconds)).fract() > 0.0 {
        seconds *= 10;
    }
    let permits = count * f64::from(seconds);
    let most = f64::from(u32::MAX).min(PER_SECOND_MAX * f64::from(seconds));
    let permits = if permits.fract() > 0.0 {
        let whole = permits.floor();
        let what = format!("is {whole} in {seconds} seconds");
        fields.approximated("count", what);
        whole
    } else {
        permits
    };
    let permits = fields.clamped("count", permits, (0.0, most)) as u32;
    RateLimitSettings { permits, period: Duration::from_secs(seconds.into()), burst: 1 }
}

/// All rules of a resource hold in Sentinel, so the lower rate is what comes of two.
fn keep_lower(fields: &mut Fields<'_>, settings: &mut GuardSettings, (new, warm_up): Rate) {
    if let Some(old) = &settings.rate {
        let is_alike = settings.warm_up == warm_up
            && (old.burst == old.permits.max(1)) == (new.burst == new.permits.max(1));
        if !is_alike {
            let what = "of rules of a resource that warm up or queue and others, the one of \
                        the lowest rate is kept";
            fields.approximated("controlBehavior", what);
        }
        if per_second(old) <= per_second(&new) {
            return;
        }
    }
    settings.rate = Some(new);
    settings.warm_up = warm_up;
}

fn per_second(rate: &RateLimitSettings) -> f64 {
    f64::from(rate.permits) / rate.period.as_secs_f64()
}
