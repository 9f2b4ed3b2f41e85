//! What a configuration is called.

use std::{fmt, str::FromStr};

use compact_str::CompactString;
use seawall_topology::Namespace;

/// Longest data id, in bytes (Nacos' column width).
const DATA_ID_BYTES_MAX: usize = 256;
/// Longest group, in bytes (Nacos' column width).
const GROUP_BYTES_MAX: usize = 128;
/// Longest name of a gray release, in bytes (Nacos' column width).
const GRAY_NAME_BYTES_MAX: usize = 128;

/// The group of those who name none.
const DEFAULT_GROUP: &str = "DEFAULT_GROUP";

/// Why a text is not a name of a configuration; says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigNameError {
    /// The text is empty or blank.
    #[error("{what} is empty")]
    Empty {
        /// What was being named.
        what: &'static str,
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
    #[error("invalid {what} `{text}`: {found:?} is not a letter, a digit, `-`, `_`, `.` or `:`")]
    BadCharacter {
        /// What was being named.
        what: &'static str,
        /// The refused text.
        text: String,
        /// The first refused character.
        found: char,
    },
}

/// Letters and digits of any script are let through, because Nacos does
/// (`Character.isLetterOrDigit`).
fn check(what: &'static str, text: &str, max: usize) -> Result<(), ConfigNameError> {
    if text.is_empty() {
        return Err(ConfigNameError::Empty { what });
    }
    if text.len() > max {
        return Err(ConfigNameError::TooLong { what, bytes: text.len(), max });
    }
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    match text.chars().find(|c| !allowed(*c)) {
        Some(found) => Err(ConfigNameError::BadCharacter { what, text: text.to_owned(), found }),
        None => Ok(()),
    }
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident = $what:literal, $max:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(CompactString);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ConfigNameError;

            fn from_str(text: &str) -> Result<Self, ConfigNameError> {
                let text = text.trim();
                check($what, text, $max)?;
                Ok(Self(text.into()))
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
    /// Group of a configuration, 1 to 128 bytes.
    Group = "group", GROUP_BYTES_MAX;
    /// Id of a configuration inside its group, 1 to 256 bytes.
    DataId = "dataId", DATA_ID_BYTES_MAX;
    /// Name of a gray release of one configuration, 1 to 128 bytes.
    GrayName = "gray name", GRAY_NAME_BYTES_MAX;
}

impl Default for Group {
    fn default() -> Self {
        Self(CompactString::const_new(DEFAULT_GROUP))
    }
}

impl DataId {
    /// Whether items of this name are kept encrypted: `cipher-<algorithm>-<rest>`,
    /// the form Nacos' encryption plugins go by.
    pub fn is_cipher(&self) -> bool {
        self.0
            .strip_prefix("cipher-")
            .and_then(|rest| rest.split_once('-'))
            .is_some_and(|(algorithm, rest)| !algorithm.is_empty() && !rest.is_empty())
    }
}

/// Full name of a configuration. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConfigKey {
    /// The namespace; configurations of different namespaces never meet.
    pub namespace: Namespace,
    /// The group.
    pub group: Group,
    /// The id inside the group.
    pub data_id: DataId,
}

impl ConfigKey {
    /// Checks the three texts and joins them. A blank namespace is `public`, a
    /// blank group `DEFAULT_GROUP`.
    pub fn parse(namespace: &str, group: &str, data_id: &str) -> Result<Self, ConfigNameError> {
        let group =
            if group.trim().is_empty() { Group::default() } else { Group::from_str(group)? };
        let data_id = DataId::from_str(data_id)?;
        Ok(Self { namespace: parse_namespace(namespace)?, group, data_id })
    }
}

/// The namespace with its error told in this crate's words.
fn parse_namespace(text: &str) -> Result<Namespace, ConfigNameError> {
    Namespace::from_str(text).map_err(|_| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        match text.trim().chars().find(|c| !allowed(*c)) {
            Some(found) => {
                ConfigNameError::BadCharacter { what: "namespace", text: text.to_owned(), found }
            }
            None => ConfigNameError::TooLong { what: "namespace", bytes: text.len(), max: 64 },
        }
    })
}

impl fmt::Display for ConfigKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.namespace, self.group, self.data_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_nacos_accepts() {
        for text in ["a", "com.example:app-1_x.yaml", "配置", &"x".repeat(256)] {
            assert!(text.parse::<DataId>().is_ok(), "{text:?}");
        }
        let key = ConfigKey::parse("", "", "app.yaml").unwrap();
        assert_eq!(key.to_string(), "public/DEFAULT_GROUP/app.yaml");
    }

    #[test]
    fn refuses_what_would_break_a_key_or_a_listing() {
        for text in ["", " ", "a b", "a/b", "a\u{1}b", "a\0b", "a@b", &"x".repeat(257)] {
            assert!(text.parse::<DataId>().is_err(), "{text:?}");
        }
        assert!(matches!(
            "g".repeat(129).parse::<Group>(),
            Err(ConfigNameError::TooLong { bytes: 129, max: 128, .. })
        ));
        assert!(ConfigKey::parse("a/b", "g", "d").is_err());
    }

    #[test]
    fn a_cipher_name_has_an_algorithm_and_a_rest() {
        let table =
            [("cipher-aes-db", true), ("cipher-aes", false), ("cipher--x", false), ("db", false)];
        for (text, expected) in table {
            assert_eq!(text.parse::<DataId>().unwrap().is_cipher(), expected, "{text}");
        }
    }
}
