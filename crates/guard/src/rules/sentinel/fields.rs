//! The fields of a rule of Sentinel's.

use serde_json::{Map, Value};

use super::{Effect, Note, SentinelKind, dialect};
use crate::rules::Pattern;

/// What the dashboard keeps for itself.
const BOOKKEEPING: [&str; 6] = ["app", "ip", "port", "id", "gmtCreate", "gmtModified"];

/// What means something in a regular expression.
const META: &[char] = &['.', '*', '+', '?', '(', ')', '[', ']', '{', '}', '|', '^', '$', '\\'];

/// A rule while it is read: each field that is asked for is gone afterwards, and what is
/// left in the end was not understood.
pub(super) struct Fields<'n> {
    kind: SentinelKind,
    index: usize,
    resource: String,
    fields: Map<String, Value>,
    notes: &'n mut Vec<Note>,
}

/// The rule is left out, and why is noted.
pub(super) struct LeftOut;

impl<'n> Fields<'n> {
    pub(super) fn new(
        kind: SentinelKind,
        index: usize,
        value: Value,
        notes: &'n mut Vec<Note>,
    ) -> Result<Self, LeftOut> {
        let mut this = Self { kind, index, resource: String::new(), fields: Map::new(), notes };
        let Value::Object(mut fields) = value else {
            return Err(this.leave_out("", "is no object"));
        };
        // The dashboard wraps some kinds of rules.
        if !fields.contains_key("resource")
            && let Some(Value::Object(rule)) = fields.get_mut("rule")
        {
            fields = std::mem::take(rule);
        }
        for name in BOOKKEEPING {
            fields.remove(name);
        }
        dialect::to_java(kind, &mut fields);
        if let Some(resource) = fields.get("resource").and_then(Value::as_str) {
            resource.clone_into(&mut this.resource);
        }
        this.fields = fields;
        Ok(this)
    }

    pub(super) fn note(&mut self, field: &str, effect: Effect, what: impl Into<String>) {
        self.notes.push(Note {
            kind: self.kind,
            index: self.index,
            resource: self.resource.clone(),
            field: field.to_owned(),
            effect,
            what: what.into(),
        });
    }

    pub(super) fn approximated(&mut self, field: &str, what: impl Into<String>) {
        self.note(field, Effect::Approximated, what);
    }

    #[must_use]
    pub(super) fn leave_out(&mut self, field: &str, what: impl Into<String>) -> LeftOut {
        self.note(field, Effect::RuleLeftOut, what);
        LeftOut
    }

    /// A field, unless it is not there or null.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    /// A number, also when it is written as a text.
    pub(super) fn number(&mut self, name: &str, default: f64) -> Result<f64, LeftOut> {
        let number = match self.take(name) {
            None => Some(default),
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        let number = number.filter(|number| number.is_finite());
        number.ok_or_else(|| self.leave_out(name, "is no number"))
    }

    /// A whole number; what is behind its point does not count, as in Sentinel's parser.
    pub(super) fn whole(&mut self, name: &str, default: i64) -> Result<i64, LeftOut> {
        Ok(self.number(name, default as f64)? as i64)
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<bool, LeftOut> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(Value::String(text)) if text == "true" || text == "false" => Ok(text == "true"),
            Some(_) => Err(self.leave_out(name, "is neither true nor false")),
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, LeftOut> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.leave_out(name, "is no text")),
        }
    }

    /// What the rule is for.
    pub(super) fn pattern(&mut self) -> Result<Pattern, LeftOut> {
        let name = self.text("resource")?.unwrap_or_default();
        if name.trim().is_empty() {
            return Err(self.leave_out("resource", "is missing; Sentinel ignores the rule too"));
        }
        if self.flag("regex")? {
            return self.pattern_of_regex(&name);
        }
        if name.contains('*') {
            return Err(self.leave_out("resource", "a star in a name stands for others here"));
        }
        Pattern::parse(&name).map_err(|invalid| self.leave_out("resource", invalid.to_string()))
    }

    /// A regular expression that is a text or the beginning of one.
    fn pattern_of_regex(&mut self, regex: &str) -> Result<Pattern, LeftOut> {
        let bare = regex.strip_prefix('^').unwrap_or(regex);
        let bare = bare.strip_suffix('$').unwrap_or(bare);
        let (bare, is_prefix) = match bare.strip_suffix(".*") {
            Some(prefix) if !prefix.ends_with('\\') => (prefix, true),
            _ => (bare, false),
        };
        let pattern = literal(bare).and_then(|name| {
            Pattern::parse(&if is_prefix { format!("{name}*") } else { name }).ok()
        });
        let Some(pattern) = pattern else {
            let what = "no regular expressions but those that say how a name begins";
            return Err(self.leave_out("regex", what));
        };
        if is_prefix {
            let what = "holds for each such resource that no longer pattern is for; in Sentinel \
                        beside the others";
            self.approximated("regex", what);
        }
        Ok(pattern)
    }

    /// Whose requests: only rules for all of them can be kept.
    pub(super) fn is_for_everybody(&mut self) -> Result<(), LeftOut> {
        match self.text("limitApp")?.as_deref().map(str::trim) {
            None | Some("" | "default") => Ok(()),
            Some(_) => {
                let what = "a limit of one caller or of all others; here all have one together, \
                            or each the same (`caller_rate`)";
                Err(self.leave_out("limitApp", what))
            }
        }
    }

    /// Notes what was not asked for.
    pub(super) fn end(mut self) {
        for (name, value) in std::mem::take(&mut self.fields) {
            if !value.is_null() {
                self.note(&name, Effect::FieldLeftOut, "no such field is known");
            }
        }
    }

    /// A number within a range, at its nearer end when it is beyond.
    pub(super) fn clamped(&mut self, field: &str, value: f64, (least, most): (f64, f64)) -> f64 {
        let clamped = value.max(least).min(most);
        if clamped != value {
            self.approximated(field, format!("is {value}; {clamped} is the nearest there may be"));
        }
        clamped
    }
}

/// The text that a regular expression stands for, if it is but one.
fn literal(regex: &str) -> Option<String> {
    let mut text = String::new();
    let mut chars = regex.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => text.push(chars.next().filter(|char| !char.is_alphanumeric())?),
            char if META.contains(&char) => return None,
            char => text.push(char),
        }
    }
    Some(text)
}
