//! The rules of docs/dev/store.md that the store as a whole has to follow. Those
//! of the engine alone are beside it.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    process::Command,
    sync::{Arc, atomic::Ordering},
};

use super::fixture::{Home, count, key, put, until};
use crate::{
    Batch, CommitError, OpenError, Store,
    embedded::startup::{Decision, LogFacts, StateFacts, decide},
    engine::MemoryEngine,
};

#[tokio::test]
async fn rule_3_a_stuck_flush_opens_the_engine_anew() {
    let mut home = Home::new();
    home.settings.flush_stall_ms = 20;
    let engine = Arc::new(MemoryEngine::default());
    let store = home.open_on(engine.clone());
    put(&store, 1).await;
    engine.write_buffer.store(u64::MAX, Ordering::SeqCst);
    put(&store, 2).await;
    // Answered only after the engine was mended, since one thread does both.
    put(&store, 3).await;
    assert_eq!(engine.reopened.load(Ordering::SeqCst), 1);
    assert_eq!(count(&store).await, 3, "what the engine forgot came from the log");
}

#[tokio::test]
async fn rule_4_a_store_that_was_never_finished_is_made_again() {
    let home = Home::new();
    fs::create_dir_all(home.path().join("state.tmp/keyspaces/1")).unwrap();
    fs::create_dir_all(home.path().join("state/keyspaces")).unwrap();
    fs::create_dir_all(home.path().join("log")).unwrap();
    let store = home.open().unwrap();
    put(&store, 1).await;
    store.close().await;
    assert!(home.path().join("state/READY").exists());
    assert_eq!(count(&home.open().unwrap()).await, 1);
}

const CHILD_FOLDER: &str = "SEAWALL_TEST_STORE_OF_CHILD";

/// A sync that fails ends the process; nobody is told that the write is safe.
#[test]
fn rule_5_a_failed_sync_ends_the_process() {
    let home = Home::new();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "embedded::tests::rules::rule_5_child"])
        .env(CHILD_FOLDER, home.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(said.contains("first is safe"), "{said}");
    assert!(!said.contains("second is safe"), "{said}");
    const ABORTED: i32 = 6;
    assert_eq!(child.status.signal(), Some(ABORTED), "{:?}", child.status);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = home.open().unwrap();
        assert!(count(&store).await >= 1, "the first is there");
    });
}

