//! Logins, rights and limits over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are not inside a test function"
)]

mod http_world;

use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_world::{ADMIN, World};
use seawall_identity::Access;
use seawall_nacos::{MonitorMode, NacosSettings, Period, Point, TpsRule};

const LOGINS: [&str; 4] =
    ["/v1/auth/users/login", "/v1/auth/login", "/v3/auth/user/login", "/v1/auth/users/login"];

#[tokio::test]
async fn t17_a_login_answers_at_the_top_in_every_generation() {
    let world = World::closed().await;
    for path in LOGINS {
        // Java sends the name in the query and the password in the form, Rust both in
        // the query, others both in the form.
        let request = Request::post(format!("/nacos{path}?username={}", ADMIN.0))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(http_world::encode(&[("password", ADMIN.1)])))
            .unwrap();
        let in_form = [("username", ADMIN.0), ("password", ADMIN.1)];
        for answer in [
            world.send(request).await,
            world.query(Method::POST, path, &in_form).await,
            world.post(path, &in_form).await,
        ] {
            let json = answer.json();
            let token = json["accessToken"].as_str().unwrap();
            assert_eq!((&json["tokenTtl"], &json["globalAdmin"]), (&18_000.into(), &true.into()));
            assert_eq!((&json["username"], json.get("code")), (&ADMIN.0.into(), None));
            assert_eq!(answer.header("authorization"), format!("Bearer {token}"));
        }
        let wrong = world.post(path, &[("username", ADMIN.0), ("password", "wrong")]).await;
        assert_eq!(
            wrong.status,
            StatusCode::FORBIDDEN,
            "404 and 501 would mean: try an older path"
        );
    }
}

#[tokio::test]
async fn without_a_login_every_secured_route_is_refused() {
    let world = World::closed().await;
    let document = world.get("/openapi.json", &[]).await.json();
    let open = [
        "/nacos/v1/console/health/liveness",
        "/nacos/v1/console/health/readiness",
        "/nacos/v1/console/server/state",
        "/nacos/serverlist",
    ];
    let mut refused = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let uri = path.replace(['{', '}'], "");
            let request = Request::builder().method(method.clone()).uri(&uri);
            let answer = world.send(request.body(Body::empty()).unwrap()).await;
            let secured = !operation["security"].as_array().unwrap().is_empty();
            if secured {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
                refused += 1;
            } else {
                assert_ne!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
            }
        }
    }
    assert!(refused > 150, "{refused}");
    for path in open {
        let answer = world.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_token_opens_wherever_it_is_put() {
    let world = World::closed().await;
    let token = world.token().await;
    let named = [("dataId", "d"), ("group", "G")];
    let query = [named[0], named[1], ("accessToken", token.as_str())];
    assert_eq!(world.get("/v1/cs/configs", &query).await.status, StatusCode::NOT_FOUND);
    for (name, value) in
        [("authorization", format!("Bearer {token}")), ("accessToken", token.clone())]
    {
        let request = Request::get("/nacos/v3/admin/core/namespace/list").header(name, value);
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.data()[0]["namespace"], "public");
    }
    let forged = [named[0], named[1], ("accessToken", "a.b.c")];
    let refused = world.get("/v1/cs/configs", &forged).await;
    assert_eq!((refused.status, &refused.json()["status"]), (StatusCode::FORBIDDEN, &403.into()));
    assert_eq!(world.get("/v2/cs/config", &forged).await.refusal(), (403, 10001));
}

#[tokio::test]
async fn t25_user_and_password_may_come_with_every_request() {
    let world = World::closed().await;
    let login = [("username", ADMIN.0), ("password", ADMIN.1)];
    let publish = [&login[..], &[("dataId", "d"), ("group", "G"), ("content", "c")]].concat();
    assert_eq!(world.post("/v1/cs/configs", &publish).await.ok(), "true");
    let read = [&login[..], &[("dataId", "d"), ("group", "G")]].concat();
    assert_eq!(world.get("/v1/cs/configs", &read).await.ok(), "c");
    let wrong = [("username", ADMIN.0), ("password", "x"), ("dataId", "d"), ("group", "G")];
    assert_eq!(world.get("/v1/cs/configs", &wrong).await.status, StatusCode::FORBIDDEN);
    let console = world.get("/v1/console/namespaces", &login).await;
    assert_eq!(console.status, StatusCode::FORBIDDEN, "the console takes tokens only");
}

