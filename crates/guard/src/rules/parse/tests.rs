//! Texts that are rules, and texts that are not.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::{
    breaker::{BreakerSettings, ClassicSettings, Policy},
    limit::LimitSettings,
    rate::RateLimitSettings,
};

fn parse(text: &str) -> Result<RuleSet, RulesError> {
    RuleSet::parse(text, &RuleLimits::default())
}

fn problems(text: &str) -> Vec<String> {
    match parse(text) {
        Err(RulesError::Invalid(problems)) => problems.iter().map(Problem::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_problem_is_named_with_its_rule_its_place_and_what_is_allowed() {
    let text = r#"{
        "version": 0,
        "default": { "timeout_ms": 0, "brakes": {} },
        "rules": [
            { "id": "orders", "resources": ["GET /orders"],
              "settings": { "rate": { "permits": 10, "burst": 0 }, "limit": { "window_ms": 1 },
                            "caller_rate": { "max_keys": "many" } } },
            { "id": "orders", "resources": [] },
            { "id": "pay", "resources": ["GET /orders", "p*y"] },
            { "id": "stock", "resources": ["GET /orders"], "setings": {} },
            { "id": "cart", "resources": ["cart", "GET /orders"],
              "canary": { "percent": 101, "of": "people", "settings": { "shed": 1 } } },
            { "resources": ["nobody"], "settings": { "warm_up": {} } }
        ]
    }"#;
    let expected = [
        "version must be at least 1",
        "default.brakes unknown field `brakes`",
        "default.timeout_ms must be from 1 to 3,600,000",
        "rule \"orders\": rules[0].settings.caller_rate.max_keys invalid type: string \"many\"",
        "rule \"orders\": rules[0].settings.limit.window_ms must be from 10 to 60,000",
        "rule \"orders\": rules[0].settings.rate.burst must be at least 1",
        "rules[1].id is \"orders\", as is rules[0].id",
        "rule \"orders\": rules[1].resources must name at least one resource",
        "rule \"pay\": rules[2].resources[1] must be a name of 1 to 512 bytes",
        "rules[3] unknown field `setings`",
        "rule \"cart\": rules[4].resources[1] is \"GET /orders\", which rule \"orders\" is for too",
        "rule \"cart\": rules[4].canary.percent must be from 0 to 100",
        "rule \"cart\": rules[4].canary.of unknown variant `people`",
        "rule \"cart\": rules[4].canary.settings.shed invalid type: integer `1`",
        "rules[5].id is missing",
        "rules[5].settings.warm_up must be beside a rate",
    ];
    let problems = problems(text);
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, expected) in problems.iter().zip(expected) {
        assert!(problem.starts_with(expected), "{problem}\n{expected}");
    }
}

#[test]
fn what_is_no_rule_set_at_all_is_refused() {
    for text in ["", "  \n", "null", "[]", "7", "{", "{\"version\": 1, \"version\": 2}", "{}"] {
        assert_eq!(problems(text).len(), 1, "{text}");
    }
    assert!(problems("")[0].contains("is empty"));
    let list = "is a list and must be an object with `version` and `rules`: lists of Sentinel's \
        rules are imported";
    assert_eq!(problems("[7, {}, []]"), [list]);
    assert_eq!(problems(" [{\"resource\": \"GET /orders\"}]"), [list]);
    assert!(problems("{\n  \"version\": 1,\n}")[0].contains("line 3"));
    let twice = r#"{"version": 1, "default": {"rate": {"permits": 1}, "rate": {"permits": 2}}}"#;
    assert!(problems(twice)[0].contains("duplicate field `rate`"));
}

#[test]
fn what_is_too_large_is_refused() {
    let limits = RuleLimits { text_bytes_max: 40, rules_max: 1 };
    let long = format!("{{\"version\": 1{}}}", " ".repeat(40));
    let refused = RuleSet::parse(&long, &limits).unwrap_err();
    assert_eq!(refused, RulesError::TooLong { bytes: long.len(), bytes_max: 40 });
    let rule = |id: &str| format!("{{\"id\": \"{id}\", \"resources\": [\"{id}\"]}}");
    let two = format!("{{\"version\": 1, \"rules\": [{}, {}]}}", rule("a"), rule("b"));
    let limits = RuleLimits { rules_max: 1, ..RuleLimits::default() };
    let refused = RuleSet::parse(&two, &limits).unwrap_err().to_string();
    assert!(refused.ends_with("rules must be at most 1"), "{refused}");
    assert_eq!(parse(&two).unwrap().rules.len(), 2);
}

#[test]
fn a_rule_that_is_not_enabled_may_be_for_what_another_is_for_and_must_be_valid() {
    let text = r#"{"version": 1, "rules": [
        {"id": "now", "resources": ["pay"]},
        {"id": "later", "resources": ["pay"], "enabled": false,
         "settings": {"rate": {"burst": BURST}}}]}"#;
    assert!(parse(&text.replace("BURST", "1")).is_ok());
    assert_eq!(problems(&text.replace("BURST", "0")).len(), 1);
}

