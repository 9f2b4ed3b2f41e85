//! What a request carries, and who it turns out to be.

use std::{fmt, sync::Arc};

/// What a request carries to say who sent it.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// Nothing.
    None,
    /// A token from [`Identity::login`](crate::Identity::login).
    Token(&'a str),
    /// User and password, as some clients send with every request.
    Password {
        /// The user's name.
        username: &'a str,
        /// The password in the clear.
        password: &'a str,
    },
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Token(_) => f.write_str("Token(..)"),
            Self::Password { username, .. } => write!(f, "Password({username:?}, ..)"),
        }
    }
}

/// Who sent a request, as of the moment it was authenticated. Not to be kept
/// longer than the request: roles may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    username: Option<Arc<str>>,
    admin: bool,
    roles: Arc<[Arc<str>]>,
}

impl Principal {
    /// Somebody who did not say who they are.
    pub fn anonymous() -> Self {
        Self { username: None, admin: false, roles: Arc::default() }
    }

    pub(crate) fn known(username: Arc<str>, admin: bool, roles: Arc<[Arc<str>]>) -> Self {
        Self { username: Some(username), admin, roles }
    }

    /// The user's name; empty for the anonymous.
    pub fn username(&self) -> &str {
        self.username.as_deref().unwrap_or_default()
    }

    /// Whether nobody logged in.
    pub fn is_anonymous(&self) -> bool {
        self.username.is_none()
    }

    /// Whether the user has `ROLE_ADMIN`, which may do everything.
    pub fn is_admin(&self) -> bool {
        self.admin
    }

    /// The user's roles, in name order.
    pub fn roles(&self) -> &[Arc<str>] {
        &self.roles
    }

    pub(crate) fn shared_username(&self) -> Option<Arc<str>> {
        self.username.clone()
    }
}
