//! Limits of each value of a parameter.

use std::time::Duration;

use serde_json::Value;

use super::{
    Effect,
    draft::Draft,
    fields::{Fields, LeftOut},
    flow::{PER_SECOND_MAX, cluster},
};
use crate::rate::{HotParamException, HotParamMode, HotParamSettings, ParamValue};

/// As many exceptions as a limit may have.
const EXCEPTIONS_MAX: usize = 1_000;

pub(super) fn import(fields: &mut Fields<'_>, draft: &mut Draft) -> Result<(), LeftOut> {
    let pattern = fields.pattern()?;
    let grade = fields.whole("grade", 1)?;
    let index = fields.number("paramIdx", f64::MAX)?;
    let count = fields.number("count", 0.0)?;
    let behavior = fields.whole("controlBehavior", 0)?;
    let queueing = fields.number("maxQueueingTimeMs", 0.0)?;
    let burst = fields.number("burstCount", 0.0)?;
    let seconds = fields.number("durationInSec", 1.0)?;
    fields.is_for_everybody()?;
    cluster(fields)?;
    if fields.text("paramKey")?.is_some() {
        let what = "a parameter by a name; here they have places";
        return Err(fields.leave_out("paramKey", what));
    }
    // Sentinel's own copy of the exceptions.
    let _ = fields.take("hotItems");
    let _ = fields.take("parsedHotItems");
    let checks = [
        ("paramIdx", index != f64::MAX, "is missing"),
        ("count", count >= 0.0, "is less than 0"),
        ("grade", matches!(grade, 0 | 1), "is neither 0 nor 1"),
        ("burstCount", burst >= 0.0, "is less than 0"),
        ("durationInSec", seconds >= 1.0, "is not above 0"),
        ("maxQueueingTimeMs", queueing >= 0.0, "is less than 0"),
    ];
    for (field, is_met, what) in checks {
        if !is_met {
            let what = format!("{what}; Sentinel ignores the rule too");
            return Err(fields.leave_out(field, what));
        }
    }
    if draft.settings(&pattern).hot_param.is_some() {
        let what = "a guard looks at one parameter, that of the first rule of the resource";
        return Err(fields.leave_out("paramIdx", what));
    }
    let mut settings = HotParamSettings {
        index: fields.clamped("paramIdx", index, (f64::from(i32::MIN), f64::from(i32::MAX))) as i32,
        mode: mode(fields, grade, behavior),
        ..HotParamSettings::default()
    };
    let seconds = fields.clamped("durationInSec", seconds.floor(), (1.0, 86_400.0));
    settings.period = Duration::from_secs(seconds as u64);
    let most = f64::from(u32::MAX).min(PER_SECOND_MAX * seconds);
    settings.permits = fields.clamped("count", count.floor(), (0.0, most)) as u32;
    settings.burst = settings.permits.saturating_add(burst as u32).max(1);
    let queueing = fields.clamped("maxQueueingTimeMs", queueing.floor(), (0.0, 86_400_000.0));
    settings.max_wait = Duration::from_millis(queueing as u64);
    settings.exceptions = exceptions(fields, most as u32);
    draft.settings(&pattern).hot_param = Some(settings);
    Ok(())
}

fn mode(fields: &mut Fields<'_>, grade: i64, behavior: i64) -> HotParamMode {
    match (grade, behavior) {
        (0, _) => HotParamMode::Concurrency,
        (_, 2) => {
            let what = "a guard has nobody wait: as many pass at once as would have waited";
            fields.approximated("controlBehavior", what);
            HotParamMode::Queue
        }
        _ => HotParamMode::Rate,
    }
}

fn exceptions(fields: &mut Fields<'_>, most: u32) -> Vec<HotParamException> {
    let items = match fields.take("paramFlowItemList") {
        None => return Vec::new(),
        Some(Value::Array(items)) => items,
        Some(_) => {
            fields.note("paramFlowItemList", Effect::FieldLeftOut, "is no list");
            return Vec::new();
        }
    };
    let mut exceptions: Vec<HotParamException> = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let at = format!("paramFlowItemList[{number}]");
        let count = item.get("count").and_then(Value::as_f64).filter(|count| *count >= 0.0);
        let (Some(count), Some(value)) = (count, value(fields, &at, item)) else {
            let what = "has no value or no count that can be read; Sentinel ignores it too";
            fields.note(&at, Effect::FieldLeftOut, what);
            continue;
        };
        if exceptions.len() == EXCEPTIONS_MAX {
            fields.note(&at, Effect::FieldLeftOut, "more exceptions than there may be");
            continue;
        }
        let permits = fields.clamped(&at, count.floor(), (0.0, most.into())) as u32;
        // In Sentinel the last one of a value holds.
        exceptions.retain(|exception| exception.value != value);
        exceptions.push(HotParamException { value, permits });
    }
    exceptions
}

/// The value of an exception, by the Java class that it says.
fn value(fields: &mut Fields<'_>, at: &str, item: &Value) -> Option<ParamValue> {
    let text = match item.get("object")? {
        Value::String(text) => text.clone(),
        Value::Null => return None,
        other => other.to_string(),
    };
    let class = item.get("classType").and_then(Value::as_str).unwrap_or_default();
    let class = class.rsplit('.').next().unwrap_or_default();
    match class {
        "int" | "Integer" | "long" | "Long" | "short" | "Short" | "byte" | "Byte" => {
            text.trim().parse().ok().map(ParamValue::Number)
        }
        "" | "String" => Some(ParamValue::Text(text.into())),
        _ => {
            let what = format!("a {class} is compared as a text here, as it is written");
            fields.approximated(at, what);
            Some(ParamValue::Text(text.into()))
        }
    }
}
