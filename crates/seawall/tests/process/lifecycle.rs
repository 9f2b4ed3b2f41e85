//! Start, first login, status, stop, start again.

use crate::node::{Node, run, stderr, stdout};

#[test]
fn dev_prints_doors_a_first_login_and_three_commands_to_try() {
    let node = Node::dev(&[]);
    for part in ["HTTP", "gRPC", "data", "First login", "curl -X POST", "seawall status --address"]
    {
        assert!(node.banner.contains(part), "no `{part}` in:\n{}", node.banner);
    }
    let (user, password) = node.first_login();
    let output = node.command(&["status", "--json", "--username", &user, "--password", &password]);
    assert!(output.status.success(), "{}", stderr(&output));
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(status["state"], "ready");
    assert_eq!(status["node"]["region"], "local");
}

#[test]
fn administration_asks_for_a_login_even_in_dev() {
    let node = Node::dev(&[]);
    let without = node.command(&["status"]);
    assert_eq!(without.status.code(), Some(4), "{}", stderr(&without));
    let wrong = node.command(&["status", "--username", "nacos", "--password", "nacos"]);
    assert_eq!(wrong.status.code(), Some(4), "{}", stderr(&wrong));
}

#[test]
fn the_first_login_is_shown_once_and_outlives_a_restart() {
    let node = Node::dev(&[]);
    let (user, password) = node.first_login();
    let node = node.restarted("dev");
    assert!(!node.banner.contains(&password), "shown again");
    let output = node.command(&["status", "--username", &user, "--password", &password]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_server_takes_its_first_password_from_the_environment() {
    let node = Node::server("Correct-horse-7");
    assert!(!node.banner.contains("Correct-horse-7"), "a given password is not printed");
    let output = node.command(&["status", "--username", "nacos", "--password", "Correct-horse-7"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn it_stops_cleanly_when_told_to() {
    let mut node = Node::dev(&[]);
    assert_eq!(node.stop(), Some(0));
    let log = node.log();
    assert!(log.contains("draining"), "{log}");
    for alarm in ["WARN", "ERROR"] {
        assert!(!log.contains(alarm), "a stop is nothing to be alarmed of:\n{log}");
    }
}

#[test]
fn completions_and_explanations_need_no_node() {
    let completions = run(&["completions", "bash"]);
    assert!(completions.status.success() && stdout(&completions).contains("_seawall"));
    let explained = run(&["config", "explain", "--json", "doors."]);
    let settings: serde_json::Value = serde_json::from_slice(&explained.stdout).unwrap();
    assert!(settings.as_array().is_some_and(|settings| settings.len() >= 5));
}
