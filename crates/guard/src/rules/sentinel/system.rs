//! Limits of the whole process.

use super::{
    draft::Draft,
    fields::{Fields, LeftOut},
    flow::{PER_SECOND_MAX, whole},
};
use crate::{
    limit::{AlgorithmSettings, LimitSettings},
    rules::Pattern,
    shed::ShedSettings,
};

/// The resource that Sentinel's system rules are imported for: everything that comes in.
/// They hold when its guard is entered for each request, before that of the request's own
/// resource.
pub const INBOUND: &str = "inbound";

pub(super) fn import(fields: &mut Fields<'_>, draft: &mut Draft) -> Result<(), LeftOut> {
    let load = fields.number("highestSystemLoad", -1.0)?;
    let cpu = fields.number("highestCpuUsage", -1.0)?;
    let qps = fields.number("qps", -1.0)?;
    let latency = fields.number("avgRt", -1.0)?;
    let threads = fields.number("maxThread", -1.0)?;
    // Means nothing in a system rule, and is in each.
    for name in ["resource", "limitApp", "grade", "count", "regex"] {
        let _ = fields.take(name);
    }
    if [load, cpu, qps, latency, threads].iter().all(|limit| *limit < 0.0) {
        return Err(fields.leave_out("qps", "nor any other limit is set"));
    }
    let settings = draft.settings(&Pattern::Exact(INBOUND.into()));
    let where_to = format!("holds where the guard of {INBOUND:?} is entered for every request");
    if qps >= 0.0 {
        fields.approximated("qps", &*where_to);
        let lower = settings.rate.as_ref().map_or(f64::INFINITY, |rate| rate.permits.into());
        settings.rate = Some(whole(fields, qps.min(lower).min(PER_SECOND_MAX)));
    }
    if threads >= 0.0 {
        fields.approximated("maxThread", where_to);
        let most = fields.clamped("maxThread", threads.floor(), (0.0, f64::from(i32::MAX))) as u32;
        let lower = match settings.limit.as_ref().map(|limit| &limit.algorithm) {
            Some(AlgorithmSettings::Fixed(fixed)) => fixed.limit,
            _ => u32::MAX,
        };
        settings.limit = Some(LimitSettings::fixed(most.min(lower)));
    }
    let by_state = "the guard of \"inbound\" sheds by a limit of its own that follows latency \
                    and throughput, and by the machine's state";
    for (field, limit) in [("highestSystemLoad", load), ("avgRt", latency)] {
        if limit >= 0.0 {
            fields.approximated(field, by_state);
            settings.shed = Some(ShedSettings::default());
        }
    }
    if cpu > 1.0 {
        let what = "is more than 1; Sentinel ignores it too";
        fields.note("highestCpuUsage", super::Effect::FieldLeftOut, what);
    } else if cpu >= 0.0 {
        let what = format!("{by_state}, of which `SignalSettings::cpu_enter` may be set to {cpu}");
        fields.approximated("highestCpuUsage", what);
        settings.shed = Some(ShedSettings::default());
    }
    Ok(())
}
