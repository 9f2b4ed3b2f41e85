//! Labels on things, and selectors that pick by label.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use serde::{Deserialize, Serialize};

/// Key and value pairs that describe a thing.
pub type Labels = BTreeMap<String, String>;

/// One condition on one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// `key = value` or `key in (a, b)`: the label is there and has one of the values.
    In(String, BTreeSet<String>),
    /// `key != value` or `key notin (a, b)`: the label is absent or has another value.
    NotIn(String, BTreeSet<String>),
    /// `key`: the label is there.
    Exists(String),
    /// `!key`: the label is absent.
    Absent(String),
}

impl Requirement {
    fn matches(&self, labels: &Labels) -> bool {
        match self {
            Self::In(key, values) => labels.get(key).is_some_and(|v| values.contains(v)),
            Self::NotIn(key, values) => labels.get(key).is_none_or(|v| !values.contains(v)),
            Self::Exists(key) => labels.contains_key(key),
            Self::Absent(key) => !labels.contains_key(key),
        }
    }
}

/// All of its requirements must hold; the empty selector matches everything.
///
/// The text form is Kubernetes' (label selectors, "set-based requirement"):
/// `zone = a, tier in (web, api), !canary`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Selector(Vec<Requirement>);

impl Selector {
    /// Whether `labels` meet every requirement.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|requirement| requirement.matches(labels))
    }

    /// Whether the selector lets everything pass.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Why a text is not a selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "selector part `{part}` is not understood; write key=value, key!=value, key in (a,b), key notin (a,b), key or !key"
)]
pub struct SelectorError {
    part: String,
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        split_outside_parentheses(text)
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(parse_requirement)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl TryFrom<String> for Selector {
    type Error = SelectorError;

    fn try_from(text: String) -> Result<Self, SelectorError> {
        text.parse()
    }
}

impl From<Selector> for String {
    fn from(selector: Selector) -> Self {
        selector.to_string()
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: &BTreeSet<String>| values.iter().cloned().collect::<Vec<_>>().join(",");
        match self {
            Self::In(key, values) => write!(f, "{key} in ({})", list(values)),
            Self::NotIn(key, values) => write!(f, "{key} notin ({})", list(values)),
            Self::Exists(key) => f.write_str(key),
            Self::Absent(key) => write!(f, "!{key}"),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, requirement) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            write!(f, "{separator}{requirement}")?;
        }
        Ok(())
    }
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let mut inside = false;
    text.split(move |c| {
        inside = match c {
            '(' => true,
            ')' => false,
            _ => inside,
        };
        c == ',' && !inside
    })
    .map(str::trim)
    .collect()
}

fn parse_requirement(part: &str) -> Result<Requirement, SelectorError> {
    let refused = || SelectorError { part: part.to_owned() };
    let key = |text: &str| {
        let text = text.trim();
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        (!text.is_empty() && text.chars().all(plain)).then(|| text.to_owned()).ok_or_else(refused)
    };
    // A value that looks like syntax would not be read as it was written.
    let value = |text: &str| {
        let text = text.trim();
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':');
        text.chars().all(plain).then(|| text.to_owned()).ok_or_else(refused)
    };
    let one = |text: &str| Ok(BTreeSet::from([value(text)?]));
    if let Some((left, right)) = part.split_once("!=") {
        return Ok(Requirement::NotIn(key(left)?, one(right)?));
    }
    if let Some((left, right)) = part.split_once('=') {
        let right = right.strip_prefix('=').unwrap_or(right);
        return Ok(Requirement::In(key(left)?, one(right)?));
    }
    if let Some(list) = part.strip_suffix(')') {
        let (left, values) = list.split_once('(').ok_or_else(refused)?;
        let values = values.split(',').map(value).collect::<Result<_, _>>()?;
        let (name, operator) = left.trim().rsplit_once(char::is_whitespace).ok_or_else(refused)?;
        return match operator {
            "in" => Ok(Requirement::In(key(name)?, values)),
            "notin" => Ok(Requirement::NotIn(key(name)?, values)),
            _ => Err(refused()),
        };
    }
    match part.strip_prefix('!') {
        Some(name) => Ok(Requirement::Absent(key(name)?)),
        None => Ok(Requirement::Exists(key(part)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn every_form_matches_what_it_says() {
        let web_in_a = labels(&[("zone", "a"), ("tier", "web")]);
        let table = [
            ("", true),
            ("zone=a", true),
            ("zone == a", true),
            ("zone!=a", false),
            ("zone in (a, b), tier = web", true),
            ("zone notin (a, b)", false),
            ("tier, !canary", true),
            ("canary", false),
            ("rack != 7", true),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<Selector>().unwrap().matches(&web_in_a), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        for text in ["zone in a", "in (a)", "= a", "zone within (a)", "a b", "a = (b", "a = b = c"]
        {
            assert!(text.parse::<Selector>().is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_reads_what_it_writes(text in ".{0,60}") {
            if let Ok(selector) = text.parse::<Selector>() {
                proptest::prop_assert_eq!(selector.to_string().parse::<Selector>(), Ok(selector));
            }
        }
    }
}
