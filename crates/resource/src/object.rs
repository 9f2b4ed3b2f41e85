//! Objects.

use std::fmt;

use seawall_clock::WallTime;
use seawall_store::Revision;
use seawall_topology::{Labels, TenantId};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{Kind, ObjectName, Spec};

/// Which object is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId {
    /// What it is.
    pub kind: Kind,
    /// Whose it is.
    pub tenant: TenantId,
    /// What it is called.
    pub name: ObjectName,
}

/// Counts the versions of an object: grows by one with every change of its labels
/// or spec, and with its deletion, and goes on when it is made again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Generation(u64);

/// Something an operator declared.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Kind, tenant and name.
    pub id: ObjectId,
    /// What selectors pick by.
    pub labels: Labels,
    /// What is wanted, with every default filled in.
    pub spec: Value,
    /// What came of it, as the one who makes it come true last said.
    pub status: Option<Value>,
    /// The version of labels and spec.
    pub generation: Generation,
    /// The commit that last wrote it, its status included.
    pub revision: Revision,
    /// When it was made.
    pub created: WallTime,
    /// When labels or spec last changed.
    pub modified: WallTime,
}

impl Generation {
    /// Before the first version.
    pub const ZERO: Self = Self(0);

    /// The version of this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The version after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.tenant, self.name)
    }
}

impl Object {
    /// The spec as its type. Fails only if a version with other fields wrote it.
    pub fn spec_as<S: Spec>(&self) -> Result<S, serde_json::Error> {
        S::deserialize(&self.spec)
    }

    /// The object as a document that `seawall apply` takes.
    pub fn to_yaml(&self) -> Result<String, serde_yaml_ng::Error> {
        serde_yaml_ng::to_string(self)
    }
}

#[derive(Serialize)]
struct Written<'a> {
    kind: &'a str,
    tenant: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    labels: &'a Labels,
    metadata: WrittenMetadata,
    spec: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenMetadata {
    generation: u64,
    revision: u64,
    created_ms: u64,
    modified_ms: u64,
}

/// The form of a document, with what the store knows under `metadata`.
impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = Written {
            kind: self.id.kind.as_str(),
            tenant: self.id.tenant.as_str(),
            name: self.id.name.as_str(),
            labels: &self.labels,
            metadata: WrittenMetadata {
                generation: self.generation.get(),
                revision: self.revision.get(),
                created_ms: self.created.as_millis(),
                modified_ms: self.modified.as_millis(),
            },
            spec: &self.spec,
            status: self.status.as_ref(),
        };
        written.serialize(serializer)
    }
}
