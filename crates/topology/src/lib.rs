//! Names and distances: who is where, and who owns what.
//!
//! Everything in Seawall that has a name takes its type from here, so that a
//! region can never be passed where a zone is meant. No I/O.
//!
//! ```
//! use seawall_topology::{Distance, Locality};
//!
//! let here: Locality = "cn-north/a/node-1".parse()?;
//! let there: Locality = "cn-north/b/node-2".parse()?;
//! assert_eq!(here.distance(&there), Distance::SameRegion);
//! # Ok::<(), seawall_topology::NameError>(())
//! ```

mod labels;
mod locality;
mod name;
mod namespace;

pub use labels::{Labels, Requirement, Selector, SelectorError};
pub use locality::{Distance, Locality};
pub use name::{CellId, NameError, NodeId, Region, TenantId, Zone};
pub use namespace::Namespace;
