//! `seawall nacos import` and `seawall nacos export`, from one node into another.

use crate::{
    node::{Node, argument, stderr, stdout},
    web::{Admin, blocking, http},
};

#[test]
fn what_one_node_has_the_other_gets_and_a_second_run_changes_nothing() {
    let (from, to) = (Node::dev(&[]), Node::dev(&[]));
    publish(&from, "greeting", "hello");
    publish(&from, "greeting", "hello again");
    publish(&from, "port.txt", "80");
    register_persistent(&from, "orders");

    let first = import(&from, &to);
    assert_eq!(first["configurations"]["copied"], 2, "{first}");
    assert_eq!(first["instances"]["copied"], 1, "{first}");
    assert!(first["history"].as_u64() >= Some(2), "{first}");
    assert_eq!(read(&from, "greeting"), read(&to, "greeting"));

    publish(&to, "greeting", "changed here");
    let second = import(&from, &to);
    assert_eq!(second["configurations"]["copied"], 0, "{second}");
    assert_eq!(second["configurations"]["same"], 1, "{second}");
    assert_eq!(second["configurations"]["kept"], 1, "{second}");
    assert!(read(&to, "greeting").ends_with("changed here"));
}

#[test]
fn a_beta_release_comes_along_with_its_rule_and_its_past() {
    let (from, to) = (Node::dev(&[]), Node::dev(&[]));
    publish(&from, "greeting", "hello");
    publish_beta(&from, "greeting", "for two", "10.0.0.1,10.0.0.2");
    publish_beta(&from, "greeting", "for one", "10.0.0.1");

    let first = import(&from, &to);
    assert_eq!(first["gray_releases"]["copied"], 1, "{first}");
    assert_eq!(beta(&from, "greeting")["data"]["betaIps"], "10.0.0.1");
    for field in ["content", "betaIps", "md5"] {
        let (there, here) = (beta(&from, "greeting"), beta(&to, "greeting"));
        assert_eq!(there["data"][field], here["data"][field], "{field}");
    }
    assert_eq!(gray_history(&from), gray_history(&to));
    assert_eq!(gray_history(&to).len(), 2);
    assert!(read(&to, "greeting").ends_with("hello"), "others see what is for all");

    let second = import(&from, &to);
    assert_eq!(second["gray_releases"]["copied"], 0, "{second}");
    assert_eq!(gray_history(&to).len(), 2);
}

#[test]
fn an_export_is_a_zip_for_each_namespace_and_is_never_overwritten_unasked() {
    let node = Node::dev(&[]);
    publish(&node, "greeting", "hello");
    let directory = tempfile::tempdir().unwrap();
    let into = directory.path().join("out");
    let (user, password) = node.first_login();
    let export = || {
        node.command(&[
            "nacos",
            "export",
            "--into",
            argument(&into),
            "--username",
            &user,
            "--password",
            &password,
        ])
    };
    let first = export();
    assert!(first.status.success(), "{}", stderr(&first));
    let zip = std::fs::read(into.join("public.zip")).unwrap();
    assert!(zip.starts_with(b"PK"));
    let second = export();
    assert_eq!(second.status.code(), Some(2), "{}", stderr(&second));
}

/// Runs an export of `node` with the first login.
fn export(node: &Node, into: &std::path::Path, more: &[&str]) -> std::process::Output {
    let (user, password) = node.first_login();
    let mut arguments = vec!["nacos", "export", "--into", argument(into)];
    arguments.extend(["--username", &user, "--password", &password]);
    arguments.extend(more);
    node.command(&arguments)
}

