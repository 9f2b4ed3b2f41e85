//! `seawall history`.

use crate::{
    node::{Node, stderr, stdout},
    web::{blocking, http},
};

/// Publishes as a client does, without a login.
fn publish(node: &Node, content: &str) {
    let form = [("dataId", "app.yaml"), ("group", "G"), ("content", content)];
    let answer =
        blocking(http().post(format!("{}/nacos/v1/cs/configs", node.address())).form(&form));
    assert!(answer.ends_with("true"), "{answer}");
}

#[test]
fn a_bad_change_is_found_compared_and_rolled_back() {
    let node = Node::dev(&[]);
    publish(&node, "good");
    publish(&node, "bad");
    let (user, password) = node.first_login();
    let history = |arguments: &[&str]| {
        let login = ["--group", "G", "--username", &user, "--password", &password];
        let all = [&["history"], arguments, &login].concat();
        node.command(&all)
    };
    let listed = history(&["list", "app.yaml"]);
    let text = stdout(&listed);
    assert!(text.contains("changed") && text.contains("created"), "{text}{}", stderr(&listed));
    let newest = text.lines().nth(1).and_then(|line| line.split_whitespace().next()).unwrap();
    let diff = history(&["diff", "app.yaml", "--change", newest]);
    assert!(stdout(&diff).contains("-good") && stdout(&diff).contains("+bad"), "{}", stdout(&diff));
    let back = history(&["rollback", "app.yaml", "--change", newest]);
    assert_eq!(back.status.code(), Some(0), "{}", stderr(&back));
    let again = history(&["list", "app.yaml", "--json"]);
    let changes: serde_json::Value = serde_json::from_str(&stdout(&again)).unwrap();
    assert_eq!(changes.as_array().map(Vec::len), Some(3), "{changes}");
    let nowhere = history(&["rollback", "app.yaml", "--change", "1"]);
    assert_eq!(nowhere.status.code(), Some(1), "{}", stderr(&nowhere));
}
