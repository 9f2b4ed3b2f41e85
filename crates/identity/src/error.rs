//! Why identity refused, by what the caller can do next.

use std::{sync::Arc, time::Duration};

use seawall_store::{CommitError, Unavailable};

use crate::{InvalidName, PatternError};

/// Why identity could not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A setting is out of its range; correct it.
    #[error("identity.{key} {reason}")]
    Setting {
        /// The key under `identity` in the configuration file.
        key: &'static str,
        /// What is wrong with its value.
        reason: &'static str,
    },
    /// The token secret is missing strength: too short, not base64, or published.
    /// Give another one, or none to have one made.
    #[error(
        "identity.token_secret {reason}; give at least 32 random bytes in base64, or leave it out to have one made"
    )]
    WeakSecret {
        /// What is wrong with it; never the secret itself.
        reason: &'static str,
    },
    /// The system gives no random numbers; nothing secret can be made.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// What the store holds was not written by a version this one understands.
    #[error("what the store holds under `{key}` cannot be read: {reason}")]
    Damaged {
        /// The key, printable.
        key: String,
        /// Why it cannot be read.
        reason: String,
    },
    /// The store refused the first write.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The store cannot answer now; try again.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why a login was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// The user does not exist or the password is wrong; which of both is not told.
    #[error("unknown user or wrong password")]
    WrongPassword,
    /// Too many wrong passwords from this source or for this user.
    #[error("too many wrong passwords; try again in {} s", retry_after.as_secs().max(1))]
    TooManyWrong {
        /// When trying again makes sense.
        retry_after: Duration,
    },
    /// More logins are waiting than the node takes; try again later.
    #[error("too many logins are waiting; try again later")]
    Busy,
}

/// Why a credential was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateError {
    /// Nothing was given and the entrance asks for a login.
    #[error("no credentials given; log in")]
    Missing,
    /// The token is not one of ours. Log in again.
    #[error("token invalid")]
    InvalidToken,
    /// The token is past its time. Log in again.
    #[error("token expired")]
    ExpiredToken,
    /// The user is gone or changed the password since. Log in again.
    #[error("token revoked")]
    RevokedToken,
    /// User and password were given and refused.
    #[error(transparent)]
    Password(#[from] LoginError),
}

/// The principal may not do this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} may not {action} {resource}", username.as_deref().unwrap_or("a caller without a login"))]
pub struct Denied {
    /// Who asked; `None`: nobody known.
    pub username: Option<Arc<str>>,
    /// What was asked.
    pub action: crate::Action,
    /// What it was about, in the form of a permission.
    pub resource: String,
}

/// Why users, roles or permissions were not changed. Unless [`Self::Unknown`],
/// nothing was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// There is one already; choose another name or change that one.
    #[error("{what} `{name}` exists already")]
    Exists {
        /// What was to be made.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// There is none of that name.
    #[error("{what} `{name}` not found")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Nobody could administer Seawall afterwards; make another administrator first.
    #[error("`{username}` is the last administrator; grant ROLE_ADMIN to another user first")]
    LastAdmin {
        /// The user concerned.
        username: String,
    },
    /// A name is not acceptable; choose another.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The permission is not of the form that is understood.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// The password is not acceptable; choose another.
    #[error("the password {reason}")]
    Password {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Too many passwords are being hashed; try again later.
    #[error("too many logins are waiting; try again later")]
    Busy,
    /// The system gives no random numbers; nothing secret can be made.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// Others kept changing the same thing; try again.
    #[error("others are changing the same thing; try again")]
    Contended,
    /// It is not known whether the change took place: look before trying again.
    #[error("it is not known whether the change took place ({reason}); look before trying again")]
    Unknown {
        /// What went wrong.
        reason: String,
    },
    /// The store refused.
    #[error(transparent)]
    Commit(CommitError),
    /// The store cannot answer now; try again.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// What the store holds cannot be read.
    #[error("what the store holds cannot be read: {reason}")]
    Damaged {
        /// Why.
        reason: String,
    },
}
