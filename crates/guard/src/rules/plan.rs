//! What other rules would change.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use serde_json::Value;

use super::{RuleSet, RulesVersion};

/// The difference between two rule sets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The version there is.
    pub from: RulesVersion,
    /// The version there would be.
    pub to: RulesVersion,
    /// What changes for whom, ordered by that. `(default)` is what holds where no rule does.
    pub changes: Vec<Change>,
}

/// What changes for the resources of one pattern. Rules that are not enabled are not there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The pattern, or `(default)`.
    pub resources: String,
    /// What happens to it.
    #[serde(flatten)]
    pub kind: ChangeKind,
}

/// What happens to what holds for a pattern.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum ChangeKind {
    /// A rule is for it now.
    Added {
        /// Its id.
        rule: Box<str>,
    },
    /// No rule is for it any more.
    Removed {
        /// The id of the one that was.
        rule: Box<str>,
    },
    /// What holds is another.
    Changed {
        /// Each field of it that is, ordered by its path.
        fields: Vec<FieldChange>,
    },
}

/// A field with another value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// Where it is, as `settings.rate.burst`.
    pub path: String,
    /// What it was; `None` if it was not there.
    pub from: Option<Value>,
    /// What it will be; `None` if it will not be there.
    pub to: Option<Value>,
}

impl Plan {
    /// What changes from one set to the other.
    pub fn new(from: &RuleSet, to: &RuleSet) -> Self {
        let (old, new) = (Entries::of(from), Entries::of(to));
        let mut changes: Vec<_> = old.0.keys().chain(new.0.keys()).collect();
        changes.sort_unstable();
        changes.dedup();
        let changes = changes.into_iter().filter_map(|resources| {
            let kind = change(old.0.get(resources), new.0.get(resources))?;
            Some(Change { resources: resources.clone(), kind })
        });
        Self { from: from.version, to: to.version, changes: changes.collect() }
    }

    /// Whether nothing but the version would be another.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// What holds, by pattern: the rule's id and its fields by path.
struct Entries(BTreeMap<String, (Box<str>, BTreeMap<String, Value>)>);

impl Entries {
    fn of(set: &RuleSet) -> Self {
        let mut entries = BTreeMap::new();
        let default = fields("settings", &set.default);
        entries.insert("(default)".to_owned(), (Box::from("(default)"), default));
        for rule in set.rules.iter().filter(|rule| rule.enabled) {
            let mut all = fields("settings", &rule.settings);
            all.insert("rule".to_owned(), Value::from(&*rule.id));
            if let Some(canary) = &rule.canary {
                all.append(&mut fields("canary", canary));
            }
            for pattern in &rule.resources {
                entries.insert(pattern.to_string(), (rule.id.clone(), all.clone()));
            }
        }
        Self(entries)
    }
}

fn fields(path: &str, part: &impl Serialize) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    flatten(path.to_owned(), serde_json::to_value(part).unwrap_or_default(), &mut fields);
    fields
}

/// The leaves of a value. Lists are leaves: who is in one is what they say.
fn flatten(path: String, value: Value, fields: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(parts) if !parts.is_empty() => {
            for (name, part) in parts {
                flatten(format!("{path}.{name}"), part, fields);
            }
        }
        Value::Array(mut list) => {
            // Sets of callers have no order of their own.
            if list.iter().all(Value::is_string) {
                list.sort_unstable_by(|one, other| one.as_str().cmp(&other.as_str()));
            }
            fields.insert(path, Value::Array(list));
        }
        leaf => {
            fields.insert(path, leaf);
        }
    }
}

type Entry = (Box<str>, BTreeMap<String, Value>);

fn change(old: Option<&Entry>, new: Option<&Entry>) -> Option<ChangeKind> {
    match (old, new) {
        (Some((rule, _)), None) => Some(ChangeKind::Removed { rule: rule.clone() }),
        (None, Some((rule, _))) => Some(ChangeKind::Added { rule: rule.clone() }),
        (Some((_, old)), Some((_, new))) if old != new => {
            let mut paths: Vec<_> = old.keys().chain(new.keys()).collect();
            paths.sort_unstable();
            paths.dedup();
            let fields = paths.into_iter().filter_map(|path| {
                let (from, to) = (old.get(path).cloned(), new.get(path).cloned());
                (from != to).then(|| FieldChange { path: path.clone(), from, to })
            });
            Some(ChangeKind::Changed { fields: fields.collect() })
        }
        _ => None,
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {} to {}", self.from, self.to)?;
        self.changes.iter().try_for_each(|change| write!(f, "\n{change}"))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ChangeKind::Added { rule } => write!(f, "+ {} (rule {rule:?})", self.resources),
            ChangeKind::Removed { rule } => write!(f, "- {} (rule {rule:?})", self.resources),
            ChangeKind::Changed { fields } => {
                write!(f, "~ {}", self.resources)?;
                fields.iter().try_for_each(|field| {
                    write!(f, "\n    {}: ", field.path)?;
                    write_value(f, field.from.as_ref())?;
                    f.write_str(" -> ")?;
                    write_value(f, field.to.as_ref())
                })
            }
        }
    }
}

fn write_value(f: &mut fmt::Formatter<'_>, value: Option<&Value>) -> fmt::Result {
    match value {
        Some(value) => write!(f, "{value}"),
        None => f.write_str("none"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleLimits;

    fn set(text: &str) -> RuleSet {
        RuleSet::parse(text, &RuleLimits::default()).unwrap()
    }

    #[test]
    fn a_plan_names_what_comes_what_goes_and_each_field_that_changes() {
        let old = set(r#"{"version": 3, "default": {"timeout_ms": 500}, "rules": [
            {"id": "pay", "resources": ["POST /pay"], "settings": {"rate": {"permits": 50}}},
            {"id": "old", "resources": ["GET /old", "GET /orders"]}]}"#);
        let new = set(r#"{"version": 4, "default": {"timeout_ms": 500}, "rules": [
            {"id": "pay", "resources": ["POST /pay"],
             "settings": {"rate": {"permits": 80}, "dry_run": true}},
            {"id": "orders", "resources": ["GET /orders", "GET /orders/*"]},
            {"id": "off", "resources": ["GET /off"], "enabled": false}]}"#);
        let plan = Plan::new(&old, &new);
        let expected = "version 3 to 4\n\
            - GET /old (rule \"old\")\n\
            ~ GET /orders\n    rule: \"old\" -> \"orders\"\n\
            + GET /orders/* (rule \"orders\")\n\
            ~ POST /pay\n    settings.dry_run: none -> true\n    settings.rate.permits: 50 -> 80";
        assert_eq!(plan.to_string(), expected);
        assert!(Plan::new(&new, &new).is_empty());
        let json = serde_json::to_value(&plan).unwrap();
        assert_eq!(json["changes"][3]["fields"][1]["to"], 80);
        assert_eq!(json["changes"][0]["change"], "removed");
    }

    #[test]
    fn the_order_of_callers_is_no_change() {
        let of = |callers: &str| {
            let callers = format!(r#"{{"callers": {{"allow": {callers}}}}}"#);
            set(&format!(r#"{{"version": 1, "default": {callers}}}"#))
        };
        let names: Vec<_> = (0..20).map(|number| format!("\"{number}\"")).collect();
        let backwards: Vec<_> = names.iter().rev().cloned().collect();
        let (one, other) = (names.join(","), backwards.join(","));
        assert!(Plan::new(&of(&format!("[{one}]")), &of(&format!("[{other}]"))).is_empty());
    }
}
