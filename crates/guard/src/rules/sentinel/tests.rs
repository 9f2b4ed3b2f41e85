//! Lists as Sentinel's data sources and its dashboard hold them.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    GuardSettings,
    breaker::{BreakerSettings, ClassicSettings, Policy, Span},
    limit::LimitSettings,
    rate::{
        HotParamException, HotParamMode, HotParamSettings, ParamValue, RateLimitSettings,
        WarmUpSettings,
    },
    rules::{RuleLimits, RulesVersion},
    shed::ShedSettings,
    stack::CallersSettings,
};

fn import(kind: SentinelKind, list: &Value) -> Imported {
    let text = list.to_string();
    let mut texts = SentinelTexts::default();
    match kind {
        SentinelKind::Flow => texts.flow = Some(&text),
        SentinelKind::Degrade => texts.degrade = Some(&text),
        SentinelKind::System => texts.system = Some(&text),
        SentinelKind::ParamFlow => texts.param_flow = Some(&text),
        SentinelKind::Authority => texts.authority = Some(&text),
    }
    super::import(&texts, RulesVersion::new(1), &RuleLimits::default()).unwrap()
}

/// What holds for the one resource, and the fields that are noted.
fn one(kind: SentinelKind, list: &Value) -> (GuardSettings, Vec<String>) {
    let imported = import(kind, list);
    imported.rules.validate(&RuleLimits::default()).unwrap();
    let [rule] = imported.rules.rules.as_slice() else { panic!("{imported:?}") };
    (rule.settings.clone(), imported.notes.into_iter().map(|note| note.field).collect())
}

