//! The facade, while the rest of the crate is being built.
#![allow(
    clippy::todo,
    clippy::panic,
    clippy::unused_async,
    unused_variables,
    missing_docs,
    dead_code
)]

use std::{net::IpAddr, sync::Arc, time::Duration};

use seawall_clock::{Clock, WallTime};
use seawall_store::Store;

use crate::*;

/// The role that may do everything.
pub const ADMIN_ROLE: &str = "ROLE_ADMIN";

/// Users, roles, permissions, logins.
pub struct Identity {}

/// A login that succeeded.
#[derive(Clone)]
pub struct Session {
    pub token: String,
    pub ttl: Duration,
    pub admin: bool,
    pub username: Arc<str>,
}

/// The administrator made at the first start.
#[derive(Debug, Clone)]
pub struct FirstLogin {
    pub username: String,
    pub password: Secret,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSummary {
    pub username: Arc<str>,
    pub admin: bool,
    pub created: WallTime,
    pub modified: WallTime,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleBinding {
    pub role: Arc<str>,
    pub username: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionGrant {
    pub role: Arc<str>,
    pub resource: String,
    pub actions: Actions,
}

/// Counters.
#[derive(Debug, Clone, Default)]
pub struct IdentityMetrics {}

impl Identity {
    pub async fn open(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: IdentitySettings,
    ) -> Result<Arc<Self>, OpenError> {
        todo!()
    }
    pub fn settings(&self) -> &IdentitySettings {
        todo!()
    }
    pub fn metrics(&self) -> &IdentityMetrics {
        todo!()
    }
    /// Checks user and password and gives out a token.
    pub async fn login(
        &self,
        username: &str,
        password: &str,
        source: IpAddr,
    ) -> Result<Session, LoginError> {
        todo!()
    }
    /// Strict: no credential is `Ok(Principal::anonymous())`, a bad one an error.
    pub async fn authenticate(
        &self,
        credential: Credential<'_>,
        source: IpAddr,
    ) -> Result<Principal, AuthenticateError> {
        todo!()
    }
    /// What a door calls: as `authenticate`, but an open entrance admits everybody
    /// (a bad credential counts as none) and a closed one refuses a missing one.
    pub async fn admit(
        &self,
        entrance: Entrance,
        credential: Credential<'_>,
        source: IpAddr,
    ) -> Result<Principal, AuthenticateError> {
        todo!()
    }
    /// May it? Judged at the console entrance for `ResourceKind::Console`, else at the client doors.
    pub fn authorize(
        &self,
        principal: &Principal,
        action: Action,
        resource: &ResourceName<'_>,
    ) -> Result<(), Denied> {
        todo!()
    }
    pub fn authorize_at(
        &self,
        entrance: Entrance,
        principal: &Principal,
        action: Action,
        resource: &ResourceName<'_>,
    ) -> Result<(), Denied> {
        todo!()
    }
    pub async fn ensure_first_admin(&self) -> Result<Option<FirstLogin>, WriteError> {
        todo!()
    }
    /// Makes the first administrator with a given password; `Exists` if there is one.
    pub async fn create_first_admin(
        &self,
        username: &str,
        password: &Secret,
    ) -> Result<(), WriteError> {
        todo!()
    }
    pub async fn create_user(&self, username: &str, password: &Secret) -> Result<(), WriteError> {
        todo!()
    }
    /// Takes over a user with a bcrypt hash made elsewhere; replaces the hash of an existing one.
    pub async fn import_user(&self, username: &str, hash: &Secret) -> Result<(), WriteError> {
        todo!()
    }
    pub async fn set_password(&self, username: &str, password: &Secret) -> Result<(), WriteError> {
        todo!()
    }
    pub async fn delete_user(&self, username: &str) -> Result<(), WriteError> {
        todo!()
    }
    pub fn list_users(&self, page: PageRequest, username: Search<'_>) -> Listing<UserSummary> {
        todo!()
    }
    pub async fn grant_role(&self, role: &str, username: &str) -> Result<(), WriteError> {
        todo!()
    }
    pub async fn revoke_role(&self, role: &str, username: &str) -> Result<(), WriteError> {
        todo!()
    }
    /// Takes the role from everybody and its permissions with it.
    pub async fn delete_role(&self, role: &str) -> Result<(), WriteError> {
        todo!()
    }
    pub fn list_roles(
        &self,
        page: PageRequest,
        role: Search<'_>,
        username: Search<'_>,
    ) -> Listing<RoleBinding> {
        todo!()
    }
    pub async fn grant_permission(
        &self,
        role: &str,
        resource: &str,
        actions: Actions,
    ) -> Result<(), WriteError> {
        todo!()
    }
    pub async fn revoke_permission(
        &self,
        role: &str,
        resource: &str,
        actions: Actions,
    ) -> Result<(), WriteError> {
        todo!()
    }
    pub fn list_permissions(
        &self,
        page: PageRequest,
        role: Search<'_>,
    ) -> Listing<PermissionGrant> {
        todo!()
    }
    pub async fn rotate_secret(&self) -> Result<(), WriteError> {
        todo!()
    }
}
