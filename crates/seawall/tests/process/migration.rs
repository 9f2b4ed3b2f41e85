//! `seawall nacos import` from the first two generations of Nacos.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    fake_nacos::{FakeNacos, Holding, Version},
    node::{Node, stderr, stdout},
    web::{Admin, blocking, http},
};

/// Imports with `--json` and further arguments; the exit code and the report.
fn import(from: &FakeNacos, to: &Node, more: &[&str]) -> (Option<i32>, Value) {
    let (source, (user, password)) = (from.address(), to.first_login());
    let mut arguments = vec!["nacos", "import", "--json", "--from", &source];
    arguments.extend(["--username", &user, "--password", &password]);
    arguments.extend(more);
    let output = to.command(&arguments);
    let report = serde_json::from_slice(&output.stdout);
    let report = report.unwrap_or_else(|_| panic!("{}{}", stdout(&output), stderr(&output)));
    (output.status.code(), report)
}

/// `enabled` and `weight` of the persistent instances of a cluster, by address.
fn instances(admin: &Admin, service: &str, cluster: &str) -> BTreeMap<String, (bool, f64)> {
    let query = [("groupName", "shop"), ("serviceName", service), ("clusterName", cluster)];
    let listed = admin.get("/nacos/v3/admin/ns/instance/list", &query);
    let listed = listed["data"].as_array().cloned().unwrap_or_default();
    let one = |instance: &Value| {
        let ip = instance["ip"].as_str().unwrap().to_owned();
        (ip, (instance["enabled"].as_bool().unwrap(), instance["weight"].as_f64().unwrap()))
    };
    listed.iter().map(one).collect()
}

fn service(admin: &Admin, name: &str) -> Value {
    let query = [("groupName", "shop"), ("serviceName", name)];
    admin.get("/nacos/v3/admin/ns/service", &query)["data"].clone()
}

#[test]
fn everything_declared_of_persistent_services_comes_along() {
    for version in [Version::V1, Version::V2] {
        let (from, to) = (FakeNacos::start(version, Holding::default()), Node::dev(&[]));

        let (_, dry) = import(&from, &to, &["--dry-run"]);
        assert_eq!(dry["services"]["copied"], 3, "{version:?} {dry}");
        let admin = Admin::of(&to);
        assert!(service(&admin, "orders")["serviceName"].is_null(), "a dry run writes nothing");

        let (code, first) = import(&from, &to, &[]);
        assert_eq!(code, Some(0), "{version:?} {first}");
        assert_eq!(first["services"]["copied"], 3, "{version:?} {first}");
        assert_eq!(first["instances"]["copied"], 4, "{version:?} {first}");

        let of_default = instances(&admin, "orders", "DEFAULT");
        let expected = [("10.0.0.1", (true, 1.0)), ("10.0.0.2", (false, 1.0))];
        let expected = expected.map(|(ip, rest)| (ip.to_owned(), rest));
        assert_eq!(of_default, BTreeMap::from(expected), "{version:?}: also the disabled one");
        assert_eq!(instances(&admin, "orders", "east")["10.0.0.3"], (true, 0.5));

        let orders = service(&admin, "orders");
        assert_eq!(orders["protectThreshold"].as_f64().unwrap() as f32, 0.4);
        assert_eq!(orders["metadata"], json!({ "team": "shop" }));
        let east = &orders["clusterMap"]["east"];
        assert_eq!(east["healthChecker"]["type"], "HTTP", "{orders}");
        assert_eq!(east["healthChecker"]["path"], "/up");
        assert_eq!(east["healthChecker"]["headers"], "host:orders|x-check:1");
        assert_eq!(east["healthChecker"]["expectedResponseCode"], 204);
        assert_eq!(east["useInstancePortForCheck"], false);
        assert_eq!(east["healthyCheckPort"], 8081);
        assert_eq!(east["metadata"], json!({ "site": "e1" }));

        let planned = service(&admin, "planned");
        assert_eq!(planned["protectThreshold"].as_f64(), Some(0.25), "{version:?}: no instances");
        let visitors = service(&admin, "visitors");
        assert!(visitors["serviceName"].is_null(), "it comes with its clients");
        let left = first["left_behind"].to_string();
        assert!(left.contains("picky") && left.contains("CONSUMER.label.site"), "{left}");

        let (code, second) = import(&from, &to, &[]);
        assert_eq!(code, Some(0));
        let count = |what: &str| (second[what]["copied"].clone(), second[what]["same"].clone());
        assert_eq!(count("services"), (json!(0), json!(3)), "{version:?} {second}");
        assert_eq!(count("instances"), (json!(0), json!(4)), "{version:?} {second}");
    }
}

