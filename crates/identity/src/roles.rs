//! Giving users roles.

use std::sync::Arc;

use seawall_clock::WallTime;
use seawall_store::{Batch, KeyRange, Precondition, Snapshot, record::encode};

use crate::{
    Identity, Listing, PageRequest, Search, WriteError,
    keys::{self, Subject},
    names,
    record::{self, GrantRecord, UserRecord},
    users,
    writing::{self, Plan, Planned},
};

/// The role that may do everything, as Nacos calls it.
pub const ADMIN_ROLE: &str = "ROLE_ADMIN";

/// That a user has a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleBinding {
    /// The role.
    pub role: Arc<str>,
    /// Who has it.
    pub username: Arc<str>,
}

impl Identity {
    /// Gives a user a role; a role exists as long as somebody has it or it has
    /// permissions. Having it already is no error.
    pub async fn grant_role(&self, role: &str, username: &str) -> Result<(), WriteError> {
        names::check("role name", role)?;
        names::check("user name", username)?;
        self.write(&Grant { role, username, now: self.clock.wall() }).await
    }

    /// Takes a role from a user. The last administrator keeps it.
    pub async fn revoke_role(&self, role: &str, username: &str) -> Result<(), WriteError> {
        names::check("role name", role)?;
        names::check("user name", username)?;
        self.write(&Revoke { role, username, now: self.clock.wall() }).await
    }

    /// Takes a role from everybody, and its permissions with it. Nobody can do that
    /// to `ROLE_ADMIN`.
    pub async fn delete_role(&self, role: &str) -> Result<(), WriteError> {
        names::check("role name", role)?;
        self.write(&DeleteRole { role }).await
    }

    /// Roles with their users, by role and user.
    pub fn list_roles(
        &self,
        page: PageRequest,
        role: Search<'_>,
        username: Search<'_>,
    ) -> Listing<RoleBinding> {
        let directory = self.live.read();
        let found = directory
            .bindings()
            .filter(|(of_role, user)| role.matches(of_role) && username.matches(user));
        Listing::of(page, found).map(|(role, username)| RoleBinding {
            role: Arc::clone(role),
            username: Arc::clone(username),
        })
    }
}

struct Grant<'a> {
    role: &'a str,
    username: &'a str,
    now: WallTime,
}

impl Plan for Grant<'_> {
    async fn plan(&self, snapshot: &dyn Snapshot) -> Planned {
        let user = writing::read::<UserRecord>(snapshot, keys::user(self.username)).await?;
        let Some(kept) = &user.record else { return Err(users::not_found(self.username)) };
        let key = keys::binding(self.role, self.username);
        if snapshot.get(&key).await?.is_some() {
            return Ok(Batch::new());
        }
        // The user is written too, unchanged: a deletion planned meanwhile must see
        // this role, or the next user of that name would have it.
        let batch = user
            .unchanged(Batch::new())
            .put(user.key.clone(), encode(kept))
            .put(key, record::granted(self.now));
        if self.role == ADMIN_ROLE {
            touch_admins(snapshot, batch, self.now).await
        } else {
            Ok(batch)
        }
    }
}

struct Revoke<'a> {
    role: &'a str,
    username: &'a str,
    now: WallTime,
}

impl Plan for Revoke<'_> {
    async fn plan(&self, snapshot: &dyn Snapshot) -> Planned {
        let key = keys::binding(self.role, self.username);
        if snapshot.get(&key).await?.is_none() {
            let name = format!("{} of {}", self.role, self.username);
            return Err(WriteError::NotFound { what: "role", name });
        }
        let mut batch = Batch::new().when(Precondition::Present(key.clone()));
        if self.role == ADMIN_ROLE {
            batch = keep_an_admin(snapshot, batch, self.username, self.now).await?;
        }
        Ok(batch.delete(key))
    }
}

struct DeleteRole<'a> {
    role: &'a str,
}

impl Plan for DeleteRole<'_> {
    async fn plan(&self, snapshot: &dyn Snapshot) -> Planned {
        let users = writing::scan(snapshot, &keys::role(self.role)).await?;
        let permissions = writing::scan(snapshot, &keys::permissions(self.role)).await?;
        if users.is_empty() && permissions.is_empty() {
            return Err(WriteError::NotFound { what: "role", name: self.role.to_owned() });
        }
        if let (ADMIN_ROLE, Some(pair)) = (self.role, users.first()) {
            return Err(last_admin(&pair.key.parts().unwrap_or_default()));
        }
        let gone = users.into_iter().chain(permissions);
        Ok(gone.fold(Batch::new(), |batch, pair| {
            batch.when(Precondition::Present(pair.key.clone())).delete(pair.key)
        }))
    }
}

fn last_admin(binding: &[&str]) -> WriteError {
    let username = match keys::subject(binding) {
        Some(Subject::Binding { username, .. }) => username.to_owned(),
        _ => String::new(),
    };
    WriteError::LastAdmin { username }
}

/// Adds to `batch`, which takes the role of an administrator from `username`, what
/// makes sure that another one is left.
pub(crate) async fn keep_an_admin(
    snapshot: &dyn Snapshot,
    batch: Batch,
    username: &str,
    now: WallTime,
) -> Planned {
    let admins = snapshot.scan(&KeyRange::prefix(&keys::role(ADMIN_ROLE)), 2).await?;
    let own = keys::binding(ADMIN_ROLE, username);
    if admins.pairs.iter().all(|pair| pair.key == own) {
        return Err(WriteError::LastAdmin { username: username.to_owned() });
    }
    touch_admins(snapshot, batch, now).await
}

/// Adds to `batch` that nobody else changes who is an administrator meanwhile.
async fn touch_admins(snapshot: &dyn Snapshot, batch: Batch, now: WallTime) -> Planned {
    let admins = writing::read::<GrantRecord>(snapshot, keys::admins()).await?;
    Ok(admins.unchanged(batch).put(admins.key, record::granted(now)))
}
