//! The namespace a name lives in.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::name::{NameError, check};

/// Longest accepted namespace id, in bytes (Nacos' own limit).
const NAMESPACE_BYTES_MAX: usize = 64;

const PUBLIC: &str = "public";

/// Id of a namespace: services and configuration of different namespaces never
/// meet. The empty text and `public` are the same namespace, as in Nacos.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Namespace(Arc<str>);

impl Namespace {
    /// The namespace of those who name none.
    pub fn public() -> Self {
        Self(PUBLIC.into())
    }

    /// Whether this is the default namespace.
    pub fn is_public(&self) -> bool {
        &*self.0 == PUBLIC
    }

    /// The canonical id; `public` for the default namespace.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self::public()
    }
}

impl FromStr for Namespace {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        if text.is_empty() || text.eq_ignore_ascii_case(PUBLIC) {
            return Ok(Self::public());
        }
        check("namespace", text, NAMESPACE_BYTES_MAX)?;
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for Namespace {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<Namespace> for String {
    fn from(namespace: Namespace) -> Self {
        namespace.0.as_ref().to_owned()
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_and_public_are_one_namespace() {
        for text in ["", "public", "Public", " "] {
            assert_eq!(text.parse::<Namespace>(), Ok(Namespace::public()), "{text:?}");
        }
        assert!(!"dev".parse::<Namespace>().unwrap().is_public());
    }

    #[test]
    fn refuses_what_would_break_a_key() {
        for text in ["a/b", "a b", "a\u{2}b", &"x".repeat(65)] {
            assert!(text.parse::<Namespace>().is_err(), "{text:?}");
        }
    }
}
