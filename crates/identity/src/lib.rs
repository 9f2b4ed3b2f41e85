//! Who may do what: users, roles, permissions, logins and tokens.
//!
//! Every door hands over what a request carries as a [`Credential`] and gets a
//! [`Principal`]; then it asks whether that principal may act on a
//! [`ResourceName`]. Both questions are answered from memory, so they are cheap
//! and stay answerable while the store is away.
//!
//! - Passwords are kept as bcrypt hashes, Nacos' own `$2a$` ones included.
//! - Tokens are JWTs signed with HMAC-SHA256. The secret is made at the first
//!   start and kept in the store; there is no default one.
//! - Permissions have the form `namespace:group:config/dataId`, with `*` for any
//!   run of characters; see [`Pattern`].
//! - What people change is a store transaction under preconditions, and it is in
//!   force on this node when the call returns.
//!
//! ```
//! use std::{net::Ipv4Addr, sync::Arc};
//! use seawall_clock::SystemClock;
//! use seawall_identity::*;
//! use seawall_store::MemoryStore;
//! use seawall_topology::Namespace;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let clock = Arc::new(SystemClock::new());
//! let store = MemoryStore::new(clock.clone());
//! let identity = Identity::open(store, clock, IdentitySettings::default()).await?;
//! identity.create_user("cart", &Secret::new("tide")).await?;
//! identity.grant_role("shop", "cart").await?;
//! identity.grant_permission("shop", "dev:*:config/*", Actions::Read).await?;
//!
//! let source = Ipv4Addr::LOCALHOST.into();
//! let session = identity.login("cart", "tide", source).await?;
//! let cart = identity.authenticate(Credential::Token(&session.token), source).await?;
//! let namespace: Namespace = "dev".parse()?;
//! let kind = ResourceKind::Config;
//! let item = ResourceName { namespace: &namespace, group: "G", kind, name: "db.yaml" };
//! assert!(identity.authorize(&cart, Action::Read, &item).is_ok());
//! assert!(identity.authorize(&cart, Action::Write, &item).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod access;
mod authenticate;
mod authorize;
mod directory;
mod error;
mod first_admin;
mod identity;
mod keys;
mod live;
mod login;
mod metrics;
mod names;
mod password;
mod password_checks;
mod pattern;
mod permissions;
mod principal;
mod record;
mod roles;
mod search;
mod secret;
mod settings;
mod signing;
#[cfg(test)]
mod tests;
mod throttle;
mod token;
mod users;
mod verified;
mod writing;

pub use access::{Action, ResourceKind, ResourceName};
pub use error::{AuthenticateError, Denied, LoginError, OpenError, WriteError};
pub use first_admin::FirstLogin;
pub use identity::Identity;
pub use login::Session;
pub use metrics::IdentityMetrics;
pub use names::InvalidName;
pub use pattern::{Actions, Pattern, PatternError};
pub use permissions::PermissionGrant;
pub use principal::{Credential, Principal};
pub use roles::{ADMIN_ROLE, RoleBinding};
pub use search::{Listing, PageRequest, Search};
pub use secret::Secret;
pub use settings::{Access, Entrance, IdentitySettings};
pub use users::UserSummary;
