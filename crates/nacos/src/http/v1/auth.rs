//! `/v1/auth`: logins, users, roles, permissions.

use seawall_identity::{
    Action::{Read, Write},
    Entrance::Console,
};

use crate::http::{
    forms::auth as written,
    generation::Generation::V1,
    ops::auth::{login, permission, role, user},
    reply::Reply,
    route::Route,
};

const ROLES: &str = "/v1/auth/roles";
const PERMISSIONS: &str = "/v1/auth/permissions";

pub(super) fn routes() -> Vec<Route> {
    // Nacos answers the same at both; old Python and Rust clients log in at the first.
    let paths = [
        ["/v1/auth", "/v1/auth/login", "/v1/auth/admin", "/v1/auth/search"],
        ["/v1/auth/users", "/v1/auth/users/login", "/v1/auth/users/admin", "/v1/auth/users/search"],
    ];
    let [first, second] = paths.map(users);
    [first, second, roles(), permissions()].concat()
}

fn users([users, logins, admin, search]: [&'static str; 4]) -> Vec<Route> {
    vec![
        V1.post(logins, "Log in").takes("username! password!").to(
            login::Login::read,
            login::login,
            written::session,
        ),
        V1.post(users, "Make a user").console("users", Write).takes("username! password!").to(
            user::WithPassword::read,
            user::create,
            |()| Reply::rest(None, "create user ok!"),
        ),
        V1.post(admin, "Make the first administrator; works once").takes("password").to(
            user::read_admin,
            user::create_admin,
            written::bare_first_admin,
        ),
        V1.delete(users, "Remove a user").console("users", Write).takes("username!").to(
            user::read_name,
            user::delete,
            |()| Reply::rest(None, "delete user ok!"),
        ),
        V1.put(users, "Set a password").known(Console).takes("username! newPassword!").to(
            user::SetPassword::read,
            user::set_password,
            |()| Reply::rest(None, "update user ok!"),
        ),
        V1.get(users, "List users; `search=blur` takes `*`")
            .console("users", Read)
            .takes("search username pageNo! pageSize!")
            .to(user::List::read, user::list, written::bare_users),
        V1.get(search, "Find names of users").console("users", Read).takes("username!").to(
            user::read_name,
            user::search,
            Reply::bare,
        ),
    ]
}

fn roles() -> Vec<Route> {
    vec![
        V1.get(ROLES, "List who has which role; `search=blur` takes `*`")
            .console("roles", Read)
            .takes("search role username pageNo! pageSize!")
            .to(role::List::read, role::list, written::bare_roles),
        V1.get("/v1/auth/roles/search", "Find names of roles")
            .console("roles", Read)
            .takes("role!")
            .to(role::read_part, role::search, Reply::bare),
        V1.post(ROLES, "Give a role").console("roles", Write).takes("role! username!").to(
            role::Binding::read,
            role::grant,
            |()| Reply::rest(None, "add role ok!"),
        ),
        V1.delete(ROLES, "Take a role from a user, or from everybody")
            .console("roles", Write)
            .takes("role! username")
            .to(role::Binding::read_delete, role::revoke, |username| {
                Reply::rest(None, format!("delete role of user {username} ok!"))
            }),
    ]
}

fn permissions() -> Vec<Route> {
    let named = "role! resource! action!";
    let list = |condition: &'static str| {
        V1.get(PERMISSIONS, "List permissions of a role")
            .when("search", condition)
            .console("permissions", Read)
            .takes("search role pageNo! pageSize!")
            .to(permission::List::read, permission::list, written::bare_permissions)
    };
    vec![
        list("accurate"),
        list("blur"),
        V1.get(PERMISSIONS, "Whether exactly this was granted")
            .console("permissions", Read)
            .takes(named)
            .to(permission::Grant::read, permission::is_granted, Reply::result),
        V1.post(PERMISSIONS, "Grant a permission").console("permissions", Write).takes(named).to(
            permission::Grant::read,
            permission::grant,
            |()| Reply::rest(None, "add permission ok!"),
        ),
        V1.delete(PERMISSIONS, "Take a permission away")
            .console("permissions", Write)
            .takes(named)
            .to(permission::Grant::read, permission::revoke, |()| {
                Reply::rest(None, "delete permission ok!")
            }),
    ]
}
