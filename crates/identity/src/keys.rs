//! Where in the store identity keeps what.

use seawall_store::Key;

const ROOT: &str = "identity";

/// Everything identity keeps.
pub(crate) fn root() -> Key {
    Key::of_parts([ROOT])
}

/// The keys that sign tokens.
pub(crate) fn signing() -> Key {
    Key::of_parts([ROOT, "signing"])
}

/// Written with every change of who is an administrator, so that two such changes
/// cannot both believe that the other's administrator stays.
pub(crate) fn admins() -> Key {
    Key::of_parts([ROOT, "admins"])
}

/// One user.
pub(crate) fn user(username: &str) -> Key {
    Key::of_parts([ROOT, "user", username])
}

/// Every binding of a user to a role.
pub(crate) fn roles() -> Key {
    Key::of_parts([ROOT, "role"])
}

/// Every user of one role.
pub(crate) fn role(role: &str) -> Key {
    Key::of_parts([ROOT, "role", role])
}

/// One user of one role.
pub(crate) fn binding(role: &str, username: &str) -> Key {
    Key::of_parts([ROOT, "role", role, username])
}

/// Every permission of one role.
pub(crate) fn permissions(role: &str) -> Key {
    Key::of_parts([ROOT, "permission", role])
}

/// One permission of one role; resource and actions are written canonically.
pub(crate) fn permission(role: &str, resource: &str, actions: &str) -> Key {
    Key::of_parts([ROOT, "permission", role, resource, actions])
}

/// What a key under [`root`] speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject<'a> {
    Signing,
    Admins,
    User(&'a str),
    Binding { role: &'a str, username: &'a str },
    Permission { role: &'a str, resource: &'a str, actions: &'a str },
}

/// Reads the parts of a key; `None` if identity has no such key.
pub(crate) fn subject<'a>(parts: &[&'a str]) -> Option<Subject<'a>> {
    match *parts {
        [ROOT, "signing"] => Some(Subject::Signing),
        [ROOT, "admins"] => Some(Subject::Admins),
        [ROOT, "user", username] => Some(Subject::User(username)),
        [ROOT, "role", role, username] => Some(Subject::Binding { role, username }),
        [ROOT, "permission", role, resource, actions] => {
            Some(Subject::Permission { role, resource, actions })
        }
        _ => None,
    }
}
