//! Whose quota, and how much it is.

use std::fmt;

use seawall_topology::Namespace;

use crate::Group;

/// What a quota applies to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum QuotaScope {
    /// All items of a namespace: Nacos' tenant capacity.
    Namespace(Namespace),
    /// The items of one group of a namespace. Nacos' group capacity is that of a
    /// group of the public namespace.
    Group(Namespace, Group),
}

impl fmt::Display for QuotaScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Namespace(namespace) => write!(f, "namespace {namespace}"),
            Self::Group(namespace, group) => write!(f, "group {group} of namespace {namespace}"),
        }
    }
}

/// A quota somebody set. 0 means: what the settings say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// Most items.
    pub items_max: u64,
    /// Largest content, in bytes.
    pub bytes_max: u64,
}

/// A quota and how much of it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaView {
    /// Whose quota.
    pub scope: QuotaScope,
    /// What somebody set; all 0 when nobody did.
    pub set: Quota,
    /// What is in force: `set`, filled up from the settings.
    pub in_force: Quota,
    /// Items there are now.
    pub items: u64,
}