#[test]
fn a_large_namespace_is_exported_in_parts_that_can_be_imported() {
    let (node, other) = (Node::dev(&[]), Node::dev(&[]));
    for item in ["a", "b", "c", "d", "e"] {
        publish(&node, item, &format!("content of {item}"));
    }
    let directory = tempfile::tempdir().unwrap();
    let into = directory.path().join("out");
    let output = export(&node, &into, &["--json", "--part-items", "2"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let files: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let items: Vec<_> = files.as_array().unwrap().iter().map(|file| &file["items"]).collect();
    assert_eq!(items, [2, 2, 1], "{files}");

    let admin = Admin::of(&other);
    for number in 1..=3 {
        let zip = std::fs::read(into.join(format!("public+{number}.zip"))).unwrap();
        let answer = admin.upload("/nacos/v3/admin/cs/config/import", zip);
        assert_eq!(answer["code"], 0, "{answer}");
    }
    for item in ["a", "b", "c", "d", "e"] {
        assert!(read(&other, item).ends_with(&format!("content of {item}")));
    }

    let refused = export(&node, &into, &[]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    let again = export(&node, &into, &["--overwrite"]);
    assert!(again.status.success(), "{}", stderr(&again));
    let left: Vec<_> = std::fs::read_dir(&into).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(left, [into.join("public.zip")], "no part of the earlier export is left");
}

#[test]
fn an_export_that_stops_half_way_says_what_it_wrote() {
    let node = Node::dev(&[]);
    publish(&node, "greeting", "hello");
    let directory = tempfile::tempdir().unwrap();
    let into = directory.path().join("out");
    let output = export(&node, &into, &["--namespace", "nowhere", "--namespace", "public"]);
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert!(stdout(&output).contains("public.zip"), "{}", stdout(&output));
    assert!(stderr(&output).contains("namespace nowhere"), "{}", stderr(&output));
    assert!(into.join("public.zip").exists());
    let nothing = export(&node, &into, &["--namespace", "nowhere"]);
    assert_eq!(nothing.status.code(), Some(1), "{}", stderr(&nothing));
}

/// The report of an import with the first logins of both nodes.
fn import(from: &Node, to: &Node) -> serde_json::Value {
    let source = format!("{}/nacos", from.address());
    let ((from_user, from_password), (user, password)) = (from.first_login(), to.first_login());
    let output = to.command(&[
        "nacos",
        "import",
        "--json",
        "--from",
        &source,
        "--from-username",
        &from_user,
        "--from-password",
        &from_password,
        "--username",
        &user,
        "--password",
        &password,
    ]);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn publish(node: &Node, data_id: &str, content: &str) {
    let form = [("dataId", data_id), ("group", "DEFAULT_GROUP"), ("content", content)];
    let answer =
        blocking(http().post(format!("{}/nacos/v1/cs/configs", node.address())).form(&form));
    assert!(answer.ends_with("true"), "{answer}");
}

fn publish_beta(node: &Node, data_id: &str, content: &str, ips: &str) {
    let form = [("dataId", data_id), ("group", "DEFAULT_GROUP"), ("content", content)];
    let path = format!("{}/nacos/v1/cs/configs", node.address());
    let answer = blocking(http().post(path).header("betaIps", ips).form(&form));
    assert!(answer.ends_with("true"), "{answer}");
}

/// The beta release of an item.
fn beta(node: &Node, data_id: &str) -> serde_json::Value {
    let query = [("beta", "true"), ("dataId", data_id), ("group", "DEFAULT_GROUP")];
    let path = format!("{}/nacos/v1/cs/configs", node.address());
    let answer = blocking(http().get(path).query(&query));
    serde_json::from_str(answer.trim_start()).unwrap()
}

/// What happened to gray releases of `greeting`: name and operation.
fn gray_history(node: &Node) -> Vec<(String, String)> {
    let query = [("search", "accurate"), ("dataId", "greeting"), ("group", "DEFAULT_GROUP")];
    let path = format!("{}/nacos/v1/cs/history", node.address());
    let answer = blocking(http().get(path).query(&query));
    let answer: serde_json::Value = serde_json::from_str(answer.trim_start()).unwrap();
    let entries = answer["pageItems"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().trim().to_owned();
    entries
        .iter()
        .filter(|entry| entry["grayName"].is_string())
        .map(|entry| (text(&entry["grayName"]), text(&entry["opType"])))
        .collect()
}

/// MD5, last modification and content of an item.
fn read(node: &Node, data_id: &str) -> String {
    let query = [("dataId", data_id), ("group", "DEFAULT_GROUP")];
    blocking(http().get(format!("{}/nacos/v1/cs/configs", node.address())).query(&query))
}

fn register_persistent(node: &Node, service: &str) {
    let form =
        [("serviceName", service), ("ip", "10.0.0.1"), ("port", "80"), ("ephemeral", "false")];
    let answer =
        blocking(http().post(format!("{}/nacos/v1/ns/instance", node.address())).form(&form));
    assert!(answer.ends_with("ok"), "{answer}");
}
