//! Users, roles and permissions in memory, as the store last told.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use seawall_clock::WallTime;
use seawall_store::{
    Change, ChangeSet, KeyValue, Revision,
    record::{RecordError, decode},
};

use crate::{
    ADMIN_ROLE, Actions, Pattern, Principal, Secret,
    keys::{self, Subject},
    record::{SigningRecord, UserRecord},
    signing::SigningKeys,
};

/// A user, as far as requests need to know.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) name: Arc<str>,
    pub(crate) hash: Arc<Secret>,
    pub(crate) stamp: u64,
    pub(crate) created: WallTime,
    pub(crate) modified: WallTime,
}

/// The roles of one user, and the same as principals carry them.
#[derive(Default)]
struct Roles {
    names: BTreeSet<Arc<str>>,
    shared: Arc<[Arc<str>]>,
}

/// A permission in the order it is listed: role, resource, actions.
type PermissionKey = (String, &'static str);

/// Everything identity decides by.
#[derive(Default)]
pub(crate) struct Directory {
    revision: Revision,
    users: BTreeMap<Arc<str>, User>,
    roles_of: HashMap<Arc<str>, Roles>,
    /// Role and user, in the order they are listed.
    bindings: BTreeSet<(Arc<str>, Arc<str>)>,
    permissions: BTreeMap<Arc<str>, BTreeMap<PermissionKey, (Pattern, Actions)>>,
    signing: Option<SigningKeys>,
}

impl Directory {
    /// The directory that `pairs`, read at `revision`, amount to.
    pub(crate) fn load(pairs: &[KeyValue], revision: Revision) -> Result<Self, Unreadable> {
        let mut directory = Self { revision, ..Self::default() };
        for pair in pairs {
            directory.put(pair)?;
        }
        Ok(directory)
    }

    /// Takes in a commit. What cannot be read stays as it was, and is returned.
    pub(crate) fn apply(&mut self, set: &ChangeSet) -> Vec<Unreadable> {
        self.revision = set.revision;
        let outcome = |change: &Change| match change {
            Change::Put(pair) => self.put(pair).err(),
            Change::Delete(key) => {
                self.delete(key.parts().as_deref().unwrap_or_default());
                None
            }
        };
        set.changes.iter().filter_map(outcome).collect()
    }

    /// The last commit taken in.
    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    pub(crate) fn signing(&self) -> Option<&SigningKeys> {
        self.signing.as_ref()
    }

    pub(crate) fn user(&self, username: &str) -> Option<&User> {
        self.users.get(username)
    }

    pub(crate) fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// Who `user` is to those who decide.
    pub(crate) fn principal(&self, user: &User) -> Principal {
        let roles = self.roles_of.get(&user.name);
        let admin = roles.is_some_and(|roles| roles.names.contains(ADMIN_ROLE));
        let shared = roles.map(|roles| Arc::clone(&roles.shared)).unwrap_or_default();
        Principal::known(Arc::clone(&user.name), admin, shared)
    }

    /// Role and user of every binding, in that order.
    pub(crate) fn bindings(&self) -> impl Iterator<Item = &(Arc<str>, Arc<str>)> {
        self.bindings.iter()
    }

    /// What `role` may do.
    pub(crate) fn granted(&self, role: &str) -> impl Iterator<Item = &(Pattern, Actions)> {
        self.permissions.get(role).into_iter().flat_map(BTreeMap::values)
    }

    /// Every permission with its role, in role order.
    pub(crate) fn permissions(&self) -> impl Iterator<Item = (&Arc<str>, &(Pattern, Actions))> {
        self.permissions.iter().flat_map(|(role, all)| all.values().map(move |one| (role, one)))
    }

    fn put(&mut self, pair: &KeyValue) -> Result<(), Unreadable> {
        let parts = pair.key.parts().unwrap_or_default();
        let unreadable = |reason: String| Unreadable { key: format!("{:?}", pair.key), reason };
        let record = |error: RecordError| unreadable(error.to_string());
        match keys::subject(&parts).ok_or_else(|| unreadable("unknown kind of key".to_owned()))? {
            Subject::Admins => {}
            Subject::Signing => {
                let stored: SigningRecord = decode(&pair.value).map_err(record)?;
                self.signing = Some(SigningKeys::of(&stored));
            }
            Subject::User(name) => {
                let name = Arc::from(name);
                let stored: UserRecord = decode(&pair.value).map_err(record)?;
                self.users.insert(Arc::clone(&name), user(name, stored));
            }
            Subject::Binding { role, username } => self.bind(role, username),
            Subject::Permission { role, resource, actions } => {
                let pattern =
                    resource.parse().map_err(|_| unreadable("not a permission".into()))?;
                let allowed: Actions =
                    actions.parse().map_err(|_| unreadable("not actions".into()))?;
                let of_role = self.permissions.entry(Arc::from(role)).or_default();
                of_role.insert((resource.to_owned(), allowed.as_str()), (pattern, allowed));
            }
        }
        Ok(())
    }

    fn delete(&mut self, parts: &[&str]) {
        match keys::subject(parts) {
            Some(Subject::User(name)) => {
                self.users.remove(name);
            }
            Some(Subject::Binding { role, username }) => self.unbind(role, username),
            Some(Subject::Permission { role, resource, actions }) => {
                self.withdraw(role, resource, actions);
            }
            // The signing keys are replaced, never deleted; without them nobody
            // could come in, so the last known ones stay.
            Some(Subject::Signing | Subject::Admins) | None => {}
        }
    }

    fn bind(&mut self, role: &str, username: &str) {
        let (role, username): (Arc<str>, Arc<str>) = (role.into(), username.into());
        let roles = self.roles_of.entry(Arc::clone(&username)).or_default();
        roles.names.insert(Arc::clone(&role));
        roles.shared = roles.names.iter().cloned().collect();
        self.bindings.insert((role, username));
    }

    fn unbind(&mut self, role: &str, username: &str) {
        self.bindings.remove(&(role.into(), username.into()));
        if let Some(roles) = self.roles_of.get_mut(username) {
            roles.names.remove(role);
            roles.shared = roles.names.iter().cloned().collect();
            if roles.names.is_empty() {
                self.roles_of.remove(username);
            }
        }
    }

    fn withdraw(&mut self, role: &str, resource: &str, actions: &str) {
        let Ok(actions) = actions.parse::<Actions>() else { return };
        if let Some(of_role) = self.permissions.get_mut(role) {
            of_role.remove(&(resource.to_owned(), actions.as_str()));
            if of_role.is_empty() {
                self.permissions.remove(role);
            }
        }
    }
}

fn user(name: Arc<str>, stored: UserRecord) -> User {
    User {
        name,
        hash: Arc::new(Secret::new(stored.hash)),
        stamp: stored.stamp,
        created: WallTime::from_millis(stored.created_ms),
        modified: WallTime::from_millis(stored.modified_ms),
    }
}

/// A pair of the store that this version does not understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) key: String,
    pub(crate) reason: String,
}
