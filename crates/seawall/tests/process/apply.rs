//! `seawall apply` and `seawall get`.

use crate::node::{Node, argument, file_with, stderr, stdout};

const NAMESPACE: &str = "\
kind: Namespace
name: orders
spec:
  showName: Orders
  description: what the order team runs
";

fn with_login(node: &Node, arguments: &[&str]) -> std::process::Output {
    let (user, password) = node.first_login();
    let mut all = arguments.to_vec();
    all.extend(["--username", &user, "--password", &password]);
    node.command(&all)
}

#[test]
fn a_dry_run_changes_nothing_and_an_apply_can_be_repeated() {
    let node = Node::dev(&[]);
    let (_kept, file) = file_with("namespace.yaml", NAMESPACE);
    let dry = with_login(&node, &["apply", "-f", argument(&file), "--dry-run"]);
    assert!(stdout(&dry).contains("would be created"), "{}{}", stdout(&dry), stderr(&dry));
    let absent = with_login(&node, &["get", "Namespace", "orders"]);
    assert_eq!(absent.status.code(), Some(1), "{}", stdout(&absent));

    let first = with_login(&node, &["apply", "-f", argument(&file)]);
    assert!(stdout(&first).contains("created"), "{}{}", stdout(&first), stderr(&first));
    let again = with_login(&node, &["apply", "-f", argument(&file)]);
    assert!(stdout(&again).contains("unchanged"), "{}", stdout(&again));
    let shown = with_login(&node, &["get", "Namespace", "orders"]);
    assert!(stdout(&shown).contains("showName: Orders"), "{}", stdout(&shown));
}

#[test]
fn a_document_that_is_wrong_names_its_field_and_the_others_are_applied() {
    let node = Node::dev(&[]);
    let documents = format!("{NAMESPACE}---\nkind: Namespace\nname: bad\nspec:\n  showName: 7\n");
    let (_kept, file) = file_with("two.yaml", &documents);
    let output = with_login(&node, &["apply", "-f", argument(&file)]);
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert!(stdout(&output).contains("showName"), "{}", stdout(&output));
    let kinds = with_login(&node, &["get"]);
    assert!(stdout(&kinds).contains("Namespace"), "{}", stdout(&kinds));
}
