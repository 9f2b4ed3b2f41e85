//! What is refused: one clear line, exit code 2, nothing touched.

use std::net::TcpListener;

use crate::node::{Node, argument, file_with, run, seawall, stderr};

fn assert_refused(output: &std::process::Output, says: &str) {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains(says), "`{text}` does not say `{says}`");
    assert_eq!(text.trim().lines().count(), 1, "more than one line: {text}");
}

#[test]
fn a_port_in_use_is_named_and_no_data_is_made() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let output = run(&["dev", "--data", argument(&data), "--http-port", &port]);
    assert_refused(&output, &port);
    assert!(!data.exists(), "the data directory was made");
}

#[test]
fn an_unknown_key_and_an_unknown_variable_are_named() {
    let (_kept, file) = file_with("seawall.toml", "[doors]\nhtp_port = 1\n");
    assert_refused(&run(&["dev", "--config", argument(&file)]), "htp_port");
    let output = seawall().arg("dev").env("SEAWALL_DOOR_PORT", "1").output().unwrap();
    assert_refused(&output, "SEAWALL_DOOR_PORT");
}

#[test]
fn a_directory_in_use_is_refused_and_its_owner_goes_on() {
    let node = Node::dev(&[]);
    let (http, grpc) = crate::node::free_ports();
    let output = run(&[
        "dev",
        "--data",
        argument(&node.data()),
        "--http-port",
        &http.to_string(),
        "--grpc-port",
        &grpc.to_string(),
    ]);
    assert_refused(&output, "in use");
    assert!(node.command(&["status"]).status.code().is_some());
}

#[test]
fn a_node_that_is_not_there_is_unreachable() {
    let (http, _) = crate::node::free_ports();
    let output = run(&["status", "--address", &format!("http://127.0.0.1:{http}")]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
}

#[test]
fn a_weak_token_secret_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (http, grpc) = crate::node::free_ports();
    let output = run(&[
        "server",
        "--data",
        argument(&directory.path().join("data")),
        "--bind",
        "127.0.0.1",
        "--http-port",
        &http.to_string(),
        "--grpc-port",
        &grpc.to_string(),
        "--token-secret",
        "c2hvcnQ=",
    ]);
    assert_refused(&output, "32");
}
