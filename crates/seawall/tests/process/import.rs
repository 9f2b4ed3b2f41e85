//! `seawall nacos import` and `seawall nacos export`, from one node into another.

use crate::node::{Node, argument, stderr, stdout};

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

pub(crate) fn http() -> reqwest::Client {
    // Fails when a test before this one did it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

pub(crate) fn blocking(request: reqwest::RequestBuilder) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let response = request.send().await.unwrap();
        let header = |name| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or("")
                .to_owned()
        };
        let head = format!("{} {} ", header("content-md5"), header("last-modified"));
        head + &response.text().await.unwrap()
    })
}
