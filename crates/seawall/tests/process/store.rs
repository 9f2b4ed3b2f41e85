//! The data of a stopped node is checked, copied and brought back.

use crate::node::{Node, argument, run, stderr, stdout};

#[test]
fn data_is_backed_up_and_restored_once_the_node_is_stopped() {
    let mut node = Node::dev(&[]);
    let data = node.data();
    let outside = tempfile::tempdir().unwrap();
    let (copy, restored) = (outside.path().join("copy"), outside.path().join("restored"));
    let backup = ["store", "backup", "--data", argument(&data), "--into", argument(&copy)];
    let check = |data| run(&["store", "check", "--json", "--data", argument(data)]);

    for output in [run(&backup), check(&data)] {
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains("in use"), "{}", stderr(&output));
    }
    assert!(!copy.exists());

    node.stop();
    let output = run(&backup);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("master.key"), "{}", stdout(&output));
    assert!(!copy.join("master.key").exists());
    assert_eq!(run(&backup).status.code(), Some(2), "it is there already");

    let restore = ["store", "restore", "--from", argument(&copy), "--data", argument(&restored)];
    let output = run(&restore);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let [before, after] = [&data, &restored].map(|data| {
        let output = check(data);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_str::<serde_json::Value>(&stdout(&output)).unwrap()
    });
    assert_eq!(before["damaged"], 0);
    assert_eq!(before["revision"], after["revision"]);

    std::fs::write(copy.join("FORMAT"), "2").unwrap();
    let other = outside.path().join("other");
    let output = run(&["store", "restore", "--from", argument(&copy), "--data", argument(&other)]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(!other.exists());
}
