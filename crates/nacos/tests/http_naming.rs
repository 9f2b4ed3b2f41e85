//! Services and instances over HTTP, in all three generations.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are not inside a test function"
)]

mod http_world;

use std::sync::Arc;

use http::{Method, StatusCode};
use http_world::World;
use seawall_clock::{Clock, SystemClock};
use seawall_config::ConfigSettings;
use seawall_identity::Access;
use seawall_nacos::NacosSettings;
use seawall_registry::RegistrySettings;
use seawall_store::{MemoryStore, Store};
use serde_json::{Value, json};

const SERVICE: [(&str, &str); 3] =
    [("serviceName", "s"), ("groupName", "G"), ("namespaceId", "dev")];

/// A request: method, path and query.
type Asked<'a> = (Method, &'a str, &'a [(&'a str, &'a str)]);

fn with<'a>(base: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [base, more].concat()
}

fn addressed<'a>(ip: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    with(&with(&SERVICE, &[("ip", ip), ("port", "80")]), more)
}

async fn hosts(world: &World) -> Vec<String> {
    let list = world.get("/v1/ns/instance/list", &SERVICE).await.json();
    let hosts = list["hosts"].as_array().unwrap();
    hosts.iter().map(|host| host["ip"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_cluster_called_none_is_the_default_one() {
    let world = World::open().await;
    world.post("/v1/ns/instance", &addressed("10.0.0.1", &[("clusterName", "None")])).await.ok();
    let beaten = with(&SERVICE, &[("beat", r#"{"ip": "10.0.0.1", "port": 80}"#)]);
    assert_eq!(world.put("/v1/ns/instance/beat", &beaten).await.json()["code"], 10200);
    assert_eq!(hosts(&world).await, ["10.0.0.1"], "one instance, whatever its cluster is called");
    world.put("/v1/ns/instance", &addressed("10.0.0.1", &[("weight", "7")])).await.ok();
    let list = world.get("/v1/ns/instance/list", &SERVICE).await.json();
    assert_eq!(list["hosts"][0]["weight"], 7.0);
}

#[tokio::test(start_paused = true)]
async fn deregistering_what_is_not_there_takes_no_time() {
    let world = World::open().await;
    let began = tokio::time::Instant::now();
    let gone = addressed("10.0.0.1", &[("ephemeral", "false")]);
    assert_eq!(world.delete("/v1/ns/instance", &gone).await.ok(), "ok");
    assert!(began.elapsed() < std::time::Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_one_generation_registers_all_others_see() {
    let world = World::open().await;
    for (ip, path) in [
        ("10.0.0.1", "/v1/ns/instance"),
        ("10.0.0.2", "/v2/ns/instance"),
        ("10.0.0.3", "/v3/client/ns/instance"),
        ("10.0.0.4", "/v3/admin/ns/instance"),
    ] {
        let registered = world.post(path, &addressed(ip, &[])).await;
        if path.starts_with("/v1") {
            assert_eq!(registered.ok(), "ok");
        } else {
            assert_eq!(registered.data(), "ok");
        }
    }
    let expected = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"];
    assert_eq!(hosts(&world).await, expected);
    let v1 = world.get("/v1/ns/instance/list", &SERVICE).await.json();
    assert_eq!((&v1["name"], &v1["clusters"]), (&"G@@s".into(), &"".into()));
    assert_eq!(v1["hosts"][0]["serviceName"], "G@@s");
    let v2 = world.get("/v2/ns/instance/list", &SERVICE).await.data();
    assert_eq!(v2["hosts"].as_array().unwrap().len(), 4);
    let v3 = world.get("/v3/client/ns/instance/list", &SERVICE).await.data();
    assert_eq!((v3.as_array().unwrap().len(), &v3[3]["ip"]), (4, &"10.0.0.4".into()));
    let admin = world.get("/v3/admin/ns/instance/list", &SERVICE).await.data();
    assert_eq!(admin.as_array().unwrap().len(), 4);

    for (ip, path) in [
        ("10.0.0.1", "/v1/ns/instance"),
        ("10.0.0.2", "/v2/ns/instance"),
        ("10.0.0.3", "/v3/client/ns/instance"),
        ("10.0.0.4", "/v3/admin/ns/instance"),
    ] {
        assert_eq!(world.delete(path, &addressed(ip, &[])).await.status, 200);
    }
    assert_eq!(hosts(&world).await, [""; 0]);
}

#[tokio::test]
async fn t11_a_service_is_found_however_it_is_named() {
    let world = World::open().await;
    let grouped =
        [("serviceName", "G@@s"), ("namespaceId", "dev"), ("ip", "10.0.0.1"), ("port", "80")];
    assert_eq!(world.post("/v1/ns/instance", &grouped).await.ok(), "ok");
    assert_eq!(hosts(&world).await, ["10.0.0.1"]);
    let plain = [("serviceName", "plain"), ("ip", "10.0.0.2"), ("port", "80")];
    world.post("/v1/ns/instance", &plain).await.ok();
    let named = [("serviceName", "DEFAULT_GROUP@@plain"), ("namespaceId", "public")];
    let list = world.get("/v1/ns/instance/list", &named).await.json();
    assert_eq!(list["hosts"][0]["clusterName"], "DEFAULT");
}

#[tokio::test]
async fn t12_the_first_registration_decides_what_a_service_holds() {
    let world = World::open().await;
    world.post("/v1/ns/instance", &addressed("10.0.0.1", &[])).await.ok();
    let persistent = addressed("10.0.0.2", &[("ephemeral", "false")]);
    let refused = world.post("/v1/ns/instance", &persistent).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        refused.text,
        "Current service G@@s is ephemeral service, can't register persistent instance."
    );
    assert_eq!(world.post("/v3/admin/ns/instance", &persistent).await.refusal(), (400, 21004));
}

#[tokio::test]
async fn t14_clients_see_enabled_instances_of_the_clusters_they_ask_for() {
    let world = World::open().await;
    for (ip, cluster, enabled) in [
        ("10.0.0.1", "a", "true"),
        ("10.0.0.2", "b", "true"),
        ("10.0.0.3", "a", "false"),
        ("10.0.0.4", "c", "true"),
    ] {
        let more = [("clusterName", cluster), ("enabled", enabled)];
        world.post("/v1/ns/instance", &addressed(ip, &more)).await.ok();
    }
    let asked = with(&SERVICE, &[("clusters", "a,b"), ("healthyOnly", "false")]);
    let list = world.get("/v1/ns/instance/list", &asked).await.json();
    let ips: Vec<_> =
        list["hosts"].as_array().unwrap().iter().map(|host| host["ip"].as_str().unwrap()).collect();
    assert_eq!(ips, ["10.0.0.1", "10.0.0.2"]);
    assert_eq!(list["clusters"], "a,b");
    assert_eq!(list["reachProtectionThreshold"], false);
    let all = world.get("/v3/admin/ns/instance/list", &SERVICE).await.data();
    assert_eq!(all.as_array().unwrap().len(), 4, "operators also see disabled ones");
}

#[tokio::test]
async fn t15_an_unknown_beat_asks_to_register_again() {
    let world = World::open().await;
    let light = addressed("10.0.0.1", &[]);
    let answer = world.put("/v1/ns/instance/beat", &light).await.json();
    assert_eq!(answer["code"], 20404);
    assert_eq!(
        (&answer["clientBeatInterval"], &answer["lightBeatEnabled"]),
        (&5000.into(), &true.into())
    );
    let beating = with(&light, &[("heartBeat", "true")]);
    assert_eq!(world.post("/v3/client/ns/instance", &beating).await.refusal(), (200, 21003));

    let beat = json!({ "ip": "10.0.0.1", "port": 80, "serviceName": "G@@s", "weight": 1.5,
                       "metadata": { "zone": "a" }, "scheduled": true })
    .to_string();
    let full = with(&SERVICE, &[("beat", &beat)]);
    assert_eq!(world.put("/v1/ns/instance/beat", &full).await.json()["code"], 10200);
    assert_eq!(hosts(&world).await, ["10.0.0.1"]);
    assert_eq!(world.put("/v1/ns/instance/beat", &light).await.json()["code"], 10200);
    assert_eq!(world.put("/v2/ns/instance/beat", &light).await.json()["code"], 10200);
    assert_eq!(world.post("/v3/client/ns/instance", &beating).await.data(), "ok");
    let broken = with(&SERVICE, &[("beat", "{")]);
    assert_eq!(world.put("/v1/ns/instance/beat", &broken).await.status, 400);
}

#[tokio::test]
async fn an_instance_is_read_changed_and_patched() {
    let world = World::open().await;
    let metadata = [("metadata", r#"{"a":"1"}"#), ("weight", "2")];
    world.post("/v1/ns/instance", &addressed("10.0.0.1", &metadata)).await.ok();
    let one = addressed("10.0.0.1", &[]);
    let v1 = world.get("/v1/ns/instance", &one).await.json();
    assert_eq!(
        (&v1["service"], &v1["weight"], &v1["metadata"]["a"]),
        (&"G@@s".into(), &2.0.into(), &"1".into())
    );
    assert_eq!(v1["instanceId"], "10.0.0.1#80#DEFAULT#G@@s");

    let change = [("weight", "3"), ("enabled", "false"), ("metadata", "b=2")];
    assert_eq!(world.put("/v1/ns/instance", &addressed("10.0.0.1", &change)).await.ok(), "ok");
    let v2 = world.get("/v2/ns/instance", &one).await.data();
    assert_eq!((&v2["weight"], &v2["metadata"]), (&3.0.into(), &json!({ "a": "1", "b": "2" })));
    assert_eq!(hosts(&world).await, [""; 0], "a disabled instance is not shown");

    let enable = addressed("10.0.0.1", &[("enabled", "true")]);
    assert_eq!(world.query(Method::PATCH, "/v1/ns/instance", &enable).await.ok(), "ok");
    let partial = addressed("10.0.0.1", &[("weight", "4")]);
    assert_eq!(world.put("/v3/admin/ns/instance/partial", &partial).await.data(), "ok");
    let v3 = world.get("/v3/admin/ns/instance", &one).await.data();
    assert_eq!((&v3["weight"], &v3["enabled"]), (&4.0.into(), &true.into()));
    world.post("/v1/ns/instance", &addressed("10.0.0.1", &metadata)).await.ok();
    let again = world.get("/v3/admin/ns/instance", &one).await.data();
    assert_eq!(again["weight"], 4.0, "edits outlive a new registration");

    let absent = addressed("10.0.0.9", &[]);
    assert_eq!(world.get("/v1/ns/instance", &absent).await.status, 404);
    assert_eq!(world.get("/v3/admin/ns/instance", &absent).await.refusal(), (404, 20004));
    let heavy = addressed("10.0.0.2", &[("weight", "10001")]);
    assert_eq!(world.post("/v3/client/ns/instance", &heavy).await.refusal(), (400, 21001));
    let beats = r#"{"preserved.heart.beat.interval":"20000"}"#;
    let late = addressed("10.0.0.2", &[("metadata", beats)]);
    assert_eq!(world.post("/v2/ns/instance", &late).await.refusal(), (400, 21004));
}

#[tokio::test]
async fn an_edit_of_metadata_takes_the_place_of_the_one_before() {
    let world = World::open().await;
    world.post("/v1/ns/instance", &addressed("10.0.0.1", &[("metadata", "own=1")])).await.ok();
    let one = addressed("10.0.0.1", &[]);
    let shown = async || world.get("/v3/admin/ns/instance", &one).await.data()["metadata"].clone();
    let edit = |metadata| addressed("10.0.0.1", &[("metadata", metadata)]);
    world.put("/v1/ns/instance", &edit("a=1")).await.ok();
    world.put("/v1/ns/instance", &edit("b=1")).await.ok();
    assert_eq!(shown().await, json!({ "own": "1", "b": "1" }), "`a` is gone");
    world.query(Method::PATCH, "/v1/ns/instance", &edit("c=1")).await.ok();
    assert_eq!(shown().await, json!({ "own": "1", "c": "1" }), "`b` is gone");
    let weight = addressed("10.0.0.1", &[("weight", "2")]);
    world.query(Method::PATCH, "/v1/ns/instance", &weight).await.ok();
    assert_eq!(shown().await, json!({ "own": "1", "c": "1" }), "not named, not changed");
    world.put("/v1/ns/instance", &weight).await.ok();
    assert_eq!(shown().await, json!({ "own": "1" }), "as registered");
}

#[tokio::test]
async fn metadata_of_many_instances_is_edited_at_once() {
    let world = World::open().await;
    for ip in ["10.0.0.1", "10.0.0.2"] {
        world.post("/v1/ns/instance", &addressed(ip, &[("metadata", "a=1")])).await.ok();
    }
    let set = with(&SERVICE, &[("metadata", r#"{"b":"2"}"#), ("consistencyType", "ephemeral")]);
    let updated = world.put("/v1/ns/instance/metadata/batch", &set).await.json();
    assert_eq!(updated["updated"][0], "10.0.0.1:80:unknown:DEFAULT:ephemeral");
    let one = r#"[{"ip":"10.0.0.2","port":80},{"ip":"10.0.0.9","port":80}]"#;
    let take = with(&SERVICE, &[("metadata", r#"{"b":""}"#), ("instances", one)]);
    let updated = world.delete("/v3/admin/ns/instance/metadata/batch", &take).await.data();
    assert_eq!(updated["updated"].as_array().unwrap().len(), 1);
    let metadata = |list: &Value| list["hosts"][1]["metadata"].clone();
    let list = world.get("/v1/ns/instance/list", &SERVICE).await.json();
    assert_eq!(
        (&list["hosts"][0]["metadata"]["b"], metadata(&list)),
        (&"2".into(), json!({ "a": "1" }))
    );
    let statuses = world.get("/v1/ns/instance/statuses", &[("key", "dev##G@@s")]).await.json();
    assert_eq!(statuses["ips"], json!(["10.0.0.1:80_true", "10.0.0.2:80_true"]));
    let statuses = world.get("/v2/ns/instance/statuses/dev%23%23G@@s", &[]).await.json();
    assert_eq!(statuses["ips"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn services_are_declared_read_changed_and_removed() {
    let world = World::open().await;
    let declared = with(&SERVICE, &[("protectThreshold", "0.5"), ("metadata", "owner=shop")]);
    assert_eq!(world.post("/v1/ns/service", &declared).await.ok(), "ok");
    assert_eq!(world.post("/v2/ns/service", &declared).await.refusal(), (400, 21007));
    let v1 = world.get("/v1/ns/service", &SERVICE).await.json();
    assert_eq!(
        (&v1["name"], &v1["groupName"], &v1["protectThreshold"]),
        (&"s".into(), &"G".into(), &0.5.into())
    );
    assert_eq!(v1["selector"]["type"], "none");
    let selector = r#"{"type":"label","expression":"zone = a"}"#;
    let change = with(&SERVICE, &[("protectThreshold", "0.25"), ("selector", selector)]);
    assert_eq!(world.put("/v3/admin/ns/service", &change).await.data(), "ok");
    let v2 = world.get("/v2/ns/service", &SERVICE).await.data();
    assert_eq!((&v2["namespace"], &v2["selector"]["type"]), (&"dev".into(), &"label".into()));
    let v3 = world.get("/v3/admin/ns/service", &SERVICE).await.data();
    assert_eq!((&v3["namespaceId"], &v3["protectThreshold"]), (&"dev".into(), &0.25.into()));
    let wrong = with(&SERVICE, &[("selector", r#"{"type":"cmdb"}"#)]);
    assert_eq!(world.put("/v2/ns/service", &wrong).await.refusal(), (400, 21006));

    let checker = r#"{"type":"NONE"}"#;
    let cluster = with(
        &SERVICE,
        &[
            ("clusterName", "DEFAULT"),
            ("checkPort", "81"),
            ("useInstancePort4Check", "true"),
            ("healthChecker", checker),
        ],
    );
    assert_eq!(world.put("/v1/ns/cluster", &cluster).await.ok(), "ok");
    let persistent = addressed("10.0.0.1", &[("ephemeral", "false")]);
    world.post("/v1/ns/instance", &persistent).await.ok();
    let sick = addressed("10.0.0.1", &[("healthy", "false")]);
    assert_eq!(world.put("/v1/ns/health/instance", &sick).await.ok(), "ok");
    let found = world.get("/v3/admin/ns/instance", &addressed("10.0.0.1", &[])).await.data();
    assert_eq!((&found["healthy"], &found["ephemeral"]), (&false.into(), &false.into()));
    assert_eq!(world.delete("/v2/ns/service", &SERVICE).await.refusal(), (400, 21009));
    world.delete("/v1/ns/instance", &persistent).await.ok();
    assert_eq!(world.delete("/v3/admin/ns/service", &SERVICE).await.data(), "ok");
    assert_eq!(world.get("/v3/admin/ns/service", &SERVICE).await.refusal(), (400, 21008));
    assert_eq!(world.delete("/v1/ns/service", &SERVICE).await.status, 400);
}

#[tokio::test]
async fn the_health_of_an_instance_the_server_checks_cannot_be_set() {
    let world = World::open().await;
    let persistent = addressed("10.0.0.1", &[("ephemeral", "false")]);
    world.post("/v1/ns/instance", &persistent).await.ok();
    let sick = addressed("10.0.0.1", &[("healthy", "false")]);
    assert_eq!(world.put("/v3/admin/ns/health/instance", &sick).await.refusal(), (400, 21011));
    assert_eq!(world.put("/v2/ns/health", &SERVICE).await.refusal(), (400, 10000));
}

#[tokio::test]
async fn services_are_listed_searched_and_catalogued() {
    let world = World::open().await;
    for (name, ip) in [("order", "10.0.0.1"), ("order-query", "10.0.0.2"), ("user", "10.0.0.3")] {
        let pairs = [("serviceName", name), ("groupName", "G"), ("ip", ip), ("port", "80")];
        world.post("/v1/ns/instance", &pairs).await.ok();
    }
    let page = [("pageNo", "1"), ("pageSize", "2"), ("groupName", "G")];
    let v1 = world.get("/v1/ns/service/list", &page).await.json();
    assert_eq!((&v1["count"], &v1["doms"]), (&3.into(), &json!(["order", "order-query"])));
    let v2 = world.get("/v2/ns/service/list", &[("groupName", "G")]).await.data();
    assert_eq!((&v2["count"], v2["services"].as_array().unwrap().len()), (&3.into(), 3));
    let searched = [("serviceNameParam", "order"), ("pageNo", "1"), ("pageSize", "10")];
    let v3 = world.get("/v3/admin/ns/service/list", &searched).await.data();
    assert_eq!((&v3["totalCount"], &v3["pageItems"][0]["name"]), (&2.into(), &"order".into()));
    assert_eq!(v3["pageItems"][0]["triggerFlag"], "false");
    let populated = with(&searched, &[("withInstances", "true")]);
    let v3 = world.get("/v3/admin/ns/service/list", &populated).await.data();
    assert_eq!(v3["pageItems"][0]["clusterMap"]["DEFAULT"]["hosts"][0]["ip"], "10.0.0.1");
    let catalog = world.get("/v1/ns/catalog/services", &searched).await.json();
    assert_eq!((&catalog["count"], &catalog["serviceList"][1]["ipCount"]), (&2.into(), &1.into()));
    let names = world.get("/v1/ns/service/names", &[("expr", "user")]).await.json();
    assert_eq!((&names["count"], &names["services"]["public"]), (&1.into(), &json!(["G@@user"])));
    let one = [("serviceName", "G@@order"), ("pageNo", "1"), ("pageSize", "10")];
    let detail = world.get("/v1/ns/catalog/service", &one[..1]).await.json();
    assert_eq!(
        (&detail["service"]["name"], &detail["clusters"][0]["name"]),
        (&"order".into(), &"DEFAULT".into())
    );
    let list = world
        .get("/v1/ns/catalog/instances", &with(&one, &[("clusterName", "DEFAULT")]))
        .await
        .json();
    assert_eq!((&list["count"], &list["list"][0]["ip"]), (&1.into(), &"10.0.0.1".into()));
    let list = world
        .get("/v2/ns/catalog/instances", &with(&one, &[("healthyOnly", "false")]))
        .await
        .data();
    assert_eq!(list["count"], 0, "only the unhealthy ones");
    let types = world.get("/v1/ns/service/selector/types", &[]).await.json();
    assert_eq!(types["data"], json!(["none", "label"]));
    let checkers = world.get("/v3/admin/ns/health/checkers", &[]).await.data();
    assert_eq!(checkers["HTTP"]["expectedResponseCode"], 200);
}

#[tokio::test]
async fn clients_and_numbers_are_shown() {
    let world = World::open().await;
    world.post("/v1/ns/instance", &addressed("10.0.0.1", &[])).await.ok();
    let id = "10.0.0.1:80#true";
    assert_eq!(world.get("/v2/ns/client/list", &[]).await.data(), json!([id]));
    let detail = world.get("/v3/admin/ns/client", &[("clientId", id)]).await.data();
    assert_eq!((&detail["clientId"], &detail["clientType"]), (&id.into(), &"ipPort".into()));
    let v2 = world.get("/v2/ns/client/publish/list", &[("clientId", id)]).await.data();
    assert_eq!(
        (&v2[0]["namespace"], &v2[0]["registeredInstance"]["cluster"]),
        (&"dev".into(), &"DEFAULT".into())
    );
    let v3 = world.get("/v3/admin/ns/client/publish/list", &[("clientId", id)]).await.data();
    assert_eq!(
        (&v3[0]["namespaceId"], &v3[0]["publisherInfo"]["ip"]),
        (&"dev".into(), &"10.0.0.1".into())
    );
    let publishers = world.get("/v3/admin/ns/client/service/publisher/list", &SERVICE).await.data();
    assert_eq!(publishers[0]["clientId"], id);
    let none = with(&SERVICE, &[("ip", "10.0.0.2")]);
    let publishers = world.get("/v2/ns/client/service/publisher/list", &none).await.data();
    assert_eq!(publishers, json!([]));
    assert_eq!(
        world.get("/v3/admin/ns/client", &[("clientId", "x")]).await.refusal(),
        (404, 20004)
    );
    let subscribers = world.get("/v1/ns/service/subscribers", &SERVICE).await.json();
    assert_eq!((&subscribers["count"], &subscribers["subscribers"]), (&0.into(), &json!([])));

    assert_eq!(world.get("/v1/ns/operator/metrics", &[]).await.json(), json!({ "status": "UP" }));
    let counts = world.get("/v1/ns/ops/metrics", &[("onlyStatus", "false")]).await.json();
    assert_eq!(
        (&counts["instanceCount"], &counts["ephemeralIpPortClientCount"]),
        (&1.into(), &1.into())
    );
    let counts = world.get("/v3/admin/ns/ops/metrics", &[("onlyStatus", "false")]).await.data();
    assert_eq!(counts["serviceCount"], 1);
    let switches = world.get("/v2/ns/ops/switches", &[]).await.data();
    assert_eq!(switches["lightBeatEnabled"], true);
    let set = [("entry", "pushEnabled"), ("value", "false")];
    assert_eq!(world.put("/v3/admin/ns/ops/switches", &set).await.refusal(), (501, 40001));
    assert_eq!(world.put("/v1/ns/operator/switches", &set).await.status, 501);
}

#[tokio::test]
async fn t05_a_node_that_is_starting_says_so_instead_of_showing_nothing() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let store: Arc<dyn Store> = MemoryStore::new(Arc::clone(&clock));
    let start = async |warm_up_ms| {
        let services = RegistrySettings { warm_up_ms, ..RegistrySettings::default() };
        let (nacos, items) = (NacosSettings::default(), ConfigSettings::default());
        let (store, clock) = (Arc::clone(&store), Arc::clone(&clock));
        World::on(store, clock, Access::Open, nacos, items, services).await
    };
    let first = start(0).await;
    while !first.registry.ready() {
        tokio::task::yield_now().await;
    }
    let persistent = addressed("10.0.0.1", &[("ephemeral", "false")]);
    first.post("/v1/ns/instance", &persistent).await.ok();
    first.registry.close().await;

    let second = start(3_600_000).await;
    let v1 = second.get("/v1/ns/instance/list", &SERVICE).await;
    assert_eq!((v1.status, v1.text.contains("STARTING")), (StatusCode::SERVICE_UNAVAILABLE, true));
    let v3 = second.get("/v3/client/ns/instance/list", &SERVICE).await;
    assert_eq!(v3.refusal(), (503, 10002));
    assert_eq!(second.get("/v1/console/health/readiness", &[]).await.status, 500);
    let state = second.get("/v1/ns/operator/metrics", &[]).await.json();
    assert_eq!(state, json!({ "status": "STARTING" }));
    second.publish("", "G", "d", "configuration is there already").await;
}

#[tokio::test]
async fn what_may_still_come_back_after_a_restart_is_not_called_absent() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let store: Arc<dyn Store> = MemoryStore::new(Arc::clone(&clock));
    let start = async || {
        let (nacos, items) = (NacosSettings::default(), ConfigSettings::default());
        let services = RegistrySettings { warm_up_ms: 0, ..RegistrySettings::default() };
        let (store, clock) = (Arc::clone(&store), Arc::clone(&clock));
        let world = World::on(store, clock, Access::Open, nacos, items, services).await;
        while !world.registry.ready() {
            tokio::task::yield_now().await;
        }
        world
    };
    let first = start().await;
    first.post("/v1/ns/instance", &addressed("10.0.0.1", &[])).await.ok();
    first.registry.close().await;
    drop(first);

    let second = start().await;
    let one = addressed("10.0.0.1", &[("metadata", "a=1")]);
    let paged = with(&SERVICE, &[("pageNo", "1"), ("pageSize", "10")]);
    let all = with(&SERVICE, &[("metadata", "a=1")]);
    let key = [("key", "dev##G@@s")];
    let populated = [("namespaceId", "dev"), ("withInstances", "true")];
    let asked: [Asked<'_>; 14] = [
        (Method::GET, "/v1/ns/instance", &one),
        (Method::GET, "/v2/ns/instance", &one),
        (Method::GET, "/v3/admin/ns/instance", &one),
        (Method::PUT, "/v1/ns/instance", &one),
        (Method::PATCH, "/v1/ns/instance", &one),
        (Method::PUT, "/v3/admin/ns/instance/partial", &one),
        (Method::PUT, "/v1/ns/instance/metadata/batch", &all),
        (Method::GET, "/v1/ns/instance/statuses", &key),
        (Method::GET, "/v1/ns/catalog/instances", &paged),
        (Method::GET, "/v2/ns/catalog/instances", &paged),
        (Method::GET, "/v3/admin/ns/instance/list", &SERVICE),
        (Method::GET, "/v1/ns/catalog/services", &populated),
        (Method::GET, "/prometheus/namespaceId/dev", &[]),
        (Method::GET, "/prometheus/namespaceId/dev/service/s", &[]),
    ];
    for (method, path, pairs) in asked.clone() {
        let answer = second.query(method.clone(), path, pairs).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{method} {path} {answer:?}");
    }
    // Who asks for something else is not held up.
    let other = second.get("/prometheus/namespaceId/public", &[]).await;
    assert_eq!(other.json(), json!([]));

    second.post("/v1/ns/instance", &addressed("10.0.0.1", &[])).await.ok();
    for (method, path, pairs) in asked {
        let answer = second.query(method.clone(), path, pairs).await;
        assert_eq!(answer.status, StatusCode::OK, "{method} {path} {answer:?}");
    }
}

#[tokio::test]
async fn prometheus_finds_its_targets() {
    let world = World::open().await;
    let more = [("metadata", r#"{"app.kubernetes-name":"shop"}"#)];
    let mut pairs = addressed("10.0.0.1", &more);
    pairs[2] = ("namespaceId", "");
    world.post("/v1/ns/instance", &pairs).await.ok();
    let expected = json!([{ "targets": ["10.0.0.1:80"],
        "labels": { "__meta_clusterName": "DEFAULT", "app_kubernetes_name": "shop" } }]);
    assert_eq!(world.get("/prometheus", &[]).await.json(), expected);
    assert_eq!(world.get("/prometheus/namespaceId/public", &[]).await.json(), expected);
    assert_eq!(world.get("/prometheus/namespaceId/public/service/s", &[]).await.json(), expected);
    assert_eq!(world.get("/prometheus/namespaceId/public/service/t", &[]).await.json(), json!([]));
    assert_eq!(world.get("/prometheus/namespaceId/dev", &[]).await.json(), json!([]));
}
