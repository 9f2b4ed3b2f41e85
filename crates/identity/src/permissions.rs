//! Giving roles permissions.

use std::sync::Arc;

use seawall_clock::WallTime;
use seawall_store::{Batch, Precondition, Snapshot};

use crate::{
    Actions, Identity, Listing, PageRequest, Pattern, Search, WriteError, keys, names, record,
    writing::{Plan, Planned},
};

/// That a role may do something to some resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionGrant {
    /// The role.
    pub role: Arc<str>,
    /// The resources, in the form of [`Pattern`].
    pub resource: String,
    /// What may be done to them.
    pub actions: Actions,
}

impl Identity {
    /// Lets a role do `actions` to `resource`, written as [`Pattern`] says. The role
    /// need not be anybody's yet. Being allowed already is no error.
    pub async fn grant_permission(
        &self,
        role: &str,
        resource: &str,
        actions: Actions,
    ) -> Result<(), WriteError> {
        names::check("role name", role)?;
        let resource = resource.parse::<Pattern>()?.to_string();
        let now = self.clock.wall();
        self.write(&Permit { role, resource: &resource, actions, now, wanted: true }).await
    }

    /// Takes one permission back, as it was granted.
    pub async fn revoke_permission(
        &self,
        role: &str,
        resource: &str,
        actions: Actions,
    ) -> Result<(), WriteError> {
        names::check("role name", role)?;
        let resource = resource.parse::<Pattern>()?.to_string();
        let now = self.clock.wall();
        self.write(&Permit { role, resource: &resource, actions, now, wanted: false }).await
    }

    /// Permissions by role, resource and actions.
    pub fn list_permissions(
        &self,
        page: PageRequest,
        role: Search<'_>,
    ) -> Listing<PermissionGrant> {
        let directory = self.live.read();
        let found = directory.permissions().filter(|(of_role, _)| role.matches(of_role));
        Listing::of(page, found).map(|(role, (pattern, actions))| PermissionGrant {
            role: Arc::clone(role),
            resource: pattern.to_string(),
            actions: *actions,
        })
    }
}

struct Permit<'a> {
    role: &'a str,
    resource: &'a str,
    actions: Actions,
    now: WallTime,
    /// Whether it is to be there afterwards.
    wanted: bool,
}

impl Plan for Permit<'_> {
    async fn plan(&self, snapshot: &dyn Snapshot) -> Planned {
        let key = keys::permission(self.role, self.resource, self.actions.as_str());
        let there = snapshot.get(&key).await?.is_some();
        match (self.wanted, there) {
            (true, true) => Ok(Batch::new()),
            (true, false) => Ok(Batch::new()
                .when(Precondition::Absent(key.clone()))
                .put(key, record::granted(self.now))),
            (false, true) => Ok(Batch::new().when(Precondition::Present(key.clone())).delete(key)),
            (false, false) => Err(WriteError::NotFound {
                what: "permission",
                name: format!("{} {} of {}", self.actions, self.resource, self.role),
            }),
        }
    }
}
