//! Kinds of objects, and what each asks of its specs.

use std::{collections::BTreeMap, fmt, str::FromStr, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    InvalidName, ObjectName,
    field::{FieldError, FieldPath, Problems},
};

/// The name of a kind, e.g. `TrafficRule`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind(Arc<str>);

impl Kind {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Kind {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        text.parse::<ObjectName>().map(|name| Self(name.as_str().into()))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose objects of a kind are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Each tenant has its own.
    Tenant,
    /// There is one set for the installation, under the default tenant.
    Installation,
}

/// What an operator may declare of one kind. Field names are written in camel case;
/// unknown fields must be refused (`deny_unknown_fields`).
pub trait Spec: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind's name: letters and digits, beginning with a capital.
    const KIND: &'static str;

    /// Whose such objects are.
    const SCOPE: Scope = Scope::Tenant;

    /// Says everything that is wrong beyond the types of the fields.
    fn check(&self, name: &ObjectName, problems: &mut Problems) {
        let _ = (name, problems);
    }

    /// Why the object of that name may not be deleted, if it may not.
    fn kept(name: &ObjectName) -> Option<&'static str> {
        let _ = name;
        None
    }
}

/// A [`Spec`] without its type.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) scope: Scope,
    pub(crate) normalise: fn(&ObjectName, &Value) -> Result<Value, Vec<FieldError>>,
    pub(crate) kept: fn(&ObjectName) -> Option<&'static str>,
}

/// The kinds an installation knows.
#[derive(Clone, Default)]
pub struct Kinds(BTreeMap<Kind, Rules>);

impl Kinds {
    /// The kinds of this crate: `Namespace` and `TrafficRule`.
    pub fn built_in() -> Self {
        Self::default().with::<crate::NamespaceSpec>().with::<crate::TrafficRule>()
    }

    /// Adds a kind; one of the same name is replaced.
    #[must_use]
    pub fn with<S: Spec>(mut self) -> Self {
        let rules = Rules { scope: S::SCOPE, normalise: normalise::<S>, kept: S::kept };
        self.0.insert(Kind(S::KIND.into()), rules);
        self
    }

    /// The kind meant by what a person typed: upper and lower case are the same, and
    /// an `s` at the end does not matter.
    pub fn find(&self, text: &str) -> Option<&Kind> {
        let is = |kind: &&Kind, text: &str| kind.as_str().eq_ignore_ascii_case(text);
        let exact = self.0.keys().find(|kind| is(kind, text));
        exact.or_else(|| {
            let singular = text.strip_suffix(['s', 'S'])?;
            self.0.keys().find(|kind| is(kind, singular))
        })
    }

    /// Every kind, in name order.
    pub fn all(&self) -> impl Iterator<Item = &Kind> {
        self.0.keys()
    }

    pub(crate) fn rules(&self, kind: &Kind) -> Option<Rules> {
        self.0.get(kind).copied()
    }
}

/// The spec as it is kept: every field there, defaults filled in.
fn normalise<S: Spec>(name: &ObjectName, written: &Value) -> Result<Value, Vec<FieldError>> {
    let spec = FieldPath::of(["spec"]);
    let parsed: S = serde_path_to_error::deserialize(written).map_err(|error| {
        let path = spec.joined(error.path());
        vec![FieldError { path, problem: error.into_inner().to_string() }]
    })?;
    let mut problems = Problems::default();
    parsed.check(name, &mut problems);
    problems.into_result()?;
    serde_json::to_value(&parsed)
        .map_err(|error| vec![FieldError { path: spec, problem: error.to_string() }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_as_people_type_them() {
        let kinds = Kinds::built_in();
        for text in ["TrafficRule", "trafficrule", "trafficrules", "TRAFFICRULES"] {
            assert_eq!(kinds.find(text).map(Kind::as_str), Some("TrafficRule"), "{text}");
        }
        assert_eq!(kinds.find("s"), None);
        assert_eq!(kinds.find("Plan"), None);
        assert_eq!(kinds.all().map(Kind::as_str).collect::<Vec<_>>(), ["Namespace", "TrafficRule"]);
    }
}
