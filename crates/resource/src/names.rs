//! What objects may be called.

use std::{fmt, str::FromStr, sync::Arc};

use seawall_topology::TenantId;

/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 128;

/// The name of an object, unique in its kind and tenant: 1 to 128 letters, digits,
/// `-`, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectName(Arc<str>);

/// Why a text is not the name of an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` {reason}; use 1 to 128 letters, digits, `-`, `_` and `.`")]
pub struct InvalidName {
    text: String,
    reason: &'static str,
}

impl ObjectName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let refuse = |reason| {
            let text = text.chars().take(NAME_BYTES_MAX).collect();
            Err(InvalidName { text, reason })
        };
        if text.is_empty() {
            return refuse("is empty");
        }
        if text.len() > NAME_BYTES_MAX {
            return refuse("is too long");
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !text.chars().all(allowed) {
            return refuse("has a character that names may not have");
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The tenant of objects that name none, and of everything that belongs to the
/// whole installation.
#[expect(clippy::expect_used, reason = "the literal is a name; a test says so")]
pub fn default_tenant() -> TenantId {
    "default".parse().expect("`default` is a tenant name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_a_key_and_a_file_name() {
        for text in ["a", "ConfigPublish.v1", "x_1-2", &"x".repeat(128)] {
            assert_eq!(text.parse::<ObjectName>().map(|n| n.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "a b", "a/b", "a\0", "名", &"x".repeat(129)] {
            assert!(text.parse::<ObjectName>().is_err(), "{text:?}");
        }
        assert_eq!(default_tenant().as_str(), "default");
    }
}
