//! `/v3/auth`: logins, users, roles, permissions.

use seawall_identity::{
    Action::{Read, Write},
    Entrance::Console,
};

use crate::http::{
    forms::auth as written,
    generation::Generation::V3,
    ops::auth::{login, permission, role, user},
    reply::Reply,
    route::Route,
};

const USER: &str = "/v3/auth/user";
const ROLE: &str = "/v3/auth/role";
const PERMISSION: &str = "/v3/auth/permission";

pub(super) fn routes() -> Vec<Route> {
    [users(), roles(), permissions()].concat()
}

fn users() -> Vec<Route> {
    vec![
        V3.post("/v3/auth/user/login", "Log in").takes("username! password!").to(
            login::Login::read,
            login::login,
            written::session,
        ),
        V3.post("/v3/auth/user/admin", "Make the first administrator; works once")
            .takes("password")
            .to(user::read_admin, user::create_admin, written::result_first_admin),
        V3.post(USER, "Make a user").console("users", Write).takes("username! password!").to(
            user::WithPassword::read,
            user::create,
            |()| Reply::result("create user ok!"),
        ),
        V3.delete(USER, "Remove a user").console("users", Write).takes("username!").to(
            user::read_name,
            user::delete,
            |()| Reply::result("delete user ok!"),
        ),
        V3.put(USER, "Set a password").known(Console).takes("username! newPassword!").to(
            user::SetPassword::read,
            user::set_password,
            |()| Reply::result("update user ok!"),
        ),
        V3.get("/v3/auth/user/list", "List users; `search=blur` takes `*`")
            .console("users", Read)
            .takes("search username pageNo! pageSize!")
            .to(user::List::read, user::list, written::result_users),
        V3.get("/v3/auth/user/search", "Find names of users")
            .console("users", Read)
            .takes("username!")
            .to(user::read_name, user::search, Reply::result),
    ]
}

fn roles() -> Vec<Route> {
    vec![
        V3.post(ROLE, "Give a role").console("roles", Write).takes("role! username!").to(
            role::Binding::read,
            role::grant,
            |()| Reply::result("add role ok!"),
        ),
        V3.delete(ROLE, "Take a role from a user, or from everybody")
            .console("roles", Write)
            .takes("role! username")
            .to(role::Binding::read_delete, role::revoke, |username| {
                Reply::result(format!("delete role of user {username} ok!"))
            }),
        V3.get("/v3/auth/role/list", "List who has which role; `search=blur` takes `*`")
            .console("roles", Read)
            .takes("search role username pageNo! pageSize!")
            .to(role::List::read, role::list, written::result_roles),
        V3.get("/v3/auth/role/search", "Find names of roles")
            .console("roles", Read)
            .takes("role!")
            .to(role::read_part, role::search, Reply::result),
    ]
}

fn permissions() -> Vec<Route> {
    let named = "role! resource! action!";
    vec![
        V3.post(PERMISSION, "Grant a permission").console("permissions", Write).takes(named).to(
            permission::Grant::read,
            permission::grant,
            |()| Reply::result("add permission ok!"),
        ),
        V3.delete(PERMISSION, "Take a permission away")
            .console("permissions", Write)
            .takes(named)
            .to(permission::Grant::read, permission::revoke, |()| {
                Reply::result("delete permission ok!")
            }),
        V3.get(PERMISSION, "Whether exactly this was granted")
            .console("permissions", Read)
            .takes(named)
            .to(permission::Grant::read, permission::is_granted, Reply::result),
        V3.get("/v3/auth/permission/list", "List permissions of a role; `search=blur` takes `*`")
            .console("permissions", Read)
            .takes("search role pageNo! pageSize!")
            .to(permission::List::read, permission::list, written::result_permissions),
    ]
}
