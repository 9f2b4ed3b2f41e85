//! Logins, users, roles and permissions in JSON.

use http::header;
use seawall_identity::{Listing, PermissionGrant, RoleBinding, Session, UserSummary};
use serde_json::{Value, json};

use super::page::page;
use crate::http::{call::Page, ops::auth::user::FirstAdmin, reply::Reply};

/// A login. Its fields are at the top in every generation (trap T17): clients do
/// not look for them anywhere else.
pub(crate) fn session(session: Session) -> Reply {
    let reply = Reply::json(&json!({
        "accessToken": session.token,
        "tokenTtl": session.ttl.as_secs(),
        "globalAdmin": session.admin,
        "username": &*session.username,
    }));
    reply.uncached().with_header(header::AUTHORIZATION, &format!("Bearer {}", session.token))
}

/// The first administrator, first generation.
pub(crate) fn bare_first_admin(made: FirstAdmin) -> Reply {
    Reply::json(&first_admin(&made)).uncached()
}

/// The first administrator, third generation.
pub(crate) fn result_first_admin(made: FirstAdmin) -> Reply {
    Reply::result(first_admin(&made)).uncached()
}

fn first_admin(made: &FirstAdmin) -> Value {
    json!({ "username": made.username, "password": made.password.reveal() })
}

fn users((number, found): (Page, Listing<UserSummary>)) -> Value {
    // Nacos shows the hash of the password here; nobody needs it.
    let one = |user: &UserSummary| json!({ "username": &*user.username, "password": "" });
    page(number, found.total, found.items.iter().map(one).collect())
}

/// Users, first generation.
pub(crate) fn bare_users(found: (Page, Listing<UserSummary>)) -> Reply {
    Reply::json(&users(found))
}

/// Users, third generation.
pub(crate) fn result_users(found: (Page, Listing<UserSummary>)) -> Reply {
    Reply::result(users(found))
}

fn roles((number, found): (Page, Listing<RoleBinding>)) -> Value {
    let one = |bound: &RoleBinding| json!({ "role": &*bound.role, "username": &*bound.username });
    page(number, found.total, found.items.iter().map(one).collect())
}

/// Roles, first generation.
pub(crate) fn bare_roles(found: (Page, Listing<RoleBinding>)) -> Reply {
    Reply::json(&roles(found))
}

/// Roles, third generation.
pub(crate) fn result_roles(found: (Page, Listing<RoleBinding>)) -> Reply {
    Reply::result(roles(found))
}

fn permissions((number, found): (Page, Listing<PermissionGrant>)) -> Value {
    let one = |grant: &PermissionGrant| json!({ "role": &*grant.role, "resource": grant.resource, "action": grant.actions.as_str() });
    page(number, found.total, found.items.iter().map(one).collect())
}

/// Permissions, first generation.
pub(crate) fn bare_permissions(found: (Page, Listing<PermissionGrant>)) -> Reply {
    Reply::json(&permissions(found))
}

/// Permissions, third generation.
pub(crate) fn result_permissions(found: (Page, Listing<PermissionGrant>)) -> Reply {
    Reply::result(permissions(found))
}
