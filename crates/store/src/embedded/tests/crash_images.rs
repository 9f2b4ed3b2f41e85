//! Folders as a crash or a bad disk may leave them: with everything acknowledged
//! in them they open and have it; without they are refused.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::fixture::{Home, count, key, put};
use crate::{Batch, EmbeddedStore, OpenError, Store};

/// Copies a folder, as it is at this moment.
pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The files of a folder with this extension, oldest first.
pub(super) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

/// Where the file's last byte is that is not zero.
pub(super) fn end_of_data(file: &Path) -> usize {
    fs::read(file).unwrap().iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1)
}

pub(super) async fn is_whole(home: &Home, expected: usize) -> Arc<EmbeddedStore> {
    let store = home.open().unwrap();
    let snapshot = store.snapshot().await.unwrap();
    for number in 0..expected {
        let pair = snapshot.get(&key(number)).await.unwrap().unwrap();
        assert_eq!(pair.value, number.to_string());
    }
    assert_eq!(count(&store).await, expected);
    store
}

/// A home that is an image of a store that runs, with `commits` acknowledged commits.
pub(super) async fn image(commits: usize) -> Home {
    let running = Home::new();
    let store = running.open().unwrap();
    for number in 0..commits {
        put(&store, number).await;
    }
    let image = Home::new();
    copy(running.path(), image.path());
    image
}

#[tokio::test]
async fn what_a_killed_process_leaves_opens_with_everything() {
    let home = image(50).await;
    is_whole(&home, 50).await;
}

#[tokio::test]
async fn rule_7_a_missing_state_is_built_anew_from_the_log() {
    let home = image(50).await;
    fs::remove_dir_all(home.path().join("state")).unwrap();
    let store = is_whole(&home, 50).await;
    put(&store, 50).await;
    store.close().await;
    is_whole(&home, 51).await;
}

#[tokio::test]
async fn rule_7_a_state_older_than_its_checkpoint_is_built_anew() {
    let home = Home::new();
    let store = home.open().unwrap();
    put(&store, 0).await;
    store.close().await;
    let older = Home::new();
    copy(&home.path().join("state"), &older.path().join("state"));
    let store = home.open().unwrap();
    for number in 1..20 {
        put(&store, number).await;
    }
    store.close().await;
    fs::remove_dir_all(home.path().join("state")).unwrap();
    copy(&older.path().join("state"), &home.path().join("state"));
    is_whole(&home, 20).await;
    assert!(home.path().join("state.damaged").exists(), "the old one is put aside");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_7_what_the_log_cannot_make_good_is_refused() {
    let mut home = Home::forgetful();
    home.settings.history_commits = 1;
    let store = home.open().unwrap();
    for number in 0..1_200 {
        put(&store, number % 5).await;
    }
    store.close().await;
    let first = Home::new();
    copy(home.path(), first.path());
    fs::remove_dir_all(first.path().join("state")).unwrap();
    let refused = first.open().err();
    assert!(matches!(refused, Some(OpenError::Damaged { .. })), "{refused:?}");
    // The store itself is whole, and says so again and again.
    is_whole(&home, 5).await;
}

#[tokio::test]
async fn rule_7_a_lost_log_is_refused_and_not_replaced() {
    let home = image(10).await;
    fs::remove_dir_all(home.path().join("log")).unwrap();
    for _ in 0..2 {
        let refused = home.open().err();
        assert!(matches!(refused, Some(OpenError::Damaged { .. })), "{refused:?}");
    }
    assert!(!home.path().join("log").exists());
}

#[tokio::test]
async fn rule_7_a_log_cut_before_what_was_acknowledged_is_refused() {
    let home = image(40).await;
    let newest = files(&home.path().join("log"), "raftlog").pop().unwrap();
    let file = fs::OpenOptions::new().write(true).open(&newest).unwrap();
    file.set_len(end_of_data(&newest) as u64 - 300).unwrap();
    let refused = home.open().err();
    assert!(matches!(refused, Some(OpenError::Damaged { .. })), "{refused:?}");
}

/// A write that was under way when the power went: its end is torn off at every
/// possible place, and the state has not heard of it yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_6_a_torn_last_write_of_the_log_is_cut_off() {
    let running = Home::new();
    let store = running.open().unwrap();
    for number in 0..20 {
        put(&store, number).await;
    }
    let before = Home::new();
    copy(running.path(), before.path());
    let newest = files(&running.path().join("log"), "raftlog").pop().unwrap();
    let acknowledged = end_of_data(&newest);
    store.commit(Batch::new().put(key(20), vec![b'x'; 700])).await.unwrap();
    let written = fs::read(&newest).unwrap();
    let end = end_of_data(&newest);
    assert!(end > acknowledged + 700);
    for torn_at in (acknowledged..end).step_by(61) {
        for rest_is_zero in [true, false] {
            let home = Home::new();
            copy(before.path(), home.path());
            let mut bytes = written.clone();
            bytes[torn_at..].fill(0);
            if !rest_is_zero {
                bytes.truncate(torn_at);
            }
            let name = newest.file_name().unwrap();
            fs::write(home.path().join("log").join(name), bytes).unwrap();
            let store = is_whole(&home, 20).await;
            assert_eq!(put(&store, 20).await.get(), 21, "its number is free again");
        }
    }
}

/// The state's journal cut or broken at any place: the log makes good what is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_8_a_torn_journal_of_the_state_costs_nothing() {
    let original = image(60).await;
    let journal = files(&original.path().join("state"), "jnl").pop().unwrap();
    let name = journal.file_name().unwrap();
    let bytes = fs::read(&journal).unwrap();
    let end = end_of_data(&journal);
    for (turn, place) in (0..end).step_by(end / 12).enumerate() {
        let home = Home::new();
        copy(original.path(), home.path());
        let mut torn = bytes.clone();
        match turn % 3 {
            0 => torn[place..].fill(0),
            1 => torn[place..(place + 90).min(end)].fill(0),
            _ => torn[place] ^= 0x10,
        }
        fs::write(home.path().join("state").join(name), torn).unwrap();
        let store = is_whole(&home, 60).await;
        put(&store, 60).await;
        store.close().await;
        is_whole(&home, 61).await;
    }
}
