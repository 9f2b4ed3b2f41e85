//! Rules of guards are checked, compared and imported without a node.

use std::{fs, path::PathBuf};

use serde_json::Value;

use crate::node::{argument, run, stderr, stdout};

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

const RULES: &str = r#"{"version": 3, "rules": [
    {"id": "pay", "resources": ["POST /pay"], "settings": {"rate": {"permits": 50}}}]}"#;

#[test]
fn every_problem_of_rules_is_named_with_its_place() {
    let files = Files::new();
    let good = files.write("good.json", RULES);
    let yaml = files.write("good.yaml", "version: 4\ndefault: { timeout_ms: 2000 }\n");
    let output = run(&["guard", "check", argument(&good), argument(&yaml)]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("version 4, rules: 0, nothing is wrong"));

    let wrong = files.write(
        "wrong.json",
        r#"{"version": 3, "default": {"timeout_ms": 0}, "rules": [
            {"id": "pay", "resources": ["POST /pay"], "settings": {"rate": {"burst": 0}}}]}"#,
    );
    let output = run(&["guard", "check", "--json", argument(&good), argument(&wrong)]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("2 problems"), "{}", stderr(&output));
    let checked: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(checked[0]["problems"], Value::Array(vec![]));
    assert_eq!(checked[1]["problems"][0]["path"], "default.timeout_ms");
    assert_eq!(checked[1]["problems"][1]["rule"], "pay");

    let output = run(&["guard", "check", "not-there.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("cannot read not-there.json"), "{}", stderr(&output));
}

#[test]
fn a_diff_says_what_other_rules_would_change() {
    let files = Files::new();
    let old = files.write("old.json", RULES);
    let new = files.write("new.json", &RULES.replace("50", "80").replace(": 3", ": 4"));
    let output = run(&["guard", "diff", argument(&old), argument(&new)]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("settings.rate.permits: 50 -> 80"), "{}", stdout(&output));
    let output = run(&["guard", "diff", "--json", argument(&old), argument(&new)]);
    let plan: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(plan["changes"][0]["resources"], "POST /pay");
    let output = run(&["guard", "diff", argument(&old), argument(&old)]);
    assert!(stdout(&output).contains("nothing changes"));
}

#[test]
fn rules_of_sentinel_become_ours_and_what_has_no_counterpart_is_named() {
    let files = Files::new();
    let flow = files.write(
        "flow.json",
        r#"[{"resource": "GET /orders", "grade": 1, "count": 20},
            {"resource": "GET /stock", "grade": 1, "count": 5, "strategy": 1, "refResource": "x"}]"#,
    );
    let version = ["--rules-version", "7"];
    let output =
        run(&[&["guard", "import-sentinel", "--flow", argument(&flow)][..], &version].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("GET /stock"), "{}", stderr(&output));
    let ours = files.write("ours.json", &stdout(&output));
    let output = run(&["guard", "check", argument(&ours)]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("version 7, rules: 1"), "{}", stdout(&output));

    let output = run(&["guard", "import-sentinel", "--json", "--flow", argument(&flow)]);
    let both: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(both["rules"]["rules"][0]["settings"]["rate"]["permits"], 20);
    assert_eq!(both["notes"][0]["index"], 1);
    assert_eq!(run(&["guard", "import-sentinel"]).status.code(), Some(2), "of what?");
}
