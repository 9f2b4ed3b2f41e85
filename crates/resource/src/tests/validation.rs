use super::quay::*;
use crate::*;

async fn errors(text: &str) -> Vec<String> {
    match Quay::new().objects.apply(&yaml(text), DryRun::Yes, "ann").await {
        Err(ResourceError::Invalid { errors, .. }) => {
            errors.iter().map(ToString::to_string).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_fault_is_told_with_the_path_of_its_field() {
    let table = [
        (
            "{kind: Boat, name: b, spec: {length: 0, drive: ''}}",
            vec!["spec.length: must be at least 1", "spec.drive: is empty"],
        ),
        ("{kind: Boat, name: -b, spec: {length: 1}}", vec!["name: begins with `-`"]),
        (
            "{kind: Boat, name: b, spec: {length: 1, crew: [{age: 7}, {age: 300}]}}",
            vec!["spec.crew[1].age: invalid value: integer `300`, expected u8"],
        ),
        (
            "{kind: Boat, name: b, spec: {length: 1, mast: 2}}",
            vec!["spec.mast: unknown field `mast`, expected one of `length`, `drive`, `crew`"],
        ),
        ("{kind: Boat, name: b}", vec!["spec: missing field `length`"]),
        (
            "{kind: TrafficRule, name: r, spec: {}}",
            vec!["spec.operation: is missing; give this or `connections`"],
        ),
        (
            "{kind: TrafficRule, name: r, spec: {connections: {}}}",
            vec!["spec.connections: limits nothing; give `countLimit` or `perIpLimit`"],
        ),
        (
            "{kind: TrafficRule, name: r, tenant: t, spec: {connections: {countLimit: 1}}}",
            vec!["tenant: is not `default`, but objects of this kind belong to no tenant"],
        ),
        (
            "{kind: TrafficRule, name: r, spec: {operation: {point: 'a b', maxCount: 1, mode: monitor}}}",
            vec!["spec.operation.point: is not the name of an operation"],
        ),
        (
            "{kind: TrafficRule, name: r, spec: {connections: {monitorIps: [10.0.0.1, ten]}}}",
            vec!["spec.connections.monitorIps[1]: invalid IP address syntax"],
        ),
        ("{kind: Namespace, name: Public}", vec!["name: is written `public`"]),
    ];
    for (text, expected) in table {
        assert_eq!(errors(text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn a_traffic_rule_is_read_with_its_defaults() {
    let text = "{kind: TrafficRule, name: r, spec: {operation: {point: ConfigQuery, maxCount: 5, mode: intercept}}}";
    let applied = Quay::new().objects.apply(&yaml(text), DryRun::No, "ann").await.unwrap();
    let rule: TrafficRule = applied.object.spec_as().unwrap();
    let operation = rule.operation.unwrap();
    assert_eq!((operation.period, operation.mode), (Period::Seconds, Mode::Intercept));
    assert_eq!((operation.point.as_str(), operation.max_count), ("ConfigQuery", 5));
    assert_eq!(Period::Hours.duration().as_secs(), 3_600);
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let text =
        format!("{{kind: Boat, name: b, spec: {{length: 1, drive: {}}}}}", "x".repeat(300_000));
    assert_eq!(errors(&text).await, ["spec: is larger than 262144 bytes"]);
}

#[tokio::test]
async fn an_unknown_kind_is_told_with_the_known_ones() {
    let quay = Quay::new();
    let refused = quay.apply("kind: Plane\nname: p").await.unwrap_err();
    let told = "kind `Plane` is not known; there are Boat, Namespace, TrafficRule";
    assert_eq!(refused.to_string(), told);
    assert!(quay.objects.get(&id("Plane", "p")).await.is_err());
    assert!(quay.objects.history(&id("Plane", "p")).await.is_err());
}
