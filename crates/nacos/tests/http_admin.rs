//! Namespaces, this node, and the API as a whole.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are not inside a test function"
)]

mod http_world;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_world::World;
use proptest::prelude::*;
use serde_json::json;

#[tokio::test]
async fn namespaces_are_made_changed_listed_and_removed() {
    let world = World::open().await;
    let v1 =
        [("customNamespaceId", "dev"), ("namespaceName", "Development"), ("namespaceDesc", "d")];
    assert_eq!(world.post("/v1/console/namespaces", &v1).await.ok(), "true");
    assert_eq!(world.post("/v1/console/namespaces", &v1).await.ok(), "false", "it is there");
    let bad = [("customNamespaceId", "a/b"), ("namespaceName", "n")];
    assert_eq!(world.post("/v1/console/namespaces", &bad).await.ok(), "false");
    let v2 = [("namespaceId", "test"), ("namespaceName", "Test")];
    assert_eq!(world.post("/v2/console/namespace", &v2).await.data(), true);
    assert_eq!(world.post("/v3/admin/core/namespace", &v2).await.refusal(), (400, 22002));
    let illegal = [("namespaceId", "a/b"), ("namespaceName", "n")];
    assert_eq!(world.post("/v2/console/namespace", &illegal).await.refusal(), (400, 22000));
    let named = [("namespaceId", ""), ("namespaceName", "no # here")];
    assert_eq!(world.post("/v3/admin/core/namespace", &named).await.refusal(), (400, 22000));
    assert_eq!(world.post("/v3/admin/core/namespace", &v2[..1]).await.refusal(), (400, 10000));
    let made = [("namespaceId", ""), ("namespaceName", "With an id of ours")];
    assert_eq!(world.post("/v3/admin/core/namespace", &made).await.data(), true);

    world.publish("dev", "G", "d", "c").await;
    let list = world.get("/v1/console/namespaces", &[]).await.json();
    assert_eq!(
        (&list["code"], &list["data"][0]["namespace"], &list["data"][0]["type"]),
        (&200.into(), &"".into(), &0.into())
    );
    let list = world.get("/v3/admin/core/namespace/list", &[]).await.data();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["namespace"]), (4, &"public".into()));
    let one = world.get("/v2/console/namespace", &[("namespaceId", "dev")]).await.data();
    assert_eq!(
        (&one["namespaceShowName"], &one["configCount"], &one["type"]),
        (&"Development".into(), &1.into(), &2.into())
    );
    let changed = [("namespace", "dev"), ("namespaceShowName", "Dev"), ("namespaceDesc", "")];
    assert_eq!(world.put("/v1/console/namespaces", &changed).await.ok(), "true");
    let all = [("namespaceId", "dev"), ("show", "all")];
    assert_eq!(world.get("/v1/console/namespaces", &all).await.json()["namespaceShowName"], "Dev");
    let taken = [("checkNamespaceIdExist", "true"), ("customNamespaceId", "dev")];
    assert_eq!(world.get("/v1/console/namespaces", &taken).await.ok(), "true");
    assert_eq!(
        world.get("/v3/admin/core/namespace/check", &[("namespaceId", "x")]).await.data(),
        0
    );
    assert_eq!(
        world.delete("/v2/console/namespace", &[("namespaceId", "test")]).await.data(),
        true
    );
    assert_eq!(
        world.delete("/v1/console/namespaces", &[("namespaceId", "test")]).await.ok(),
        "true"
    );
    assert_eq!(
        world.get("/v3/admin/core/namespace", &[("namespaceId", "test")]).await.refusal(),
        (404, 22001)
    );
    assert_eq!(
        world.delete("/v3/admin/core/namespace", &[("namespaceId", "public")]).await.refusal(),
        (400, 22000)
    );
}