/// A world with a user `dev` who may read the group `G` of the namespace `dev`.
async fn with_reader() -> (World, String) {
    let world = World::closed().await;
    let token = world.token().await;
    let admin = ("accessToken", token.as_str());
    let user = [admin, ("username", "dev"), ("password", "password of dev")];
    assert_eq!(world.post("/v3/auth/user", &user).await.data(), "create user ok!");
    let role = [admin, ("username", "dev"), ("role", "reader")];
    assert_eq!(world.post("/v3/auth/role", &role).await.data(), "add role ok!");
    for kind in ["config", "naming"] {
        let resource = format!("dev:G:{kind}/*");
        let granted = [admin, ("role", "reader"), ("resource", &resource), ("action", "r")];
        assert_eq!(world.post("/v1/auth/permissions", &granted).await.json()["code"], 200);
    }
    let login = [("username", "dev"), ("password", "password of dev")];
    let answer = world.post("/v1/auth/login", &login).await.json();
    assert_eq!(answer["globalAdmin"], false);
    let reader = answer["accessToken"].as_str().unwrap().to_owned();
    (world, reader)
}

#[tokio::test]
async fn rights_are_those_of_item_group_and_namespace() {
    let (world, token) = with_reader().await;
    let with = |pairs: &[(&'static str, &'static str)]| {
        let mut all = vec![("accessToken", token.clone())];
        all.extend(pairs.iter().map(|(name, value)| (*name, (*value).to_owned())));
        all
    };
    let ask = async |method: Method, path: &str, pairs: &[(&'static str, &'static str)]| {
        let pairs = with(pairs);
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
        world.query(method, path, &pairs).await.status.as_u16()
    };
    let mine = [("dataId", "d"), ("group", "G"), ("tenant", "dev")];
    assert_eq!(ask(Method::GET, "/v1/cs/configs", &mine).await, 404);
    assert_eq!(ask(Method::DELETE, "/v1/cs/configs", &mine).await, 403);
    let other = [("dataId", "d"), ("group", "H"), ("tenant", "dev")];
    assert_eq!(ask(Method::GET, "/v1/cs/configs", &other).await, 403);
    let listed = [
        ("search", "blur"),
        ("dataId", ""),
        ("group", ""),
        ("tenant", "dev"),
        ("pageNo", "1"),
        ("pageSize", "9"),
    ];
    assert_eq!(ask(Method::GET, "/v1/cs/configs", &listed).await, 403, "all groups");
    let group = [
        ("search", "blur"),
        ("dataId", ""),
        ("group", "G"),
        ("tenant", "dev"),
        ("pageNo", "1"),
        ("pageSize", "9"),
    ];
    assert_eq!(ask(Method::GET, "/v1/cs/configs", &group).await, 200);
    for (service, status) in [("G@@s", 200), ("H@@s", 403), ("s", 403)] {
        let pairs = [("serviceName", service), ("namespaceId", "dev")];
        assert_eq!(ask(Method::GET, "/v1/ns/instance/list", &pairs).await, status, "{service}");
    }
    assert_eq!(ask(Method::GET, "/v1/ns/instance/statuses", &[("key", "dev##H@@s")]).await, 403);
    assert_eq!(
        ask(Method::GET, "/v3/auth/user/list", &[("pageNo", "1"), ("pageSize", "9")]).await,
        403
    );
    let export = [("export", "true"), ("tenant", "dev"), ("group", "")];
    assert_eq!(ask(Method::GET, "/v1/cs/configs", &export).await, 403);
    let export = [("export", "true"), ("tenant", "dev"), ("group", "G")];
    assert_eq!(ask(Method::GET, "/v1/cs/configs", &export).await, 200);
}