/// The child of the test above; on its own it has nothing to do.
#[tokio::test]
async fn rule_5_child() {
    let Ok(folder) = std::env::var(CHILD_FOLDER) else { return };
    let clock = Arc::new(seawall_clock::ManualClock::default());
    let settings = Home::new().settings;
    let store = crate::EmbeddedStore::open(folder.as_ref(), settings, clock).unwrap();
    put(&store, 1).await;
    println!("first is safe");
    store.shared().log.faults.no_sync.store(true, Ordering::SeqCst);
    put(&store, 2).await;
    println!("second is safe");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_6_after_a_full_disk_the_same_batch_is_written_again() {
    let home = Home::new();
    let store = home.open().unwrap();
    let before = put(&store, 1).await;
    store.shared().log.faults.no_space.store(true, Ordering::SeqCst);
    let caught = tokio::spawn({
        let store = store.clone();
        async move { put(&store, 2).await }
    });
    until(|| store.shared().health.admit(false) == Err(CommitError::NoSpace)).await;
    let late = store.commit(Batch::new().put(key("late"), "x")).await;
    assert_eq!(late, Err(CommitError::NoSpace));
    assert_eq!(count(&store).await, 1, "reads go on");
    store.shared().log.faults.no_space.store(false, Ordering::SeqCst);
    assert_eq!(caught.await.unwrap(), before.next(), "the one that was caught is committed");
    let after = put(&store, 3).await;
    assert_eq!(after, before.next().next());
    store.close().await;
    let store = home.open().unwrap();
    assert_eq!(count(&store).await, 3, "and nothing refused is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_6_a_write_the_disk_never_takes_is_answered_with_unknown() {
    let mut home = Home::new();
    home.settings.unknown_after_ms = 0;
    let store = home.open().unwrap();
    put(&store, 1).await;
    store.shared().log.faults.no_space.store(true, Ordering::SeqCst);
    let answer = store.commit(Batch::new().put(key(2), "x")).await;
    assert!(matches!(answer, Err(CommitError::Unknown { .. })), "{answer:?}");
    store.close().await;
    assert!(count(&home.open().unwrap()).await >= 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_6_the_log_is_kept_from_the_checkpoint_before_the_last() {
    let mut home = Home::forgetful();
    home.settings.history_commits = 1;
    let store = home.open().unwrap();
    for number in 0..1_200 {
        put(&store, number % 7).await;
        let shared = store.shared();
        let needed = shared.checkpoints.not_needed() + 1;
        let first = shared.log.first().unwrap();
        assert!(first <= needed, "the log begins at {first}, but {needed} is needed");
    }
    assert!(store.shared().log.first().unwrap() > 500, "it was compacted");
}

#[test]
fn rule_7_the_log_and_the_state_are_compared() {
    let log = |first, last, persisted| LogFacts { first, last, persisted };
    let (missing, broken) = (StateFacts::Missing, StateFacts::Broken("torn".to_owned()));
    let cases = [
        // A new store, one that was closed, one that was killed.
        (log(1, 0, 0), missing.clone(), "rebuild"),
        (log(1, 0, 0), StateFacts::At(0), "continue"),
        (log(1, 9, 9), StateFacts::At(9), "continue"),
        (log(4, 9, 5), StateFacts::At(5), "continue"),
        (log(4, 9, 3), StateFacts::At(3), "continue"),
        // The log lost its end.
        (log(1, 8, 5), StateFacts::At(9), "refuse"),
        (log(1, 4, 5), StateFacts::At(3), "refuse"),
        (log(1, 0, 5), missing.clone(), "refuse"),
        // The log lost its beginning.
        (log(5, 9, 3), StateFacts::At(3), "refuse"),
        // The state lost something that was on disk.
        (log(1, 9, 5), StateFacts::At(4), "rebuild"),
        (log(3, 9, 5), StateFacts::At(4), "refuse"),
        // The state is gone.
        (log(1, 9, 5), missing.clone(), "rebuild"),
        (log(1, 9, 5), broken.clone(), "rebuild"),
        (log(2, 9, 5), missing, "refuse"),
        (log(2, 9, 5), broken, "refuse"),
    ];
    for (log, state, expected) in cases {
        let decision = match decide(log, &state) {
            Decision::Continue => "continue",
            Decision::Rebuild => "rebuild",
            Decision::Refuse(_) => "refuse",
        };
        assert_eq!(decision, expected, "{log:?} {state:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_a_failed_engine_is_opened_again_and_has_everything_acknowledged() {
    let home = Home::new();
    let engine = Arc::new(MemoryEngine::default());
    let store = home.open_on(engine.clone());
    for number in 0..10 {
        put(&store, number).await;
    }
    engine.failing_reopens.store(2, Ordering::SeqCst);
    engine.failing_writes.store(1, Ordering::SeqCst);
    put(&store, 10).await;
    assert_eq!(store.metrics().engine_reopened.get(), 3);
    put(&store, 11).await;
    assert_eq!(count(&store).await, 12);
    assert!(engine.write_buffer.load(Ordering::SeqCst) == 0);
}

#[tokio::test]
async fn rule_9_little_space_refuses_writes_and_takes_deletions() {
    let mut home = Home::new();
    let store = home.open().unwrap();
    put(&store, 1).await;
    put(&store, 2).await;
    store.close().await;
    home.settings.space_low_bytes = u64::MAX;
    let store = home.open().unwrap();
    let refused = store.commit(Batch::new().put(key(3), "x")).await;
    assert_eq!(refused, Err(CommitError::NoSpace));
    store.commit(Batch::new().delete(key(1))).await.unwrap();
    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn rule_9_a_reserve_is_kept_on_the_disk() {
    let mut home = Home::new();
    home.settings.reserve_bytes = 128 * 1024;
    let store = home.open().unwrap();
    let reserve = fs::metadata(home.path().join("RESERVE")).unwrap();
    assert_eq!(reserve.len(), 128 * 1024);
    drop(store);
}

#[tokio::test]
async fn what_a_newer_version_wrote_is_refused() {
    let home = Home::new();
    home.open().unwrap().close().await;
    fs::write(home.path().join("FORMAT"), "2\n").unwrap();
    let refused = home.open().err();
    assert!(matches!(refused, Some(OpenError::TooNew { found: 2, known: 1, .. })), "{refused:?}");
}
