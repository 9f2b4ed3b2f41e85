//! Which resources a rule is for.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The longest name that a pattern may be made of, in bytes.
pub(super) const BYTES_MAX: usize = 512;

/// One resource by its name, `GET /orders`, or all whose names begin with something,
/// `GET /orders*`. Only a star at the end means anything; a name with a star somewhere else
/// is named by what is before it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pattern {
    /// The resource of this name.
    Exact(Box<str>),
    /// The resources whose names begin with this, in writing with a star after it. An empty
    /// one is all.
    Prefix(Box<str>),
}

/// A text that is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a name of 1 to 512 bytes with no star but at its end")]
pub struct InvalidPattern;

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// It is empty, too long, or has a star that is not at its end.
    pub fn parse(text: &str) -> Result<Self, InvalidPattern> {
        let (name, is_prefix) = match text.strip_suffix('*') {
            Some(prefix) => (prefix, true),
            None => (text, false),
        };
        if text.is_empty() || text.len() > BYTES_MAX || name.contains('*') {
            return Err(InvalidPattern);
        }
        Ok(if is_prefix { Self::Prefix(name.into()) } else { Self::Exact(name.into()) })
    }

    /// Whether it is for this resource.
    pub fn matches(&self, resource: &str) -> bool {
        match self {
            Self::Exact(name) => resource == &**name,
            Self::Prefix(prefix) => resource.starts_with(&**prefix),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
        }
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_means_something_at_the_end_and_is_refused_elsewhere() {
        let exact = Pattern::parse("GET /orders").unwrap();
        assert!(exact.matches("GET /orders") && !exact.matches("GET /orders/7"));
        let prefix = Pattern::parse("GET /orders*").unwrap();
        assert!(prefix.matches("GET /orders") && prefix.matches("GET /orders/7"));
        assert!(!prefix.matches("GET /order"));
        assert!(Pattern::parse("*").unwrap().matches(""));
        for refused in ["", "GET */orders", "orders**", &"x".repeat(513)] {
            assert_eq!(Pattern::parse(refused), Err(InvalidPattern), "{refused}");
        }
    }

    #[test]
    fn patterns_are_written_as_they_are_read() {
        for text in ["GET /orders", "mysql*", "*", "单元*"] {
            let json = serde_json::to_string(text).unwrap();
            let pattern: Pattern = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::to_string(&pattern).unwrap(), json);
        }
    }
}