/// The fields because of which rules are left out; nothing must have come of any.
fn left_out(kind: SentinelKind, list: &Value) -> Vec<String> {
    let imported = import(kind, list);
    assert!(imported.rules.rules.is_empty(), "{imported:?}");
    assert!(imported.notes.iter().all(|note| note.effect == Effect::RuleLeftOut));
    imported.notes.into_iter().map(|note| note.field).collect()
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn a_flow_rule_as_the_dashboard_writes_it_is_a_rate() {
    let list = json!([{
        "app": "shop", "clusterConfig": {"fallbackToLocalWhenFail": true, "sampleCount": 10,
        "strategy": 0, "thresholdType": 0, "windowIntervalMs": 1000}, "clusterMode": false,
        "controlBehavior": 0, "count": 20.0, "gmtCreate": 1, "gmtModified": 2, "grade": 1,
        "id": 3, "ip": "10.0.0.1", "limitApp": "default", "port": 8719, "resource": "GET /orders",
        "strategy": 0, "refResource": null, "regex": false
    }]);
    let rate = RateLimitSettings { permits: 20, period: Duration::from_secs(1), burst: 20 };
    let expected = GuardSettings { rate: Some(rate), ..GuardSettings::default() };
    assert_eq!(one(SentinelKind::Flow, &list), (expected, none()));
}

#[test]
fn flow_rules_of_each_behaviour() {
    let of = |behaviour: i32, count: f64| {
        json!([{"resource": "a", "count": count, "controlBehavior": behaviour,
                "warmUpPeriodSec": 30, "maxQueueingTimeMs": 2000}])
    };
    let warm_up =
        Some(WarmUpSettings { warm_up: Duration::from_secs(30), ..WarmUpSettings::default() });
    let rate = |permits, seconds, burst| {
        Some(RateLimitSettings { permits, period: Duration::from_secs(seconds), burst })
    };
    let settings = |rate, warm_up| GuardSettings { rate, warm_up, ..GuardSettings::default() };
    let flow = |behaviour, count| one(SentinelKind::Flow, &of(behaviour, count));
    let queueing = || vec!["maxQueueingTimeMs".to_owned()];
    assert_eq!(flow(0, 2.5), (settings(rate(2, 1, 2), None), none()));
    assert_eq!(flow(0, 0.0), (settings(rate(0, 1, 1), None), none()));
    assert_eq!(flow(1, 100.0), (settings(rate(100, 1, 100), warm_up.clone()), none()));
    assert_eq!(flow(2, 10.0), (settings(rate(10, 1, 21), None), queueing()));
    assert_eq!(flow(2, 0.5), (settings(rate(5, 10, 2), None), queueing()), "one in two seconds");
    assert_eq!(flow(3, 10.0), (settings(rate(10, 1, 21), warm_up), queueing()));
    let (_, notes) = flow(7, 10.0);
    assert_eq!(notes, ["controlBehavior"]);
}

#[test]
fn threads_are_requests_in_flight_and_the_lowest_of_several_rules_holds() {
    let list = json!([
        {"resource": "a", "grade": 0, "count": 8}, {"resource": "a", "grade": 1, "count": 50},
        {"resource": "a", "grade": 0, "count": 5}, {"resource": "a", "grade": 1, "count": 70}
    ]);
    let rate = RateLimitSettings { permits: 50, burst: 50, ..RateLimitSettings::default() };
    let limit = Some(LimitSettings::fixed(5));
    let expected = GuardSettings { rate: Some(rate), limit, ..GuardSettings::default() };
    assert_eq!(one(SentinelKind::Flow, &list), (expected, none()));
}

#[test]
fn flow_rules_that_a_guard_cannot_keep_are_left_out_and_say_why() {
    let list = json!([
        {"resource": "a", "count": 1, "limitApp": "checkout"},
        {"resource": "a", "count": 1, "strategy": 1, "refResource": "b"},
        {"resource": "a", "count": 1, "clusterMode": true,
         "clusterConfig": {"flowId": 1, "thresholdType": 1}},
        {"resource": "a", "count": -1},
        {"resource": "a", "count": 1, "grade": 2},
        {"resource": " ", "count": 1},
        {"resource": "/a/*", "count": 1},
        {"resource": "/a/[0-9]+", "count": 1, "regex": true},
        {"resource": "a", "count": "many"},
        {"resource": "a", "count": 1, "controlBehavior": 2, "maxQueueingTimeMs": 0},
        7
    ]);
    let expected = [
        "limitApp",
        "strategy",
        "clusterMode",
        "count",
        "grade",
        "resource",
        "resource",
        "regex",
        "count",
        "maxQueueingTimeMs",
        "",
    ];
    assert_eq!(left_out(SentinelKind::Flow, &list), expected);
}

#[test]
fn what_is_approximated_or_unknown_is_noted_with_its_rule() {
    let list = json!([
        {"resource": "a", "count": 10},
        {"resource": "^/orders/.*$", "regex": true, "count": "10", "colour": 3,
         "clusterMode": true, "clusterConfig": {"flowId": 1, "thresholdType": 0}}
    ]);
    let imported = import(SentinelKind::Flow, &list);
    let rules: Vec<_> = imported.rules.rules.iter().map(|rule| &*rule.id).collect();
    assert_eq!(rules, ["a", "/orders/*"]);
    let notes: Vec<_> = imported.notes.iter().map(|it| (it.index, &*it.field, it.effect)).collect();
    let expected = [
        (1, "regex", Effect::Approximated),
        (1, "clusterMode", Effect::Approximated),
        (1, "colour", Effect::FieldLeftOut),
    ];
    assert_eq!(notes, expected);
    let text = imported.notes[2].to_string();
    assert_eq!(text, "flow rule 1 (^/orders/.*$): colour: left out: no such field is known");
}

fn breaker(classic: ClassicSettings) -> GuardSettings {
    let breaker = Some(BreakerSettings::new(Policy::Classic(classic)));
    GuardSettings { breaker, ..GuardSettings::default() }
}

#[test]
fn degrade_rules_of_each_grade() {
    let of = |grade: i32, count: f64| {
        json!([{"resource": "a", "grade": grade, "count": count, "timeWindow": 10,
                "minRequestAmount": 20, "statIntervalMs": 30000, "slowRatioThreshold": 0.6}])
    };
    let base = || ClassicSettings {
        min_calls: 20,
        window: Span::Time(Duration::from_secs(30)),
        ..ClassicSettings::sentinel(Duration::from_secs(10))
    };
    let degrade = |grade, count| one(SentinelKind::Degrade, &of(grade, count));
    let slow_call = Duration::from_millis(200);
    let slow = ClassicSettings { slow_ratio: Some(0.6), slow_call, ..base() };
    assert_eq!(degrade(0, 200.0), (breaker(slow), none()));
    let ratio = ClassicSettings { failure_ratio: Some(0.5), ..base() };
    assert_eq!(degrade(1, 0.5), (breaker(ratio), none()));
    // It opens with more than so many, ours with so many.
    let count = ClassicSettings { failure_count: Some(51), ..base() };
    assert_eq!(degrade(2, 50.0), (breaker(count), none()));
}

#[test]
fn degrade_rules_have_sentinels_defaults_and_those_of_a_resource_are_one() {
    let list = json!([
        {"resource": "a", "count": 100, "timeWindow": 5},
        {"resource": "a", "grade": 1, "count": 0.2, "timeWindow": 9},
        {"resource": "a", "grade": 2, "count": 9, "timeWindow": 5}
    ]);
    let classic = ClassicSettings {
        slow_ratio: Some(1.0),
        slow_call: Duration::from_millis(100),
        failure_ratio: Some(0.2),
        failure_count: Some(10),
        ..ClassicSettings::sentinel(Duration::from_secs(5))
    };
    assert_eq!(
        one(SentinelKind::Degrade, &list),
        (breaker(classic), vec!["timeWindow".to_owned()])
    );
}

/// No ratio exceeds 1, so this rule never opens Sentinel's breaker: the kin of
/// alibaba/Sentinel#1769, which was mended for slow calls and not for exceptions.
#[test]
fn sentinel_a_ratio_of_all_opens_for_exceptions_too() {
    let list = json!([{"resource": "a", "grade": 1, "count": 1.0, "timeWindow": 5}]);
    let (settings, notes) = one(SentinelKind::Degrade, &list);
    assert_eq!(notes, ["count"]);
    let Some(BreakerSettings { policy: Policy::Classic(classic), .. }) = settings.breaker else {
        panic!("{settings:?}")
    };
    assert_eq!(classic.failure_ratio, Some(1.0));
}

#[test]
fn degrade_rules_that_sentinel_ignores_are_left_out() {
    let list = json!([
        {"resource": "a", "grade": 1, "count": 0.5},
        {"resource": "a", "grade": 1, "count": 1.5, "timeWindow": 1},
        {"resource": "a", "grade": 3, "count": 1, "timeWindow": 1},
        {"resource": "a", "count": 1, "timeWindow": 1, "slowRatioThreshold": 2},
        {"resource": "a", "count": 1, "timeWindow": 1, "minRequestAmount": 0},
        {"resource": "a", "count": 1, "timeWindow": 1, "statIntervalMs": 0}
    ]);
    let expected = [
        "timeWindow",
        "count",
        "grade",
        "slowRatioThreshold",
        "minRequestAmount",
        "statIntervalMs",
    ];
    assert_eq!(left_out(SentinelKind::Degrade, &list), expected);
}

#[test]
fn system_rules_are_a_guard_of_all_that_comes_in() {
    let list = json!([
        {"highestSystemLoad": -1.0, "highestCpuUsage": -1.0, "qps": 500.0, "avgRt": -1,
         "maxThread": -1, "resource": null, "limitApp": null},
        {"qps": 400, "maxThread": 100}, {"highestCpuUsage": 0.8}, {"avgRt": 30},
        {"highestSystemLoad": 4}
    ]);
    let rate = RateLimitSettings { permits: 400, burst: 400, ..RateLimitSettings::default() };
    let expected = GuardSettings {
        rate: Some(rate),
        limit: Some(LimitSettings::fixed(100)),
        shed: Some(ShedSettings::default()),
        ..GuardSettings::default()
    };
    let (settings, notes) = one(SentinelKind::System, &list);
    assert_eq!(settings, expected);
    let fields = ["qps", "qps", "maxThread", "highestCpuUsage", "avgRt", "highestSystemLoad"];
    assert_eq!(notes, fields);
    assert_eq!(left_out(SentinelKind::System, &json!([{}])), ["qps"]);
}

#[test]
fn hot_parameters_with_exceptions_of_each_class() {
    let list = json!([{"rule": {
        "resource": "a", "paramIdx": 1, "count": 5, "grade": 1, "durationInSec": 10,
        "burstCount": 3, "paramFlowItemList": [
            {"object": "7", "count": 100, "classType": "int"},
            {"object": "8", "count": 1, "classType": "java.lang.Long"},
            {"object": "gold", "count": 50, "classType": "java.lang.String"},
            {"object": "gold", "count": 60},
            {"object": "1.5", "count": 2, "classType": "double"},
            {"object": "x", "count": 2, "classType": "int"},
            {"object": null, "count": 2},
            {"object": "y", "count": -2}
        ]
    }, "app": "shop", "id": 3}]);
    let exception = |value, permits| HotParamException { value, permits };
    let text = |text: &str| ParamValue::Text(text.into());
    let hot_param = HotParamSettings {
        index: 1,
        permits: 5,
        period: Duration::from_secs(10),
        burst: 8,
        max_wait: Duration::ZERO,
        exceptions: vec![
            exception(ParamValue::Number(7), 100),
            exception(ParamValue::Number(8), 1),
            exception(text("gold"), 60),
            exception(text("1.5"), 2),
        ],
        ..HotParamSettings::default()
    };
    let notes = [4, 5, 6, 7].map(|item| format!("paramFlowItemList[{item}]")).to_vec();
    let expected = GuardSettings { hot_param: Some(hot_param), ..GuardSettings::default() };
    assert_eq!(one(SentinelKind::ParamFlow, &list), (expected, notes));
}

#[test]
fn hot_parameters_of_each_mode_and_one_of_a_resource() {
    let mode = |rule: Value| {
        let (settings, notes) = one(SentinelKind::ParamFlow, &json!([rule]));
        (settings.hot_param.unwrap().mode, notes)
    };
    let threads = json!({"resource": "a", "paramIdx": 0, "count": 5, "grade": 0});
    assert_eq!(mode(threads), (HotParamMode::Concurrency, none()));
    let queue = json!({"resource": "a", "paramIdx": -1, "count": 5, "controlBehavior": 2,
                       "maxQueueingTimeMs": 100});
    assert_eq!(mode(queue), (HotParamMode::Queue, vec!["controlBehavior".to_owned()]));
    let two = json!([{"resource": "a", "paramIdx": 0, "count": 5},
                     {"resource": "a", "paramIdx": 1, "count": 5}]);
    assert_eq!(one(SentinelKind::ParamFlow, &two).1, ["paramIdx"]);
    let wrong = json!([{"resource": "a", "count": 5},
                       {"resource": "a", "paramIdx": 0, "durationInSec": 0}]);
    assert_eq!(left_out(SentinelKind::ParamFlow, &wrong), ["paramIdx", "durationInSec"]);
}

#[test]
fn white_and_black_lists() {
    let list = json!([
        {"resource": "a", "limitApp": "shop,desk", "strategy": 0},
        {"resource": "a", "limitApp": "crawler", "strategy": 1},
        {"resource": "b", "limitApp": "crawler", "strategy": 1},
        {"resource": "c", "limitApp": ""}
    ]);
    let imported = import(SentinelKind::Authority, &list);
    let callers: Vec<_> =
        imported.rules.rules.iter().map(|rule| rule.settings.callers.clone().unwrap()).collect();
    let set = |names: &[&str]| names.iter().map(|&name| name.into()).collect();
    let white = CallersSettings { allow: set(&["shop", "desk", ""]), ..Default::default() };
    let black = CallersSettings { deny: set(&["crawler"]), ..Default::default() };
    assert_eq!(callers, [white, black]);
    assert!(callers[0].admits("") && !callers[0].admits("crawler"));
    let notes: Vec<_> = imported.notes.iter().map(|note| (note.index, &*note.field)).collect();
    assert_eq!(notes, [(0, "limitApp"), (1, "resource"), (3, "limitApp")]);
}

#[test]
fn rules_of_a_resource_of_all_kinds_are_one_guard() {
    let texts = SentinelTexts {
        flow: Some(r#"[{"resource": "a", "count": 5}]"#),
        degrade: Some(r#"[{"resource": "a", "count": 5, "timeWindow": 1}]"#),
        system: None,
        param_flow: Some(r#"[{"resource": "a", "count": 5, "paramIdx": 0}]"#),
        authority: Some(r#"[{"resource": "a", "limitApp": "b", "strategy": 1}]"#),
    };
    let imported = super::import(&texts, RulesVersion::new(3), &RuleLimits::default()).unwrap();
    assert_eq!((imported.rules.version.number(), imported.notes.len()), (3, 0));
    let [rule] = imported.rules.rules.as_slice() else { panic!() };
    let GuardSettings { rate, breaker, hot_param, callers, .. } = &rule.settings;
    assert!(rate.is_some() && breaker.is_some() && hot_param.is_some() && callers.is_some());
}

#[test]
fn rules_of_the_go_library_are_read_by_its_names() {
    let flow = json!([
        {"resource": "a", "tokenCalculateStrategy": 0, "controlBehavior": 0, "threshold": 9,
         "relationStrategy": 0, "refResource": "", "maxQueueingTimeMs": 0, "warmUpPeriodSec": 0,
         "warmUpColdFactor": 0, "statIntervalInMs": 1000, "lowMemUsageThreshold": 0,
         "highMemUsageThreshold": 0, "memLowWaterMarkBytes": 0, "memHighWaterMarkBytes": 0},
        {"resource": "a", "metricType": 0, "threshold": 7}
    ]);
    let rate = RateLimitSettings { permits: 9, burst: 9, ..RateLimitSettings::default() };
    let limit = Some(LimitSettings::fixed(7));
    let expected = GuardSettings { rate: Some(rate), limit, ..GuardSettings::default() };
    assert_eq!(one(SentinelKind::Flow, &flow), (expected, none()));

    let left = json!([
        {"resource": "a", "threshold": 9, "statIntervalInMs": 10000},
        {"resource": "a", "threshold": 9, "tokenCalculateStrategy": 2},
        {"resource": "a", "threshold": 9, "relationStrategy": 1, "refResource": "b"}
    ]);
    let fields = ["statIntervalInMs", "tokenCalculateStrategy", "strategy"];
    assert_eq!(left_out(SentinelKind::Flow, &left), fields);

    let degrade = json!([{"resource": "a", "strategy": 0, "retryTimeoutMs": 500,
        "minRequestAmount": 10, "statIntervalMs": 5000, "statSlidingWindowBucketCount": 0,
        "maxAllowedRtMs": 50, "threshold": 0.5, "probeNum": 3}]);
    let classic = ClassicSettings {
        min_calls: 10,
        window: Span::Time(Duration::from_secs(5)),
        slow_call: Duration::from_millis(50),
        slow_ratio: Some(0.5),
        probes: 3,
        ..ClassicSettings::sentinel(Duration::from_millis(500))
    };
    assert_eq!(one(SentinelKind::Degrade, &degrade), (breaker(classic), none()));

    let hot = json!([{"resource": "a", "metricType": 1, "controlBehavior": 0, "paramIndex": 1,
        "paramKey": "", "threshold": 100, "maxQueueingTimeMs": 0, "burstCount": 5,
        "durationInSec": 1, "paramsMaxCapacity": 0, "specificItems": {"9": 4}}]);
    let hot_param = HotParamSettings {
        index: 1,
        burst: 105,
        max_wait: Duration::ZERO,
        exceptions: vec![HotParamException { value: ParamValue::Number(9), permits: 4 }],
        ..HotParamSettings::default()
    };
    let expected = GuardSettings { hot_param: Some(hot_param), ..GuardSettings::default() };
    assert_eq!(one(SentinelKind::ParamFlow, &hot), (expected, none()));
    let system = json!([{"metricType": 3, "triggerCount": 50, "strategy": -1}]);
    let (settings, notes) = one(SentinelKind::System, &system);
    assert_eq!((settings.rate.map(|rate| rate.permits), notes), (Some(50), vec!["qps".to_owned()]));
}

#[test]
fn a_text_that_is_no_list_is_an_error() {
    for text in ["", "{}", "7", "[", "[1"] {
        let texts = SentinelTexts { degrade: Some(text), ..SentinelTexts::default() };
        let refused = super::import(&texts, RulesVersion::new(1), &RuleLimits::default());
        let refused = refused.unwrap_err().to_string();
        assert!(refused.starts_with("the degrade rules are no JSON list"), "{refused}");
    }
    let limits = RuleLimits { text_bytes_max: 2, ..RuleLimits::default() };
    let texts = SentinelTexts { flow: Some("[  ]"), ..SentinelTexts::default() };
    assert!(super::import(&texts, RulesVersion::new(1), &limits).is_err());
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-3_i64..5).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0.0_f64..2.0).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "[a*./ ]{0,3}".prop_map(Value::from),
        Just(Value::Null),
        Just(json!([{"object": "1", "count": 1e300, "classType": "int"}, 3])),
        Just(json!({"thresholdType": 1})),
    ]
}

proptest! {
    #[test]
    fn whatever_is_read_is_valid_or_noted(
        kind in 0_usize..5,
        rules in proptest::collection::vec(
            proptest::collection::hash_map(0_usize..20, value(), 0..12), 0..4),
    ) {
        const FIELDS: [&str; 20] = [
            "grade", "count", "strategy", "controlBehavior", "warmUpPeriodSec",
            "maxQueueingTimeMs", "clusterMode", "clusterConfig", "limitApp", "timeWindow",
            "minRequestAmount", "slowRatioThreshold", "statIntervalMs", "paramIdx",
            "durationInSec", "burstCount", "paramFlowItemList", "qps", "maxThread",
            "highestCpuUsage",
        ];
        let list: Vec<Value> = rules.into_iter().map(|fields| {
            let mut rule: serde_json::Map<_, _> =
                fields.into_iter().map(|(field, value)| (FIELDS[field].to_owned(), value)).collect();
            rule.entry("timeWindow").or_insert_with(|| 1.into());
            rule.insert("resource".to_owned(), "a".into());
            Value::Object(rule)
        }).collect();
        let kinds = [
            SentinelKind::Flow, SentinelKind::Degrade, SentinelKind::System,
            SentinelKind::ParamFlow, SentinelKind::Authority,
        ];
        let asked = list.len();
        let imported = import(kinds[kind], &Value::Array(list));
        prop_assert_eq!(imported.rules.validate(&RuleLimits::default()), Ok(()));
        if imported.rules.rules.is_empty() {
            prop_assert!(imported.notes.len() >= asked);
        }
    }
}
