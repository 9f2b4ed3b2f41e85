//! Names of groups, services and clusters, and the key of a service.

use std::{fmt, str::FromStr, sync::Arc};

use seawall_topology::Namespace;

/// Between group and service name in a grouped service name (`group@@service`).
const GROUPED_SEPARATOR: &str = "@@";

/// The group of a service that names none.
const GROUP_DEFAULT: &str = "DEFAULT_GROUP";

/// The cluster of an instance that names none.
const CLUSTER_DEFAULT: &str = "DEFAULT";

/// Longest accepted names in bytes (reference: Nacos' parameter rules).
const GROUP_BYTES_MAX: usize = 128;
const SERVICE_BYTES_MAX: usize = 512;
const CLUSTER_BYTES_MAX: usize = 64;

/// Why a text is not a name; says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is empty.
    #[error("{what} is empty; give it a name of 1 to {max} bytes")]
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
    /// The text holds something that names may not contain.
    #[error("{what} contains {found:?}, which is not allowed there")]
    NotAllowed {
        /// What was being named.
        what: &'static str,
        /// What was found.
        found: String,
    },
}

fn check(
    what: &'static str,
    text: &str,
    max: usize,
    refused: impl Fn(&str) -> Option<String>,
) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty { what, max });
    }
    if text.len() > max {
        return Err(NameError::TooLong { what, bytes: text.len(), max });
    }
    if text.contains(GROUPED_SEPARATOR) {
        return Err(NameError::NotAllowed { what, found: GROUPED_SEPARATOR.to_owned() });
    }
    match refused(text) {
        Some(found) => Err(NameError::NotAllowed { what, found }),
        None => Ok(()),
    }
}

/// Letters, digits and the marks that existing clients put into group and service
/// names (Dubbo's hold colons and slashes); nothing blank, invisible or beyond ASCII.
fn not_plain(text: &str) -> Option<String> {
    text.chars().find(|c| !c.is_ascii_graphic()).map(String::from)
}

/// As [`not_plain`], and no `@` at the end, which would run into the separator of a
/// grouped name: `g@` and `s` would be told as `g` and `@s`.
fn not_group(text: &str) -> Option<String> {
    not_plain(text).or_else(|| text.ends_with('@').then(|| "@ at its end".to_owned()))
}

/// A cluster filter is a comma-separated list, so a cluster name holds no comma.
fn not_cluster(text: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.chars().find(|c| !allowed(*c)).map(String::from)
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident = $what:literal, $max:ident, $refused:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
                check($what, text, $max, $refused)?;
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
    /// A set of services inside a namespace; `DEFAULT_GROUP` when none is named.
    GroupName = "group", GROUP_BYTES_MAX, not_group;
    /// Name of a service inside its group.
    ServiceName = "service name", SERVICE_BYTES_MAX, not_plain;
    /// A set of instances inside a service; `DEFAULT` when none is named.
    ClusterName = "cluster", CLUSTER_BYTES_MAX, not_cluster;
}

impl Default for GroupName {
    fn default() -> Self {
        Self(GROUP_DEFAULT.into())
    }
}

impl Default for ClusterName {
    fn default() -> Self {
        Self(CLUSTER_DEFAULT.into())
    }
}

impl GroupName {
    /// The group a client named; blank means the default group.
    pub fn or_default(text: &str) -> Result<Self, NameError> {
        match text.trim() {
            "" => Ok(Self::default()),
            text => text.parse(),
        }
    }
}

impl ClusterName {
    /// The cluster a client named; blank means the default cluster.
    pub fn or_default(text: &str) -> Result<Self, NameError> {
        match text.trim() {
            "" => Ok(Self::default()),
            text => text.parse(),
        }
    }

    /// The clusters of a comma-separated filter, without blanks; empty for "all".
    pub fn parse_list(text: &str) -> Result<Vec<Self>, NameError> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::parse).collect()
    }
}

/// Where a service lives: services of different keys never meet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceKey {
    /// The tenant's namespace.
    pub namespace: Namespace,
    /// The group inside the namespace.
    pub group: GroupName,
    /// The name inside the group.
    pub name: ServiceName,
}

impl ServiceKey {
    /// The key a client means by `group` and `name`. The name may come grouped
    /// (`group@@name`), which then wins over `group`; a blank group is the default.
    pub fn parse(namespace: Namespace, group: &str, name: &str) -> Result<Self, NameError> {
        let (group, name) = name.trim().split_once(GROUPED_SEPARATOR).unwrap_or((group, name));
        Ok(Self { namespace, group: GroupName::or_default(group)?, name: name.trim().parse()? })
    }

    /// Group and name in one text: `group@@name`.
    pub fn grouped_name(&self) -> String {
        format!("{}{GROUPED_SEPARATOR}{}", self.group, self.name)
    }
}

impl fmt::Display for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}{GROUPED_SEPARATOR}{}", self.namespace, self.group, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t11_a_grouped_name_and_a_separate_group_are_one_key() {
        let key = |group, name| ServiceKey::parse(Namespace::public(), group, name).unwrap();
        assert_eq!(key("g", "s"), key("", "g@@s"));
        assert_eq!(key("other", "g@@s"), key("g", "s"), "the grouped name wins");
        assert_eq!(key("", "s"), key("DEFAULT_GROUP", "s"));
        assert_eq!(key("", "@@s"), key("", "s"));
        assert_eq!(key("g", "s").grouped_name(), "g@@s");
    }

    #[test]
    fn t11_a_blank_cluster_is_the_default_cluster() {
        assert_eq!(ClusterName::or_default(" "), Ok(ClusterName::default()));
        assert_eq!(
            ClusterName::parse_list(" a, ,b,"),
            Ok(vec!["a".parse().unwrap(), "b".parse().unwrap()])
        );
    }

    #[test]
    fn t11_no_two_keys_have_one_grouped_name() {
        let key = |group, name| ServiceKey::parse(Namespace::public(), group, name);
        assert_eq!(key("g", "@s").unwrap().grouped_name(), "g@@@s");
        assert_eq!(key("", "g@@@s"), key("g", "@s"));
        assert!(key("g@", "s").is_err(), "would be g@@@s as well");
    }

    #[test]
    fn names_that_would_be_misread_are_refused() {
        for text in ["", "a b", "a@@b@@c", "中文", "a\u{0}", &"x".repeat(513)] {
            assert!(ServiceKey::parse(Namespace::public(), "g", text).is_err(), "{text:?}");
        }
        assert!("a,b".parse::<ClusterName>().is_err());
        assert!("providers:com.shop.Orders:1.0.0:".parse::<ServiceName>().is_ok());
    }
}
