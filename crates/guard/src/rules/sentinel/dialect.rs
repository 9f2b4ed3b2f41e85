//! Rules of Sentinel's Go library, which has other names for much of it, by its Java names.

use serde_json::{Map, Value, json};

use super::SentinelKind;

type Rule = Map<String, Value>;

/// Names the fields of a rule as in Java, if they are Go's (alibaba/sentinel-golang,
/// `core/*/rule.go`): those rules have a threshold. What has no name in Java keeps its own,
/// and is noted as not known when it says anything.
pub(super) fn to_java(kind: SentinelKind, rule: &mut Rule) {
    if !rule.contains_key("threshold") && !rule.contains_key("triggerCount") {
        return;
    }
    match kind {
        SentinelKind::Flow => flow(rule),
        SentinelKind::Degrade => degrade(rule),
        SentinelKind::ParamFlow => param_flow(rule),
        SentinelKind::System => system(rule),
        SentinelKind::Authority => {}
    }
    // Go writes fields that are not used as well.
    rule.retain(|name, value| !is_nothing(name, value));
}

/// Whether a field of Go's that Java does not have says nothing.
fn is_nothing(name: &str, value: &Value) -> bool {
    const GOS: [&str; 9] = [
        "warmUpColdFactor",
        "lowMemUsageThreshold",
        "highMemUsageThreshold",
        "memLowWaterMarkBytes",
        "memHighWaterMarkBytes",
        "statSlidingWindowBucketCount",
        "probeNum",
        "paramKey",
        "paramsMaxCapacity",
    ];
    GOS.contains(&name) && (value.as_f64() == Some(0.0) || value.as_str() == Some(""))
}

/// Flow rules, and those of isolation, which are limits of requests in flight.
fn flow(rule: &mut Rule) {
    rename(rule, "threshold", "count");
    rename(rule, "relationStrategy", "strategy");
    if rule.remove("metricType").is_some() {
        rule.insert("grade".to_owned(), json!(0));
        return;
    }
    let throttles = number(rule, "controlBehavior") == Some(1.0);
    let behavior = match (number(rule, "tokenCalculateStrategy"), throttles) {
        (Some(1.0), false) => 1,
        (Some(1.0), true) => 3,
        (_, true) => 2,
        (_, false) => 0,
    };
    rule.insert("controlBehavior".to_owned(), json!(behavior));
    // The third adapts to memory, which nothing in Java does.
    if number(rule, "tokenCalculateStrategy") != Some(2.0) {
        rule.remove("tokenCalculateStrategy");
    }
    let interval = number(rule, "statIntervalInMs").unwrap_or(0.0);
    if interval == 0.0 || interval == 1_000.0 {
        rule.remove("statIntervalInMs");
    }
}

fn degrade(rule: &mut Rule) {
    rename(rule, "strategy", "grade");
    if number(rule, "grade").unwrap_or(0.0) == 0.0 {
        rename(rule, "threshold", "slowRatioThreshold");
        rename(rule, "maxAllowedRtMs", "count");
    } else {
        rename(rule, "threshold", "count");
        rule.remove("maxAllowedRtMs");
    }
    if let Some(open) = number(rule, "retryTimeoutMs") {
        rule.remove("retryTimeoutMs");
        rule.insert("timeWindow".to_owned(), json!(open / 1_000.0));
    }
}

fn param_flow(rule: &mut Rule) {
    rename(rule, "threshold", "count");
    rename(rule, "metricType", "grade");
    rename(rule, "paramIndex", "paramIdx");
    if number(rule, "controlBehavior") == Some(1.0) {
        rule.insert("controlBehavior".to_owned(), json!(2));
    }
    let Some(Value::Object(items)) = rule.get("specificItems") else {
        rule.retain(|name, value| name != "specificItems" || !value.is_null());
        return;
    };
    // Their keys are texts in JSON, whatever they were in Go.
    let items = items.iter().map(|(value, count)| {
        let class = if value.parse::<i64>().is_ok() { "long" } else { "String" };
        json!({"object": value, "count": count, "classType": class})
    });
    let items: Vec<Value> = items.collect();
    rule.remove("specificItems");
    rule.insert("paramFlowItemList".to_owned(), Value::Array(items));
}

fn system(rule: &mut Rule) {
    const METRICS: [&str; 5] =
        ["highestSystemLoad", "avgRt", "maxThread", "qps", "highestCpuUsage"];
    let metric = number(rule, "metricType").unwrap_or(0.0);
    if let Some(name) = METRICS.get(metric as usize).filter(|_| metric >= 0.0) {
        rule.remove("metricType");
        // How it is kept to; here always by what is in flight.
        rule.remove("strategy");
        rename(rule, "triggerCount", name);
    }
}

fn rename(rule: &mut Rule, from: &str, to: &str) {
    if let Some(value) = rule.remove(from) {
        rule.insert(to.to_owned(), value);
    }
}

fn number(rule: &Rule, name: &str) -> Option<f64> {
    rule.get(name).and_then(Value::as_f64)
}
