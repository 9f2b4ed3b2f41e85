//! Which names a fuzzy watch follows.

use std::{fmt, str::FromStr};

use compact_str::CompactString;
use seawall_topology::Namespace;

use crate::ConfigKey;

const SPLITTER: &str = ">>";
/// Longest pattern part, in bytes: the longest data id with stars around it.
const PART_BYTES_MAX: usize = 258;

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a pattern; write namespace>>group>>dataId, where group and dataId may begin or end with `*`"
)]
pub struct PatternError(String);

/// One part of a pattern: `x`, `x*`, `*x`, `*x*` or `*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Part {
    Exact(CompactString),
    Begins(CompactString),
    Ends(CompactString),
    Contains(CompactString),
    Any,
}

impl Part {
    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > PART_BYTES_MAX {
            return None;
        }
        if text == "*" {
            return Some(Self::Any);
        }
        let (begins, rest) = match text.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (ends, core) = match rest.strip_suffix('*') {
            Some(core) => (true, core),
            None => (false, rest),
        };
        if core.contains('*') {
            return None;
        }
        if core.is_empty() {
            return Some(Self::Any);
        }
        Some(match (begins, ends) {
            (true, true) => Self::Contains(core.into()),
            (true, false) => Self::Ends(core.into()),
            (false, true) => Self::Begins(core.into()),
            (false, false) => Self::Exact(core.into()),
        })
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == text,
            Self::Begins(begin) => text.starts_with(begin.as_str()),
            Self::Ends(end) => text.ends_with(end.as_str()),
            Self::Contains(core) => text.contains(core.as_str()),
            Self::Any => true,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) => f.write_str(text),
            Self::Begins(text) => write!(f, "{text}*"),
            Self::Ends(text) => write!(f, "*{text}"),
            Self::Contains(text) => write!(f, "*{text}*"),
            Self::Any => f.write_str("*"),
        }
    }
}

/// `namespace>>group>>dataId`, in Nacos' form: the namespace is exact, group and
/// data id may begin or end with `*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FuzzyPattern {
    namespace: Namespace,
    group: Part,
    data_id: Part,
}

impl FuzzyPattern {
    /// Whether the pattern names `key`.
    pub fn matches(&self, key: &ConfigKey) -> bool {
        self.namespace == key.namespace
            && self.group.matches(key.group.as_str())
            && self.data_id.matches(key.data_id.as_str())
    }

    /// The namespace it looks in.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }
}

impl FromStr for FuzzyPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let refused = || PatternError(text.to_owned());
        let mut parts = text.split(SPLITTER);
        let (Some(namespace), Some(group), Some(data_id), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(refused());
        };
        Ok(Self {
            namespace: namespace.parse().map_err(|_| refused())?,
            group: Part::parse(group).ok_or_else(refused)?,
            data_id: Part::parse(data_id).ok_or_else(refused)?,
        })
    }
}

impl fmt::Display for FuzzyPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{SPLITTER}{}{SPLITTER}{}", self.namespace, self.group, self.data_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_names_what_it_says() {
        let key = ConfigKey::parse("dev", "SHOP", "order.yaml").unwrap();
        let table = [
            ("dev>>SHOP>>order.yaml", true),
            ("dev>>*>>*", true),
            ("dev>>SH*>>*.yaml", true),
            ("dev>>*HO*>>order*", true),
            ("dev>>*OP>>**", true),
            ("dev>>SHOP>>order", false),
            ("prod>>*>>*", false),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<FuzzyPattern>().unwrap().matches(&key), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_pattern() {
        for text in ["", "dev>>a", "dev>>a>>b>>c", "dev>>>>a", "dev>>a*b>>c", "d*>>a>>b"] {
            assert!(text.parse::<FuzzyPattern>().is_err(), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reads_back_what_it_writes(text in "[a-z*]{0,4}(>>[a-z*]{0,4}){0,3}") {
            if let Ok(pattern) = text.parse::<FuzzyPattern>() {
                proptest::prop_assert_eq!(pattern.to_string().parse::<FuzzyPattern>(), Ok(pattern));
            }
        }
    }
}