#[tokio::test]
async fn the_node_tells_how_it_is() {
    let world = World::open().await;
    for path in ["liveness", "readiness"] {
        let v1 = world.get(&format!("/v1/console/health/{path}"), &[]).await;
        assert_eq!(v1.ok(), "OK");
        assert_eq!(world.get(&format!("/v2/console/health/{path}"), &[]).await.data(), "ok");
        assert_eq!(world.get(&format!("/v3/admin/core/state/{path}"), &[]).await.data(), "ok");
        assert_eq!(world.get(&format!("/v3/console/health/{path}"), &[]).await.data(), "ok");
    }
    assert_eq!(world.get("/v1/cs/health", &[]).await.ok(), "UP");
    let state = world.get("/v1/console/server/state", &[]).await.json();
    assert_eq!(
        (&state["startup_mode"], &state["server_port"]),
        (&"standalone".into(), &"8848".into())
    );
    assert_eq!(world.get("/serverlist", &[]).await.ok(), "127.0.0.1:8848");
    let own = world.get("/v2/core/cluster/node/self", &[]).await.data();
    assert_eq!((&own["address"], &own["state"]), (&"127.0.0.1:8848".into(), &"UP".into()));
    let nodes = world.get("/v1/core/cluster/nodes", &[]).await.json();
    assert_eq!((&nodes["code"], &nodes["data"][0]["ip"]), (&200.into(), &"127.0.0.1".into()));
    let down = world.get("/v3/admin/core/cluster/node/list", &[("state", "down")]).await;
    assert_eq!(down.data(), json!([]));
    let odd = world.get("/v3/admin/core/cluster/node/list", &[("state", "odd")]).await;
    assert_eq!(odd.refusal(), (400, 23000));
}

#[tokio::test]
async fn connections_and_caches_are_asked_for() {
    let world = World::open().await;
    assert_eq!(world.get("/v2/core/loader/current", &[]).await.json(), json!({}));
    let load = world.get("/v3/admin/core/loader/cluster", &[]).await.data();
    assert_eq!((&load["memberCount"], &load["total"]), (&1.into(), &0.into()));
    let one = [("connectionId", "gone")];
    assert_eq!(world.post("/v3/admin/core/loader/reloadClient", &one).await.status, StatusCode::OK);
    let count = [("count", "0"), ("redirectAddress", "no-port")];
    assert_eq!(world.post("/v3/admin/core/loader/reloadCurrent", &count).await.refusal().0, 400);
    let asked = [("ip", "10.0.0.1"), ("dataId", "d"), ("groupName", "G")];
    assert_eq!(world.get("/v3/admin/cs/metrics/ip", &asked).await.data(), json!({}));
}