#[test]
fn rules_made_in_a_program_are_checked_by_the_same_measure() {
    let classic = ClassicSettings { slow_ratio: Some(2.0), ..ClassicSettings::default() };
    let breaker = Some(BreakerSettings::new(Policy::Classic(classic)));
    let default = GuardSettings { breaker, ..GuardSettings::default() };
    let set = RuleSet { version: RulesVersion::new(1), default, rules: Vec::new() };
    let refused = set.validate(&RuleLimits::default()).unwrap_err().to_string();
    assert!(refused.contains("default.breaker.slow_ratio must be above 0"), "{refused}");
}

#[test]
fn a_text_nested_without_end_is_refused() {
    let deep = "[".repeat(1 << 20);
    for at in ["{\"version\": 1, \"rules\": ", "{\"version\": 1, \"default\": {\"rate\": ", ""] {
        assert_eq!(problems(&format!("{at}{deep}")).len(), 1);
    }
}

fn settings() -> impl Strategy<Value = GuardSettings> {
    let rate = (0_u32..1_000, 1_u32..1_000).prop_map(|(permits, burst)| RateLimitSettings {
        permits,
        burst,
        ..RateLimitSettings::default()
    });
    let limit = (0_u32..10_000).prop_map(LimitSettings::fixed);
    let timeout = (1_u64..3_600_000).prop_map(Duration::from_millis);
    let breaker = proptest::option::of((1_u8..100, 0.01_f64..1.0)).prop_map(|classic| {
        let (probes, ratio) = classic?;
        let failure_ratio = Some(ratio);
        let classic = ClassicSettings { probes, failure_ratio, ..ClassicSettings::default() };
        Some(BreakerSettings::new(Policy::Classic(classic)))
    });
    let options = (
        any::<bool>(),
        proptest::option::of(rate),
        proptest::option::of(limit),
        proptest::option::of(timeout),
        breaker,
    );
    options.prop_map(|(dry_run, rate, limit, timeout, breaker)| GuardSettings {
        dry_run,
        rate,
        limit,
        timeout,
        breaker,
        ..GuardSettings::default()
    })
}

fn set() -> impl Strategy<Value = RuleSet> {
    let canary = (0_u8..=100, any::<bool>(), settings()).prop_map(|(percent, nodes, settings)| {
        let of = if nodes { CanaryOf::Nodes } else { CanaryOf::Requests };
        Canary { percent, of, settings }
    });
    let rule = (".{1,8}", any::<bool>(), any::<bool>(), settings(), proptest::option::of(canary));
    let rules = proptest::collection::vec(rule, 0..6).prop_map(|rules| {
        let rule = |(number, (name, is_prefix, enabled, settings, canary))| {
            let name: String = name;
            let name: Box<str> = format!("{number}{}", name.replace('*', "")).into();
            let pattern = if is_prefix { Pattern::Prefix } else { Pattern::Exact };
            let resources = vec![pattern(name.clone())];
            Rule { id: name, resources, enabled, settings, canary }
        };
        rules.into_iter().enumerate().map(rule).collect()
    });
    (1_u64.., settings(), rules).prop_map(|(version, default, rules)| RuleSet {
        version: RulesVersion::new(version),
        default,
        rules,
    })
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,300}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_change_of_a_good_text_makes_the_reader_panic(
        set in set(),
        cut in 0.0_f64..1.0,
        with in "[\\[\\]{}\",:0-9a-z*-]{0,3}",
        length in 0_usize..20,
    ) {
        let mut text: Vec<char> = set.to_json().chars().collect();
        let from = (text.len() as f64 * cut) as usize;
        let to = (from + length).min(text.len());
        text.splice(from..to, with.chars());
        let text: String = text.into_iter().collect();
        if let Ok(read) = parse(&text) {
            prop_assert_eq!(parse(&read.to_json()), Ok(read));
        }
    }

    #[test]
    fn rules_are_read_as_they_were_written(set in set()) {
        prop_assert_eq!(parse(&set.to_json()), Ok(set));
    }
}