#[test]
fn a_history_larger_than_any_request_comes_along_whole() {
    let holding = Holding { history: 50, entry_bytes: 1 << 20, ..Holding::default() };
    let (from, to) = (FakeNacos::start(Version::V1, holding), Node::dev(&[]));
    let (code, report) = import(&from, &to, &[]);
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(report["configurations"]["copied"], 1, "{report}");
    assert_eq!(report["history"], 50, "{report}");

    let admin = Admin::of(&to);
    let of_item = [("dataId", "greeting"), ("groupName", "DEFAULT_GROUP")];
    let mut paged = of_item.to_vec();
    paged.extend([("pageNo", "1"), ("pageSize", "500")]);
    let listed = admin.get("/nacos/v3/admin/cs/history/list", &paged);
    let entries = listed["data"]["pageItems"].as_array().unwrap().clone();
    assert_eq!(entries.len(), 50);
    let content_of = |entry: &Value| {
        let mut query = of_item.to_vec();
        query.push(("nid", entry["id"].as_str().unwrap()));
        let detail = admin.get("/nacos/v3/admin/cs/history", &query);
        detail["data"]["content"].as_str().unwrap().to_owned()
    };
    let (newest, oldest) = (content_of(&entries[0]), content_of(&entries[49]));
    assert!(newest.starts_with("version 50 ") && newest.len() == 1 << 20, "in order");
    assert!(oldest.starts_with("version 1 "), "in order");
}

/// The content a client at `address` with `tag` gets.
fn seen(node: &Node, tag: &str) -> String {
    let mut query = vec![("dataId", "greeting"), ("group", "DEFAULT_GROUP")];
    if !tag.is_empty() {
        query.push(("tag", tag));
    }
    let request = http().get(format!("{}/nacos/v1/cs/configs", node.address())).query(&query);
    blocking(request).rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn gray_releases_come_along_as_far_as_the_source_tells_of_them() {
    let holding = Holding { history: 2, entry_bytes: 20, grays: true };
    for (version, more, entries) in
        [(Version::V1, &["--tag", "canary", "--tag", "none"][..], 2), (Version::V2, &[][..], 4)]
    {
        let (from, to) = (FakeNacos::start(version, holding.clone()), Node::dev(&[]));
        let dry = [more, &["--dry-run"]].concat();
        let (_, dry) = import(&from, &to, &dry);
        assert_eq!(dry["gray_releases"]["copied"], 2, "{version:?} {dry}");
        assert_eq!(dry["history"], entries, "{version:?} {dry}");

        let (code, first) = import(&from, &to, more);
        assert_eq!(code, Some(0), "{first}");
        assert_eq!(first["gray_releases"]["copied"], 2, "{version:?} {first}");
        assert_eq!(first["history"], entries, "{version:?} {first}");
        assert!(seen(&to, "canary").ends_with("canary"), "{}", seen(&to, "canary"));
        let admin = Admin::of(&to);
        let of_item = [("dataId", "greeting"), ("groupName", "DEFAULT_GROUP")];
        let beta = admin.get("/nacos/v3/admin/cs/config/beta", &of_item);
        assert_eq!(beta["data"]["content"], "hello beta", "{version:?} {beta}");
        let rule = beta["data"]["grayRule"].as_str().unwrap();
        assert!(rule.contains("10.0.0.7,10.0.0.8"), "{rule}");

        let (_, second) = import(&from, &to, more);
        assert_eq!(second["gray_releases"]["found"], 0, "what is here is left alone: {second}");
        assert_eq!(second["configurations"]["same"], 1, "{second}");
    }
}
