//! Short names of places and owners, each its own type.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// Longest accepted name, in bytes: the length of a DNS label (RFC 1035, 2.3.4).
const NAME_BYTES_MAX: usize = 63;

/// Why a text is not a name; says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is empty.
    #[error("{what} is empty; give it a name of 1 to {max} characters")]
    Empty {
        /// What was being named.
        what: &'static str,
        /// Longest accepted length in bytes.
        max: usize,
    },
    /// The text is longer than allowed.
    #[error("{what} has {bytes} bytes; at most {max} are allowed")]
    TooLong {
        /// What was being named.
        what: &'static str,
        /// Length of the text in bytes.
        bytes: usize,
        /// Longest accepted length in bytes.
        max: usize,
    },
    /// The text has a character that names may not contain.
    #[error("{what} `{text}` contains {found:?}; use letters, digits, `-`, `_` and `.`")]
    BadCharacter {
        /// What was being named.
        what: &'static str,
        /// The refused text.
        text: String,
        /// The first refused character.
        found: char,
    },
    /// A locality was not written as `region/zone/node`.
    #[error("locality `{text}` is not of the form region/zone/node")]
    NotALocality {
        /// The refused text.
        text: String,
    },
}

pub(crate) fn check(what: &'static str, text: &str, max: usize) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty { what, max });
    }
    if text.len() > max {
        return Err(NameError::TooLong { what, bytes: text.len(), max });
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match text.chars().find(|c| !allowed(*c)) {
        Some(found) => Err(NameError::BadCharacter { what, text: text.to_owned(), found }),
        None => Ok(()),
    }
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident = $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                check($what, text, NAME_BYTES_MAX)?;
                Ok(Self(text.into()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// A place far from the others (地域); links between regions are slow and may break.
    Region = "region";
    /// One failure domain inside a region (可用区, 机房).
    Zone = "zone";
    /// A slice of users served end to end in one region at a time (单元).
    CellId = "cell";
    /// One running Seawall process.
    NodeId = "node";
    /// Owner of names, quotas and rights.
    TenantId = "tenant";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_a_dns_label_would_hold() {
        for text in ["a", "cn-north", "Zone_1", "node.7", &"x".repeat(63)] {
            assert_eq!(text.parse::<Region>().map(|r| r.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn refuses_with_the_reason() {
        assert!(matches!("".parse::<Zone>(), Err(NameError::Empty { what: "zone", .. })));
        assert!(matches!("a/b".parse::<Zone>(), Err(NameError::BadCharacter { found: '/', .. })));
        assert!(matches!(
            "x".repeat(64).parse::<NodeId>(),
            Err(NameError::TooLong { bytes: 64, .. })
        ));
    }

    #[test]
    fn deserialising_validates_too() {
        let refused = serde_json::from_str::<NodeId>("\"two words\"");
        assert!(refused.is_err());
    }
}
