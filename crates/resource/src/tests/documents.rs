use proptest::prelude::*;
use serde_json::{Value, json};

use super::quay::*;
use crate::*;

#[test]
fn several_documents_are_read_in_order_from_yaml_and_json() {
    let yaml = "# a comment\nkind: A\nname: one\n---\n---\nkind: B\nname: two\nspec: {x: 1}\n---\n";
    let list = r#"[{"kind": "A", "name": "one"}, {"kind": "B", "name": "two", "spec": {"x": 1}}]"#;
    let stream = r#"{"kind": "A", "name": "one"} {"kind": "B", "name": "two", "spec": {"x": 1}}"#;
    for text in [yaml, list, stream] {
        let found = parse(text).unwrap();
        let ids: Vec<_> = found.iter().map(|d| d.id.clone()).collect();
        assert_eq!(ids, [id("A", "one"), id("B", "two")], "{text}");
        assert_eq!((&found[0].spec, &found[1].spec), (&json!({}), &json!({"x": 1})));
    }
    assert_eq!(parse("").unwrap(), []);
    assert_eq!(parse("# nothing\n---\n").unwrap(), []);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let told = |text: &str| parse(text).unwrap_err().to_string();
    assert_eq!(told("kind: A\n---\nname: x\n"), "document 1: missing field `name`");
    let table = [
        ("kind: A\nname: a b", "document 1: name: `a b` has a character"),
        ("kind: A\nname: a\n---\nkind: A\nname: b\nlabel: {}", "document 2: label: unknown field"),
        ("kind: A\nname: a\nlabels: {'a,b': c}", "document 1: labels.a,b: use up to 128 bytes"),
        ("kind: A\nname: a\nlabels: {a: 1}", "document 1: labels.a: invalid type"),
        ("kind: A\nname: a\nmetadata: {generation: x}", "document 1: metadata.generation: invalid"),
        ("kind: A\nname: a\ntenant: t/u", "document 1: tenant: tenant `t/u` contains"),
        ("kind: [", "document 1: "),
        ("{\"kind\": }", "document 1: expected value at line 1 column 10"),
        ("just text", "document 1: "),
    ];
    for (text, expected) in table {
        let told = told(text);
        assert!(told.starts_with(expected), "{text}: {told}");
    }
}

#[test]
fn a_text_that_is_too_large_or_folds_out_without_end_is_refused() {
    assert!(matches!(parse(&" ".repeat(5_000_000)), Err(DocumentError::TooLarge { .. })));
    let many = "---\nkind: A\nname: a\n".repeat(1_001);
    assert!(matches!(parse(&many), Err(DocumentError::TooLarge { .. })));
    // Nine levels of nine references each: three thousand million items.
    let mut bomb = "a0: &a0 [x]\n".to_owned();
    for level in 1..10 {
        let references = vec![format!("*a{}", level - 1); 9].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{references}]\n"));
    }
    assert!(matches!(parse(&bomb), Err(DocumentError::Syntax { .. })));
    assert!(parse(&"[".repeat(100_000)).is_err());
    assert!(parse(&format!("a: {}", "[".repeat(10_000))).is_err());
}

fn spec() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop_oneof![Just("null"), Just("1e3"), Just("yes"), Just("~"), Just("0x1f"), Just("- a")]
            .prop_map(Value::from),
    ];
    let tree = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("\\PC{1,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    prop::collection::btree_map("[a-z]{1,6}", tree, 0..4)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}|([ \\-a:\\[\\]{}&*\n'\"|>#!]{0,60})") {
        let _ = parse(&text);
    }

    #[test]
    fn text_like_a_document_is_read_or_refused(
        lines in prop::collection::vec("(kind|name|tenant|spec|labels|metadata|  [a-z]|---):? ?\\PC{0,10}", 0..8),
    ) {
        let _ = parse(&lines.join("\n"));
    }

    /// What `get` prints, `apply` reads as the same, whatever is in it.
    #[test]
    fn a_printed_object_is_its_own_document(
        spec in spec(),
        labels in prop::collection::btree_map("[a-z/.]{1,8}", "[a-zA-Z0-9._-]{0,8}", 0..3),
        generation: u64,
        status in prop::option::of(spec()),
    ) {
        let object = Object {
            id: id("Boat", "gull"),
            labels: labels.clone(),
            spec: spec.clone(),
            status,
            generation: Generation::new(generation),
            revision: seawall_store::Revision::new(1),
            created: seawall_clock::WallTime::from_millis(1),
            modified: seawall_clock::WallTime::from_millis(2),
        };
        let expected = Some(Generation::new(generation));
        let document = Document { id: object.id.clone(), labels, expected, spec };
        prop_assert_eq!(one(&object.to_yaml().unwrap()), document.clone());
        prop_assert_eq!(one(&serde_json::to_string(&object).unwrap()), document);
    }
}
