//! Reading rules, and saying of all that is wrong in them where it is.

use std::collections::BTreeMap;

use hashbrown::{HashMap, hash_map::Entry};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{
    Canary, CanaryOf, Pattern, Problem, Rule, RuleLimits, RuleSet, RulesError, RulesVersion,
};
use crate::{settings::InvalidSetting, stack::GuardSettings};

const ID_BYTES_MAX: usize = 512;

/// A rule set of which each part is read by itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSet<'a> {
    #[serde(borrow)]
    version: Option<&'a RawValue>,
    #[serde(borrow, default)]
    default: Option<&'a RawValue>,
    #[serde(borrow, default)]
    rules: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    resources: Option<&'a RawValue>,
    #[serde(borrow, default)]
    enabled: Option<&'a RawValue>,
    #[serde(borrow, default)]
    settings: Option<&'a RawValue>,
    #[serde(borrow, default)]
    canary: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCanary<'a> {
    #[serde(borrow, default)]
    percent: Option<&'a RawValue>,
    #[serde(borrow, default)]
    of: Option<&'a RawValue>,
    #[serde(borrow, default)]
    settings: Option<&'a RawValue>,
}

impl RuleSet {
    /// Reads rules from JSON and checks them.
    ///
    /// # Errors
    ///
    /// [`RulesError::TooLong`], or [`RulesError::Invalid`] with everything that is wrong.
    pub fn parse(text: &str, limits: &RuleLimits) -> Result<Self, RulesError> {
        let (bytes, bytes_max) = (text.len(), limits.text_bytes_max);
        if bytes > bytes_max {
            return Err(RulesError::TooLong { bytes, bytes_max });
        }
        let mut reader = Reader::default();
        match reader.set(text, limits) {
            Some(set) if reader.problems.is_empty() => Ok(set),
            _ => Err(RulesError::Invalid(reader.problems)),
        }
    }

    /// Checks rules that were read from something else or made here.
    ///
    /// # Errors
    ///
    /// As [`RuleSet::parse`]; they may be as long as they are.
    pub fn validate(&self, limits: &RuleLimits) -> Result<(), RulesError> {
        self.valid(limits).map(drop)
    }

    /// The same rules once they have been checked. They are written down and read again, so
    /// that the one check there is sees what will hold (a number that is none cannot be
    /// written).
    pub(super) fn valid(&self, limits: &RuleLimits) -> Result<Self, RulesError> {
        let limits = RuleLimits { text_bytes_max: usize::MAX, ..limits.clone() };
        Self::parse(&self.to_json(), &limits)
    }

    /// The rules in JSON, as [`RuleSet::parse`] reads them.
    pub fn to_json(&self) -> String {
        // There is no key but texts, and nothing here that fails to be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// What was found so far.
#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
    /// The rule that is being read.
    rule: Option<Box<str>>,
    ids: HashMap<Box<str>, usize>,
    patterns: HashMap<Pattern, Box<str>>,
}

impl Reader {
    fn set(&mut self, text: &str, limits: &RuleLimits) -> Option<RuleSet> {
        if text.trim().is_empty() {
            self.complain(
                "",
                "is empty: for no rules at all write {\"version\": …, \"rules\": []}",
            );
            return None;
        }
        // Serde would read a list as the fields in their order.
        if text.trim_start().starts_with('[') {
            self.complain(
                "",
                "is a list and must be an object with `version` and `rules`: lists of \
                 Sentinel's rules are imported",
            );
            return None;
        }
        let raw: RawSet<'_> = match serde_json::from_str(text) {
            Ok(raw) => raw,
            Err(error) => {
                self.complain("", error.to_string());
                return None;
            }
        };
        let version = self.required(raw.version, "version");
        if version == Some(RulesVersion::NONE) {
            self.complain("version", "must be at least 1");
        }
        let default = self.settings(raw.default, "default");
        if raw.rules.len() > limits.rules_max as usize {
            self.complain("rules", format!("must be at most {}", limits.rules_max));
        }
        let rules = raw.rules.into_iter().enumerate();
        let rules = rules.filter_map(|(number, raw)| self.rule(number, raw)).collect();
        Some(RuleSet { version: version?, default: default?, rules })
    }

    fn rule(&mut self, number: usize, raw: &RawValue) -> Option<Rule> {
        self.rule = None;
        let at = format!("rules[{number}]");
        let raw: RawRule<'_> = self.parts(raw, &at)?;
        let id = self.id(number, raw.id, &format!("{at}.id"));
        self.rule.clone_from(&id);
        let enabled = self.optional(raw.enabled, &format!("{at}.enabled"), true);
        let resources: Option<Vec<Pattern>> =
            self.required(raw.resources, &format!("{at}.resources"));
        if let Some(resources) = &resources {
            let is_enabled = enabled.unwrap_or(true);
            self.check_patterns(resources, is_enabled, &format!("{at}.resources"));
        }
        let settings = self.settings(raw.settings, &format!("{at}.settings"));
        let canary = raw.canary.filter(|raw| raw.get() != "null");
        let canary = canary.map(|raw| self.canary(raw, &format!("{at}.canary")));
        self.rule = None;
        Some(Rule {
            id: id?,
            resources: resources?,
            enabled: enabled?,
            settings: settings?,
            canary: match canary {
                Some(canary) => Some(canary?),
                None => None,
            },
        })
    }

