//! Declarative objects: whatever an operator declares is one of them.
//!
//! An [`Object`] has a kind, a tenant, a name, labels and a spec; whoever makes it
//! come true writes a status. A crate that has something to declare implements
//! [`Spec`] and is added to the [`Kinds`]; then `seawall apply`, `seawall get`,
//! history, dry runs, watches and the checks with the path of each faulty field are
//! there without further code.
//!
//! ```
//! use std::sync::Arc;
//! use seawall_clock::SystemClock;
//! use seawall_resource::{DryRun, Kinds, Outcome, ResourceStore, parse};
//! use seawall_store::MemoryStore;
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let clock = Arc::new(SystemClock::new());
//! let objects = ResourceStore::new(MemoryStore::new(clock.clone()), clock, Kinds::built_in());
//! let text = "
//! kind: TrafficRule
//! name: publish
//! spec:
//!   operation: { point: ConfigPublish, maxCount: 100, period: seconds, mode: intercept }
//! ";
//! for document in parse(text)? {
//!     let applied = objects.apply(&document, DryRun::No, "ops").await?;
//!     assert_eq!(applied.outcome, Outcome::Created);
//!     let again = objects.apply(&document, DryRun::No, "ops").await?;
//!     assert_eq!(again.outcome, Outcome::Unchanged);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod apply;
mod change;
mod delete;
mod diff;
mod document;
mod error;
mod field;
mod history;
mod keys;
mod kind;
mod kinds;
mod list;
mod names;
mod namespaces;
mod object;
mod record;
mod status;
mod store;
#[cfg(test)]
mod tests;
mod watch;

pub use apply::{Applied, DryRun, Outcome};
pub use diff::FieldChange;
pub use document::{Document, DocumentError, parse};
pub use error::ResourceError;
pub use field::{FieldError, FieldPath, Problems, Step};
pub use history::Version;
pub use kind::{Kind, Kinds, Scope, Spec};
pub use kinds::{
    namespace::NamespaceSpec,
    traffic_rule::{ConnectionLimit, Mode, OperationLimit, Period, TrafficRule},
};
pub use list::{ListRequest, ObjectPage};
pub use names::{InvalidName, ObjectName, default_tenant};
pub use namespaces::{NamespaceError, NamespaceInfo, Namespaces};
pub use object::{Generation, Object, ObjectId};
pub use store::ResourceStore;
pub use watch::{ObjectChange, ObjectEvent, ObjectWatch};
