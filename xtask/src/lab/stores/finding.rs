//! A line of the table.

use serde::Serialize;

use super::plan::Store;
use crate::report;

/// One number with a guard, and without.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Finding {
    /// Which scenario asks for it.
    pub(crate) scenario: String,
    /// Which store.
    pub(crate) store: String,
    /// What happened, and what was measured.
    pub(crate) what: String,
    /// With a guard; infinite for what never came, which JSON writes as `null`.
    pub(crate) guarded: Option<f64>,
    /// Without, where that means something.
    pub(crate) control: Option<f64>,
    /// What is asked of `guarded`.
    pub(crate) target: Option<String>,
    /// Whether it is so; true where nothing is asked.
    pub(crate) met: bool,
    /// Why there is no number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

impl Finding {
    /// What was not measured, and why.
    pub(crate) fn without(store: Store, what: &str, why: String, met: bool) -> Self {
        Self {
            scenario: String::new(),
            store: store.name().to_owned(),
            what: what.to_owned(),
            guarded: None,
            control: None,
            target: None,
            met,
            note: Some(why),
        }
    }
}

/// The findings as a Markdown table.
pub(crate) fn table(findings: &[Finding]) -> String {
    let heads = ["", "store", "what", "guarded", "control", "target", "met"];
    let mut lines = vec![heads.map(str::to_owned)];
    lines.extend(findings.iter().map(|finding| {
        let met = match (&finding.target, finding.met) {
            (_, false) => "NO",
            (Some(_), true) => "yes",
            (None, true) => "",
        };
        let note = finding.note.iter().map(|note| format!(": {note}"));
        [
            finding.scenario.clone(),
            finding.store.clone(),
            std::iter::once(finding.what.clone()).chain(note).collect(),
            number(finding.guarded),
            number(finding.control),
            finding.target.clone().unwrap_or_else(|| "-".to_owned()),
            met.to_owned(),
        ]
    }));
    report::aligned(&lines)
}

fn number(value: Option<f64>) -> String {
    match value {
        Some(value) if value.is_infinite() => "never".to_owned(),
        value => report::number(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_came_and_what_was_skipped_are_said() {
        let skipped = Finding::without(Store::Redis, "all", "no redis-server".to_owned(), true);
        let never = Finding {
            guarded: Some(f64::INFINITY),
            control: Some(2.5),
            target: Some("<= 3".to_owned()),
            met: false,
            note: None,
            ..skipped.clone()
        };
        let table = table(&[skipped, never.clone()]);
        assert!(table.contains("all: no redis-server"), "{table}");
        assert!(table.contains("| never   | 2.50    | <= 3   | NO  |"), "{table}");
        let json = serde_json::to_value(never).unwrap();
        assert!(json["guarded"].is_null() && json["met"] == false, "{json}");
    }
}
