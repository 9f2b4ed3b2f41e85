//! Patterns over group and service names.

use std::{fmt, str::FromStr};

use seawall_topology::Namespace;

use crate::ServiceKey;

/// Longest accepted pattern part in bytes.
const PATTERN_BYTES_MAX: usize = 512;

/// A text with `*` alone, before, after or around it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NamePattern {
    /// `*`: everything.
    Any,
    /// `text`: exactly this.
    Exact(String),
    /// `text*`: begins with it.
    Prefix(String),
    /// `*text`: ends with it.
    Suffix(String),
    /// `*text*`: contains it.
    Contains(String),
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a pattern; write text, text*, *text, *text* or *")]
pub struct PatternError {
    text: String,
}

impl NamePattern {
    /// Whether `name` fits.
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(text) => name == text,
            Self::Prefix(text) => name.starts_with(text.as_str()),
            Self::Suffix(text) => name.ends_with(text.as_str()),
            Self::Contains(text) => name.contains(text.as_str()),
        }
    }
}

impl FromStr for NamePattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let refused = || PatternError { text: text.chars().take(64).collect() };
        if text.is_empty() || text.len() > PATTERN_BYTES_MAX {
            return Err(refused());
        }
        if text == "*" {
            return Ok(Self::Any);
        }
        let (after, rest) = match text.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (before, body) = match rest.strip_suffix('*') {
            Some(body) => (true, body),
            None => (false, rest),
        };
        if body.is_empty() || body.contains('*') {
            return Err(refused());
        }
        let body = body.to_owned();
        Ok(match (after, before) {
            (false, false) => Self::Exact(body),
            (false, true) => Self::Prefix(body),
            (true, false) => Self::Suffix(body),
            (true, true) => Self::Contains(body),
        })
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Exact(text) => f.write_str(text),
            Self::Prefix(text) => write!(f, "{text}*"),
            Self::Suffix(text) => write!(f, "*{text}"),
            Self::Contains(text) => write!(f, "*{text}*"),
        }
    }
}

/// Which services a fuzzy watch is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServicePattern {
    /// Of which namespace.
    pub namespace: Namespace,
    /// Which groups.
    pub group: NamePattern,
    /// Which names.
    pub name: NamePattern,
}

impl ServicePattern {
    /// Whether the service fits.
    pub fn matches(&self, service: &ServiceKey) -> bool {
        self.namespace == service.namespace
            && self.group.matches(service.group.as_str())
            && self.name.matches(service.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_star_stands_before_after_around_or_alone() {
        let table = [
            ("*", "anything", true),
            ("order", "order", true),
            ("order", "orders", false),
            ("order*", "orders", true),
            ("*s", "orders", true),
            ("*rd*", "orders", true),
            ("*rd*", "pay", false),
        ];
        for (pattern, name, expected) in table {
            let parsed: NamePattern = pattern.parse().unwrap();
            assert_eq!(parsed.matches(name), expected, "{pattern} on {name}");
            assert_eq!(parsed.to_string(), pattern);
        }
    }

    #[test]
    fn a_star_elsewhere_is_refused() {
        for text in ["", "**", "a*b", "*a*b*", "***"] {
            assert!(text.parse::<NamePattern>().is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reads_what_it_writes(text in ".{0,12}") {
            if let Ok(pattern) = text.parse::<NamePattern>() {
                proptest::prop_assert_eq!(pattern.to_string(), text);
            }
        }
    }
}