    fn id(&mut self, number: usize, raw: Option<&RawValue>, at: &str) -> Option<Box<str>> {
        let id: Box<str> = self.required(raw, at)?;
        if id.is_empty() || id.len() > ID_BYTES_MAX {
            self.complain(at, format!("must be of 1 to {ID_BYTES_MAX} bytes"));
        }
        match self.ids.entry(id.clone()) {
            Entry::Occupied(first) => {
                let what = format!("is {id:?}, as is rules[{}].id", first.get());
                self.complain(at, what);
            }
            Entry::Vacant(place) => {
                place.insert(number);
            }
        }
        Some(id)
    }

    fn check_patterns(&mut self, patterns: &[Pattern], is_enabled: bool, at: &str) {
        if patterns.is_empty() {
            self.complain(at, "must name at least one resource");
        }
        if !is_enabled {
            return;
        }
        let rule = self.rule.clone().unwrap_or_default();
        for (number, pattern) in patterns.iter().enumerate() {
            if let Some(other) = self.patterns.insert(pattern.clone(), rule.clone()) {
                let at = format!("{at}[{number}]");
                self.complain(&at, format!("is \"{pattern}\", which rule {other:?} is for too"));
            }
        }
    }

    fn canary(&mut self, raw: &RawValue, at: &str) -> Option<Canary> {
        let raw: RawCanary<'_> = self.parts(raw, at)?;
        let percent = self.required(raw.percent, &format!("{at}.percent"));
        if percent.is_some_and(|percent: u8| percent > 100) {
            self.complain(&format!("{at}.percent"), "must be from 0 to 100");
        }
        let of = self.optional(raw.of, &format!("{at}.of"), CanaryOf::default());
        let settings = self.settings(raw.settings, &format!("{at}.settings"));
        Some(Canary { percent: percent?, of: of?, settings: settings? })
    }

    /// Each part is read by itself first, so that a problem in one hides none in another.
    fn settings(&mut self, raw: Option<&RawValue>, at: &str) -> Option<GuardSettings> {
        let Some(raw) = raw else { return Some(GuardSettings::default()) };
        let parts: BTreeMap<String, &RawValue> = self.parts(raw, at)?;
        let problems = self.problems.len();
        for (name, part) in parts {
            let name = serde_json::Value::String(name);
            let alone = format!("{{{name}:{}}}", part.get());
            let Some(alone) = self.read::<GuardSettings>(&alone, at) else { continue };
            for (part, invalid) in alone.invalid_parts() {
                let at = if part == invalid.field {
                    format!("{at}.{part}")
                } else {
                    format!("{at}.{part}.{}", invalid.field)
                };
                self.complain(&at, format!("must be {}", invalid.allowed));
            }
        }
        if self.problems.len() > problems {
            return None;
        }
        // A part that is there twice, and parts that do not go together.
        let settings: GuardSettings = self.read(raw.get(), at)?;
        if let Err(InvalidSetting { field, allowed }) = settings.validate() {
            self.complain(&format!("{at}.{field}"), format!("must be {allowed}"));
        }
        Some(settings)
    }

    fn required<T: DeserializeOwned>(&mut self, raw: Option<&RawValue>, at: &str) -> Option<T> {
        let Some(raw) = raw else {
            self.complain(at, "is missing");
            return None;
        };
        self.read(raw.get(), at)
    }

    fn optional<T: DeserializeOwned>(
        &mut self,
        raw: Option<&RawValue>,
        at: &str,
        default: T,
    ) -> Option<T> {
        raw.map_or(Some(default), |raw| self.read(raw.get(), at))
    }

    /// Reads what borrows its parts; what is wrong is wrong in `at` itself.
    fn parts<'a, T: Deserialize<'a>>(&mut self, raw: &'a RawValue, at: &str) -> Option<T> {
        let read = serde_json::from_str(raw.get());
        read.map_err(|error| self.complain(at, message(&error))).ok()
    }

    fn read<T: DeserializeOwned>(&mut self, text: &str, at: &str) -> Option<T> {
        let mut from = serde_json::Deserializer::from_str(text);
        let read = serde_path_to_error::deserialize(&mut from);
        let wrong = |error: serde_path_to_error::Error<serde_json::Error>| {
            let path = error.path().to_string();
            let at = match path.as_str() {
                "." => at.to_owned(),
                path if path.starts_with('[') => format!("{at}{path}"),
                path => format!("{at}.{path}"),
            };
            self.complain(&at, message(error.inner()));
        };
        read.map_err(wrong).ok()
    }

    fn complain(&mut self, path: &str, what: impl Into<String>) {
        let what = what.into();
        self.problems.push(Problem { rule: self.rule.clone(), path: path.to_owned(), what });
    }
}

/// What is wrong, without the place in the part that was read, which says nothing.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests;
