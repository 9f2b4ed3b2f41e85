//! What a permission covers.

use std::{fmt, str::FromStr};

use seawall_topology::Namespace;

use crate::{Action, ResourceKind, ResourceName};

/// Longest pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 512;

/// The resources a permission covers, in Nacos' form `namespace:group:kind/name`.
///
/// `*` stands for any run of characters inside its part. `namespace:*:*` covers
/// the whole namespace, `*:*:*` every namespace. A blank namespace is `public`. A
/// wildcard kind covers every kind but [`ResourceKind::Console`], which has to be
/// named: `*:*:console/users`.
///
/// The parts are told apart by what a group cannot contain, so groups and names
/// may contain colons, and a wildcard never reaches beyond its part (in Nacos,
/// where the pattern is a regular expression over the whole text, it does).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    namespace: String,
    group: String,
    /// `None`: every kind but the console.
    kind: Option<ResourceKind>,
    name: String,
}

/// What a permission allows to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actions {
    /// `r`
    Read,
    /// `w`
    Write,
    /// `rw`
    ReadWrite,
}

/// Why a text is not a permission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// The resource is not of the form that is understood.
    #[error(
        "permission `{text}` is not understood; write namespace:group:config/dataId, namespace:group:naming/service or namespace:*:*"
    )]
    Resource {
        /// The refused text.
        text: String,
    },
    /// The actions are not understood.
    #[error("actions `{text}` are not understood; write r, w or rw")]
    Actions {
        /// The refused text.
        text: String,
    },
}

impl Pattern {
    /// Whether `resource` is covered.
    pub fn covers(&self, resource: &ResourceName<'_>) -> bool {
        let kind = match self.kind {
            Some(kind) => kind == resource.kind,
            None => resource.kind != ResourceKind::Console,
        };
        kind && glob(&self.namespace, resource.namespace.as_str())
            && glob(&self.group, resource.group)
            && glob(&self.name, resource.name)
    }
}

impl Actions {
    /// Whether `action` is among them.
    pub fn allow(self, action: Action) -> bool {
        match self {
            Self::ReadWrite => true,
            Self::Read => action == Action::Read,
            Self::Write => action == Action::Write,
        }
    }

    /// `r`, `w` or `rw`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "r",
            Self::Write => "w",
            Self::ReadWrite => "rw",
        }
    }
}

impl FromStr for Actions {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        match text {
            "r" => Ok(Self::Read),
            "w" => Ok(Self::Write),
            "rw" => Ok(Self::ReadWrite),
            _ => Err(PatternError::Actions { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        parse(text).ok_or_else(|| PatternError::Resource { text: text.to_owned() })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.namespace, self.group)?;
        match self.kind {
            Some(kind) => write!(f, "{kind}/{}", self.name),
            None if self.name == "*" => f.write_str("*"),
            None => write!(f, "*/{}", self.name),
        }
    }
}

fn parse(text: &str) -> Option<Pattern> {
    if text.len() > PATTERN_BYTES_MAX || text.chars().any(char::is_control) {
        return None;
    }
    let (namespace, rest) = text.split_once(':')?;
    let (group, kind, name) = split_item(rest)?;
    if group.is_empty() || group.contains('/') || name.is_empty() {
        return None;
    }
    let pattern = Pattern {
        namespace: canonical_namespace(namespace)?,
        group: group.to_owned(),
        kind,
        name: name.to_owned(),
    };
    // What is stored is the canonical text, with the namespace written out: that must
    // be readable again.
    (pattern.to_string().len() <= PATTERN_BYTES_MAX).then_some(pattern)
}

/// Splits `group:kind/name` at the first colon that a kind and a slash follow;
/// `group:*` is every name of every kind.
fn split_item(rest: &str) -> Option<(&str, Option<ResourceKind>, &str)> {
    for (at, _) in rest.match_indices(':') {
        let (group, item) = (rest.get(..at)?, rest.get(at + 1..)?);
        if let Some((kind, name)) = item.split_once('/') {
            if kind == "*" {
                return Some((group, None, name));
            }
            if let Some(kind) = ResourceKind::ALL.into_iter().find(|k| k.as_str() == kind) {
                return Some((group, Some(kind), name));
            }
        }
    }
    rest.strip_suffix(":*").map(|group| (group, None, "*"))
}

/// A namespace with a wildcard stays as it is; without one it must be a namespace.
fn canonical_namespace(text: &str) -> Option<String> {
    if text.contains('*') {
        return text.replace('*', "").chars().all(is_namespace_char).then(|| text.to_owned());
    }
    text.parse::<Namespace>().ok().map(String::from)
}

fn is_namespace_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// Whether `text` matches `pattern`, in which `*` stands for any run of bytes.
/// Takes time proportional to the product of both lengths at worst, never more:
/// only the last star seen is ever tried again.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(byte) if text.get(t) == Some(byte) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((after_star, matched)) => {
                    retry = Some((after_star, matched + 1));
                    p = after_star;
                    t = matched + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

#[cfg(test)]
mod tests;
