//! Declarative objects: whatever an operator declares is one of them.

mod namespaces;

pub use namespaces::{NamespaceError, NamespaceInfo, Namespaces};
