//! What is done, and to what.

use std::fmt;

use seawall_topology::Namespace;

/// What a principal wants to do to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Look at it, listen to it, subscribe to it.
    Read,
    /// Make, change or remove it.
    Write,
}

/// What sort of thing a resource is; the word before the slash in
/// `namespace:group:config/dataId`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResourceKind {
    /// A configuration item.
    Config,
    /// A service and its instances.
    Naming,
    /// A distributed lock.
    Lock,
    /// Prompts, agents and tool servers.
    Ai,
    /// The administration of Seawall itself: users, namespaces, operations. Never
    /// meant by a wildcard kind; a permission must name it.
    Console,
}

impl ResourceKind {
    pub(crate) const ALL: [Self; 5] =
        [Self::Config, Self::Naming, Self::Lock, Self::Ai, Self::Console];

    /// The word used in permissions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Naming => "naming",
            Self::Lock => "lock",
            Self::Ai => "ai",
            Self::Console => "console",
        }
    }
}

/// The resource a request is about. A request about all of a namespace, or all
/// of a group (a listing), leaves `group` or `name` as `*`: then only a
/// permission with the same wildcard covers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceName<'a> {
    /// The namespace it lives in.
    pub namespace: &'a Namespace,
    /// The group inside the namespace.
    pub group: &'a str,
    /// What sort of thing it is.
    pub kind: ResourceKind,
    /// Its name: a data id, a service name, a page of the console.
    pub name: &'a str,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ResourceName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}/{}", self.namespace, self.group, self.kind, self.name)
    }
}
