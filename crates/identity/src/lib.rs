//! Who may do what: users, roles, permissions, logins and tokens.

mod access;
mod error;
mod facade;
mod names;
mod pattern;
mod principal;
mod search;
mod secret;
mod settings;

pub use access::{Action, ResourceKind, ResourceName};
pub use error::{AuthenticateError, Denied, LoginError, OpenError, WriteError};
pub use facade::{
    ADMIN_ROLE, FirstLogin, Identity, IdentityMetrics, PermissionGrant, RoleBinding, Session,
    UserSummary,
};
pub use names::InvalidName;
pub use pattern::{Actions, Pattern, PatternError};
pub use principal::{Credential, Principal};
pub use search::{Listing, PageRequest, Search};
pub use secret::Secret;
pub use settings::{Access, Entrance, IdentitySettings};
