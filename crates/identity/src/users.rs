//! Making, changing and removing users.

use std::sync::Arc;

use seawall_clock::WallTime;
use seawall_store::{Batch, Snapshot, record::encode};

use crate::{
    ADMIN_ROLE, Identity, Listing, PageRequest, Search, Secret, WriteError,
    keys::{self, Subject},
    names, password, record,
    record::UserRecord,
    roles::keep_an_admin,
    signing,
    writing::{self, Plan, Planned},
};

/// What a listing shows of a user; never the password's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSummary {
    /// The user's name.
    pub username: Arc<str>,
    /// Whether the user may do everything.
    pub admin: bool,
    /// When the user was made.
    pub created: WallTime,
    /// When the password was last changed.
    pub modified: WallTime,
}

/// How a user's password is given.
enum Kept {
    /// There must be no such user yet.
    New,
    /// There must be one.
    Changed,
    /// Either; nothing is done if the hash is the same.
    Imported,
}

impl Identity {
    /// Makes a user without any role.
    pub async fn create_user(&self, username: &str, password: &Secret) -> Result<(), WriteError> {
        names::check("user name", username)?;
        let hash = self.hash(password).await?;
        self.write(&SetHash::new(username, hash, Kept::New, self.clock.wall())?).await
    }

    /// Takes over a user with a bcrypt hash made elsewhere (`$2a$`, `$2b$`, `$2y$`).
    /// A user of that name gets this hash; one that has it stays as it is, so an
    /// import may be repeated.
    pub async fn import_user(&self, username: &str, hash: &Secret) -> Result<(), WriteError> {
        names::check("user name", username)?;
        password::check_hash(hash)?;
        self.write(&SetHash::new(username, hash.clone(), Kept::Imported, self.clock.wall())?).await
    }

    /// Gives a user another password. Every token of the user is refused from now on.
    pub async fn set_password(&self, username: &str, password: &Secret) -> Result<(), WriteError> {
        names::check("user name", username)?;
        let hash = self.hash(password).await?;
        self.write(&SetHash::new(username, hash, Kept::Changed, self.clock.wall())?).await
    }

    /// Removes a user, its roles and its tokens. The last administrator stays.
    pub async fn delete_user(&self, username: &str) -> Result<(), WriteError> {
        names::check("user name", username)?;
        self.write(&DeleteUser { username, now: self.clock.wall() }).await
    }

    /// Users by name.
    pub fn list_users(&self, page: PageRequest, username: Search<'_>) -> Listing<UserSummary> {
        let directory = self.live.read();
        let found = directory.users().filter(|user| username.matches(&user.name));
        Listing::of(page, found).map(|user| UserSummary {
            username: Arc::clone(&user.name),
            admin: directory.principal(user).is_admin(),
            created: user.created,
            modified: user.modified,
        })
    }

    pub(crate) async fn hash(&self, password: &Secret) -> Result<Secret, WriteError> {
        password::check_new(password)?;
        let (password, cost) = (password.clone(), self.settings.password_cost);
        let work = move || password::hash(&password, cost);
        self.checks.run(|| Ok::<_, WriteError>(None), work).await?
    }
}

struct SetHash<'a> {
    username: &'a str,
    hash: Secret,
    stamp: u64,
    kept: Kept,
    now: WallTime,
}

impl<'a> SetHash<'a> {
    fn new(username: &'a str, hash: Secret, kept: Kept, now: WallTime) -> Result<Self, WriteError> {
        Ok(Self { username, hash, stamp: new_stamp()?, kept, now })
    }
}

/// A stamp no earlier password of any user had.
pub(crate) fn new_stamp() -> Result<u64, WriteError> {
    let bytes = signing::random::<8>().map_err(|_| WriteError::NoRandomness)?;
    Ok(u64::from_be_bytes(bytes))
}

impl Plan for SetHash<'_> {
    async fn plan(&self, snapshot: &dyn Snapshot) -> Planned {
        let found = writing::read::<UserRecord>(snapshot, keys::user(self.username)).await?;
        let mut next = UserRecord::new(&self.hash, self.stamp, self.now);
        match (&self.kept, &found.record) {
            (Kept::New, Some(_)) => return Err(exists(self.username)),
            (Kept::Changed, None) => return Err(not_found(self.username)),
            (Kept::Imported, Some(user)) if user.hash == next.hash => return Ok(Batch::new()),
            (_, Some(user)) => next.created_ms = user.created_ms,
            (_, None) => {}
        }
        Ok(found.unchanged(Batch::new()).put(found.key, encode(&next)))
    }
}

struct DeleteUser<'a> {
    username: &'a str,
    now: WallTime,
}

impl Plan for DeleteUser<'_> {
    async fn plan(&self, snapshot: &dyn Snapshot) -> Planned {
        let found = writing::read::<UserRecord>(snapshot, keys::user(self.username)).await?;
        if found.record.is_none() {
            return Err(not_found(self.username));
        }
        let mut batch = found.unchanged(Batch::new()).delete(found.key);
        for pair in writing::scan(snapshot, &keys::roles()).await? {
            let parts = pair.key.parts().unwrap_or_default();
            let Some(Subject::Binding { role, username }) = keys::subject(&parts) else { continue };
            if username == self.username {
                if role == ADMIN_ROLE {
                    batch = keep_an_admin(snapshot, batch, username, self.now).await?;
                }
                batch = batch.delete(pair.key.clone());
            }
        }
        Ok(batch)
    }
}

pub(crate) fn exists(username: &str) -> WriteError {
    WriteError::Exists { what: "user", name: username.to_owned() }
}

pub(crate) fn not_found(username: &str) -> WriteError {
    WriteError::NotFound { what: "user", name: username.to_owned() }
}

/// A user, new, with the role of an administrator; for the first one.
pub(crate) fn first_admin(username: &str, hash: &Secret, stamp: u64, now: WallTime) -> Batch {
    Batch::new()
        .put(keys::user(username), encode(&UserRecord::new(hash, stamp, now)))
        .put(keys::binding(ADMIN_ROLE, username), record::granted(now))
}