#[tokio::test]
async fn requests_are_counted_by_route() {
    let world = World::open().await;
    world.publish("", "G", "d", "c").await;
    world.get("/v1/cs/configs", &[("dataId", "absent"), ("group", "G")]).await;
    let mut registry = prometheus_client::registry::Registry::default();
    world.nacos.register_metrics(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    for line in [
        r#"http_server_requests_seconds_count{method="POST",uri="/v1/cs/configs",status="200"} 1"#,
        r#"http_server_requests_seconds_count{method="GET",uri="/v1/cs/configs",status="404"} 1"#,
        r#"nacos_timer_seconds_count{module="config",name="writeConfigRt"} 1"#,
        r#"nacos_monitor{module="config",name="longPolling"} 0"#,
    ] {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
}

/// What Nacos's own Grafana boards draw, as far as a server without a JVM has it
/// (nacos-group/nacos-template: `nacos-grafana.json`, `nacos-grafana-upper-2.4.json`).
#[tokio::test]
async fn nacos_grafana_boards_find_what_they_draw() {
    let world = World::open().await;
    world.publish("", "G", "d", "c").await;
    let instance = [("serviceName", "s"), ("ip", "127.0.0.1"), ("port", "80")];
    world.post("/v1/ns/instance", &instance).await.ok();
    let mut registry = prometheus_client::registry::Registry::default();
    world.nacos.register_metrics(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    for (module, name, value) in [
        ("naming", "avgPushCost", -1),
        ("naming", "maxPushCost", -1),
        ("naming", "totalPush", 0),
        ("naming", "failedPush", 0),
        ("naming", "domCount", 1),
        ("naming", "serviceCount", 1),
        ("naming", "ipCount", 1),
        ("naming", "subscriberCount", 0),
        ("naming", "pushPendingTaskCount", 0),
        ("naming", "leaderStatus", 1),
        ("naming", "tcpHealthCheck", 0),
        ("naming", "httpHealthCheck", 0),
        ("naming", "mysqlHealthCheck", 0),
        ("core", "longConnection", 0),
        ("config", "configCount", 1),
        ("config", "longPolling", 0),
        ("config", "getConfig", 0),
        ("config", "publish", 1),
        ("config", "notifyTask", 0),
        ("config", "notifyClientTask", 0),
        ("config", "dumpTask", 0),
    ] {
        let line = format!("nacos_monitor{{module=\"{module}\",name=\"{name}\"}} {value}\n");
        assert!(text.contains(&line), "{line}\nis not in\n{text}");
    }
    for line in [
        r#"nacos_config_subscriber{module="config",version="v1"} 0"#,
        r#"nacos_config_subscriber{module="config",version="v2"} 0"#,
        r#"http_server_requests_seconds_count{method="POST",uri="/v1/cs/configs",status="200"} 1"#,
        "# TYPE grpc_server_requests_seconds histogram",
        "# TYPE nacos_timer_seconds histogram",
    ] {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
}

#[tokio::test]
async fn the_document_is_served_and_complete() {
    let world = World::open().await;
    let document = world.get("/openapi.json", &[]).await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let publish = &document["paths"]["/nacos/v3/admin/cs/config"]["post"];
    let content = publish["parameters"].as_array().unwrap().iter().find(|p| p["name"] == "content");
    assert_eq!(content.unwrap()["required"], true);
    let shared = &document["paths"]["/nacos/v1/cs/configs"]["get"];
    assert!(shared["description"].as_str().unwrap().contains("search=blur"));
}

#[tokio::test]
async fn required_parameters_are_those_that_are_asked_for() {
    let world = World::open().await;
    let document = world.get("/openapi.json", &[]).await.json();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let required = operation["parameters"].as_array().unwrap().iter();
            let required: Vec<_> =
                required.filter(|p| p["required"] == true && p["in"] == "query").collect();
            if required.is_empty() {
                continue;
            }
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let request =
                Request::builder().method(method.clone()).uri(path.replace(['{', '}'], ""));
            let answer = world.send(request.body(Body::empty()).unwrap()).await;
            let refused = [400, 501].contains(&answer.status.as_u16());
            assert!(refused, "{method} {path} without {required:?}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_offered_differ() {
    let world = World::open().await;
    let absent = world.get("/v3/no/such/thing", &[]).await;
    assert_eq!(absent.refusal(), (404, 20004));
    assert_eq!(world.get("/v1/no/such/thing", &[]).await.status, StatusCode::NOT_FOUND);
    for (method, path) in [
        (Method::POST, "/v1/cs/ops/localCache"),
        (Method::POST, "/v3/admin/core/ops/raft"),
        (Method::PUT, "/v2/core/cluster/lookup"),
        (Method::GET, "/v3/admin/ai/mcp"),
    ] {
        let answer = world.query(method, path, &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_IMPLEMENTED, "{path}");
    }
    let wrong = world.query(Method::PATCH, "/v3/client/cs/config", &[]).await;
    assert_eq!(wrong.refusal().0, 405);
}

#[tokio::test]
async fn head_is_answered_like_get() {
    let world = World::open().await;
    world.publish("", "G", "d", "c").await;
    let named = [("dataId", "d"), ("group", "G")];
    assert_eq!(world.query(Method::HEAD, "/v1/cs/configs", &named).await.status, StatusCode::OK);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is sent, the answer is one of a server in its right mind.
    #[test]
    fn no_bytes_make_the_server_fail(
        path in prop::sample::select(vec![
            "/v1/cs/configs", "/v1/cs/configs/listener", "/v1/ns/instance", "/v2/ns/instance",
            "/v1/auth/login", "/v3/admin/cs/config/clone?namespaceId=", "/v2/ns/service",
            "/v3/admin/cs/config/import?namespaceId=",
        ]),
        kind in prop::sample::select(vec![
            "application/x-www-form-urlencoded", "application/json",
            "multipart/form-data; boundary=x", "text/plain", "",
        ]),
        name in prop::sample::select(vec![
            "", "dataId=d&group=G&content=", "Listening-Configs=", "serviceName=s&ip=1&port=1&metadata=",
            "username=u&password=", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::open().await;
            let request = Request::post(format!("/nacos{path}"))
                .header("content-type", kind)
                .body(Body::from([name.as_bytes(), &bytes].concat()))
                .unwrap();
            let answer = world.send(request).await;
            let status = answer.status.as_u16();
            prop_assert!(status == 200 || (400..500).contains(&status), "{:?}", answer);
            Ok(())
        })?;
    }
}
