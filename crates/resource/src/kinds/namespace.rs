//! The kind `Namespace`.

use seawall_topology::Namespace;
use serde::{Deserialize, Serialize};

use crate::{
    FieldPath, ObjectName,
    field::Problems,
    kind::{Scope, Spec},
};

/// Longest show name, in characters.
const SHOW_NAME_CHARS_MAX: usize = 128;
/// Longest description, in characters.
const DESCRIPTION_CHARS_MAX: usize = 256;

/// A namespace; its id is the name of the object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NamespaceSpec {
    /// The name people see. Default: the id.
    pub show_name: String,
    /// What it is for. Default: empty.
    pub description: String,
}

impl Spec for NamespaceSpec {
    const KIND: &'static str = "Namespace";
    const SCOPE: Scope = Scope::Installation;

    fn check(&self, name: &ObjectName, problems: &mut Problems) {
        match name.as_str().parse::<Namespace>() {
            Err(error) => problems.at(FieldPath::of(["name"]), error.to_string()),
            Ok(id) if id.as_str() != name.as_str() => {
                problems.at(FieldPath::of(["name"]), format!("is written `{id}`"));
            }
            Ok(_) => {}
        }
        if self.show_name.chars().count() > SHOW_NAME_CHARS_MAX {
            problems.add("showName", "is longer than 128 characters");
        }
        if self.description.chars().count() > DESCRIPTION_CHARS_MAX {
            problems.add("description", "is longer than 256 characters");
        }
    }

    fn kept(name: &ObjectName) -> Option<&'static str> {
        (name.as_str() == Namespace::public().as_str())
            .then_some("is where everything lives that names no namespace")
    }
}