#[tokio::test]
async fn a_poll_may_only_name_what_the_caller_may_read() {
    let (world, token) = with_reader().await;
    let poll = async |group: &str| {
        let records = format!("d\u{2}{group}\u{2}\u{2}dev\u{1}");
        let pairs = [("Listening-Configs", records.as_str()), ("accessToken", token.as_str())];
        world.post("/v1/cs/configs/listener", &pairs).await.status
    };
    assert_eq!(poll("G").await, StatusCode::OK);
    assert_eq!(poll("H").await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn numbers_do_not_open_what_names_would_not() {
    let (world, reader) = with_reader().await;
    let token = world.token().await;
    let admin = ("accessToken", token.as_str());
    let publish =
        [admin, ("dataId", "secret"), ("group", "H"), ("tenant", "dev"), ("content", "c")];
    world.post("/v1/cs/configs", &publish).await.ok();
    let all = [admin, ("dataId", "secret"), ("group", "H"), ("tenant", "dev"), ("show", "all")];
    let id = world.get("/v1/cs/configs", &all).await.json()["id"].as_str().unwrap().to_owned();
    let reader = ("accessToken", reader.as_str());
    let export = [reader, ("export", "true"), ("tenant", "dev"), ("group", "G"), ("ids", &id)];
    assert_eq!(world.get("/v1/cs/configs", &export).await.status, StatusCode::FORBIDDEN);
    let remove = [reader, ("ids", id.as_str())];
    assert_eq!(world.delete("/v3/admin/cs/config/batch", &remove).await.refusal(), (403, 10001));
    let still = world.get("/v1/cs/configs", &all).await;
    assert_eq!(still.json()["content"], "c");
}

#[tokio::test]
async fn users_roles_and_permissions_are_administered() {
    let (world, reader) = with_reader().await;
    let token = world.token().await;
    let admin = ("accessToken", token.as_str());
    let page = [admin, ("pageNo", "1"), ("pageSize", "10")];
    let users = world.get("/v1/auth/users", &[&page[..], &[("search", "accurate")]].concat()).await;
    assert_eq!(users.json()["totalCount"], 2);
    assert!(!users.text.contains("$2"), "no hash leaves the server");
    let blur = [&page[..], &[("search", "blur"), ("username", "d*")]].concat();
    assert_eq!(
        world.get("/v3/auth/user/list", &blur).await.data()["pageItems"][0]["username"],
        "dev"
    );
    let part = [admin, ("username", "de")];
    assert_eq!(world.get("/v1/auth/users/search", &part).await.json()[0], "dev");
    let roles = [&page[..], &[("username", "dev")]].concat();
    assert_eq!(
        world.get("/v3/auth/role/list", &roles).await.data()["pageItems"][0]["role"],
        "reader"
    );
    let grants = [&page[..], &[("role", "reader"), ("search", "accurate")]].concat();
    assert_eq!(world.get("/v1/auth/permissions", &grants).await.json()["totalCount"], 2);
    let one = [admin, ("role", "reader"), ("resource", "dev:G:config/*"), ("action", "r")];
    assert_eq!(world.get("/v3/auth/permission", &one).await.data(), true);
    assert_eq!(world.delete("/v3/auth/permission", &one).await.data(), "delete permission ok!");
    assert_eq!(world.get("/v1/auth/permissions", &one).await.data(), false);

    // Everybody sets the own password, administrators any.
    let own = [
        ("accessToken", reader.as_str()),
        ("username", "dev"),
        ("newPassword", "another password"),
    ];
    assert_eq!(world.put("/v1/auth/users", &own).await.json()["data"], "update user ok!");
    let login = [("username", "dev"), ("password", "another password")];
    let reader = world.post("/v1/auth/login", &login).await.json()["accessToken"].clone();
    let others = [
        ("accessToken", reader.as_str().unwrap()),
        ("username", ADMIN.0),
        ("newPassword", "taken over now"),
    ];
    assert_eq!(world.put("/v3/auth/user", &others).await.refusal(), (403, 10001));

    let twice = [admin, ("username", "dev"), ("password", "password of dev")];
    assert_eq!(world.post("/v3/auth/user", &twice).await.refusal().0, 400);
    let remove = [admin, ("username", ADMIN.0)];
    assert_eq!(world.delete("/v3/auth/user", &remove).await.refusal().0, 400);
    assert_eq!(
        world.delete("/v1/auth/users", &[admin, ("username", "dev")]).await.json()["code"],
        200
    );
    assert_eq!(world.post("/v1/auth/login", &login).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_first_administrator_is_made_once() {
    let world = World::with(Access::Login, NacosSettings::default()).await;
    let state = world.get("/v1/console/server/state", &[]).await.json();
    assert_eq!(
        (&state["auth_enabled"], &state["auth_admin_request"]),
        (&"true".into(), &"true".into())
    );
    let made = world.post("/v1/auth/users/admin", &[]).await.json();
    let login = [("username", "nacos"), ("password", made["password"].as_str().unwrap())];
    assert_eq!(world.post("/v3/auth/user/login", &login).await.json()["globalAdmin"], true);
    let again = world.post("/v3/auth/user/admin", &[("password", "mine now, please")]).await;
    assert_eq!(again.refusal(), (409, 20005));
    let state = world.get("/v3/admin/core/state", &[]).await.data();
    assert_eq!(state["auth_admin_request"], "false");
}

#[tokio::test(start_paused = true)]
async fn t18_a_refusal_over_a_limit_comes_a_second_later() {
    let world = World::open().await;
    let rule = TpsRule { max_count: 0, period: Period::Hours, monitor: MonitorMode::Intercept };
    world.nacos.control().set_tps_rule(Point::ConfigQuery, Some(rule));
    let start = tokio::time::Instant::now();
    let named = [("dataId", "d"), ("group", "G")];
    assert_eq!(world.get("/v1/cs/configs", &named).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(world.get("/v2/cs/config", &named).await.refusal(), (503, 30000));
    world.publish("", "G", "d", "other points are not touched").await;
}
