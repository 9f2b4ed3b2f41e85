//! The first administrator.

use seawall_clock::WallTime;
use seawall_store::{Snapshot, record::encode};

use crate::{
    Identity, Secret, WriteError, keys, names, password,
    record::{GrantRecord, UserRecord},
    users,
    writing::{self, Plan, Planned},
};

/// What the first administrator is called if nobody says otherwise, and if a user
/// of that name is there already.
const NAMES: [&str; 2] = ["nacos", "seawall"];

/// The administrator made at the first start. The password is nowhere else.
#[derive(Debug, Clone)]
pub struct FirstLogin {
    /// The user's name.
    pub username: String,
    /// The generated password, to be shown once.
    pub password: Secret,
}

impl Identity {
    /// Makes an administrator with a generated password if there never was one;
    /// `None` if there was. Of several nodes starting together one gets the login.
    pub async fn ensure_first_admin(&self) -> Result<Option<FirstLogin>, WriteError> {
        if self.store.snapshot().await?.get(&keys::admins()).await?.is_some() {
            return Ok(None);
        }
        let password = password::generate()?;
        for username in NAMES {
            match self.create_first_admin(username, &password).await {
                Ok(()) => {
                    return Ok(Some(FirstLogin { username: username.to_owned(), password }));
                }
                Err(WriteError::Exists { what: ADMIN, .. }) => return Ok(None),
                Err(WriteError::Exists { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(users::exists(NAMES.join("`, `").as_str()))
    }

    /// Makes the first administrator with a given password.
    ///
    /// # Errors
    /// [`WriteError::Exists`] if there is an administrator, or a user of that name.
    pub async fn create_first_admin(
        &self,
        username: &str,
        password: &Secret,
    ) -> Result<(), WriteError> {
        names::check("user name", username)?;
        let hash = self.hash(password).await?;
        let stamp = users::new_stamp()?;
        self.write(&FirstAdmin { username, hash, stamp, now: self.clock.wall() }).await
    }
}

/// What [`WriteError::Exists`] calls it.
const ADMIN: &str = "administrator";

struct FirstAdmin<'a> {
    username: &'a str,
    hash: Secret,
    stamp: u64,
    now: WallTime,
}

impl Plan for FirstAdmin<'_> {
    async fn plan(&self, snapshot: &dyn Snapshot) -> Planned {
        let admins = writing::read::<GrantRecord>(snapshot, keys::admins()).await?;
        if admins.record.is_some() {
            return Err(WriteError::Exists { what: ADMIN, name: "ROLE_ADMIN".to_owned() });
        }
        let user = writing::read::<UserRecord>(snapshot, keys::user(self.username)).await?;
        if user.record.is_some() {
            return Err(users::exists(self.username));
        }
        let batch = users::first_admin(self.username, &self.hash, self.stamp, self.now);
        let now = GrantRecord { created_ms: self.now.as_millis() };
        Ok(admins.unchanged(user.unchanged(batch)).put(keys::admins(), encode(&now)))
    }
}
