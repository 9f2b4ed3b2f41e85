//! The rules of docs/dev/store.md that the store as a whole has to follow. Those
//! of the engine alone are beside it.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::Command,
    sync::{Arc, atomic::Ordering},
};

use super::fixture::{Home, count, key, put, until};
use crate::{
    Batch, CommitError, OpenError, Store, StoreSettings,
    embedded::{
        commit_record::CommitRecord,
        flushing::Flushing,
        replay::{self, ReplayError},
        rows::Progress,
        startup::{Decision, LogFacts, StateFacts, decide},
    },
    engine::MemoryEngine,
    log::{CommitLog, Upkeep},
};

/// Every `.rs` file of this crate with its text, tests aside.
fn sources() -> Vec<(String, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if name.ends_with(".rs") && name != "tests.rs" {
                sources.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    sources
}

/// The apply thread, and the replay that runs before it does or in its place.
#[test]
fn rule_1_one_thread_writes_to_the_engine_and_syncs_nothing_inside_a_commit() {
    let sources = sources();
    let with = |text: &str| {
        let mut names: Vec<_> =
            sources.iter().filter(|(_, source)| source.contains(text)).map(|(n, _)| n).collect();
        names.sort();
        names
    };
    assert_eq!(with("engine.write(batch)"), ["apply_thread.rs", "replay.rs"]);
    assert_eq!(with("engine.persist("), ["checkpoint_thread.rs", "startup.rs"]);
    // The engine's own ranges are no snapshots.
    for raw in [".data.range(", ".data.get(", ".chunk.range(", ".chunk.get(", ".prefix(tables"] {
        assert_eq!(with(raw), Vec::<&String>::new(), "{raw}");
    }
    assert_eq!(with("PersistMode::Sync"), Vec::<&String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_1_a_slow_sync_of_the_state_keeps_nobody_waiting_and_rule_6_lets_nothing_go() {
    let mut home = Home::forgetful();
    home.settings.history_commits = 1;
    let engine = Arc::new(MemoryEngine::default());
    let store = home.open_on(engine.clone());
    engine.persist_paused.store(true, Ordering::SeqCst);
    put(&store, 0).await;
    until(|| engine.persists.load(Ordering::SeqCst) == 1).await;
    for number in 1..=1_200 {
        put(&store, number % 7).await;
    }
    assert_eq!(count(&store).await, 7, "writers and readers go on");
    assert_eq!(store.shared().checkpoints.last(), 0, "it has not finished");
    assert_eq!(store.shared().log.first(), Some(1), "the log is needed until it has");
    engine.persist_paused.store(false, Ordering::SeqCst);
    until(|| store.shared().checkpoints.last() > 1_000).await;
    for number in 0..600 {
        put(&store, number % 7).await;
        tokio::task::yield_now().await;
    }
    assert!(store.shared().log.first().unwrap() > 1, "then it is not");
}

#[test]
fn rule_3_a_replay_lets_flushing_catch_up_too() {
    let home = Home::new();
    let log = CommitLog::open(&home.path().join("log"), home.settings.log()).unwrap();
    let record = CommitRecord { time: 7, ..CommitRecord::default() };
    log.append(&[record.to_entry(1)], Upkeep::default()).unwrap();
    let engine = MemoryEngine::default();
    engine.write_buffer.store(u64::MAX, Ordering::SeqCst);
    let settings = StoreSettings { flush_stall_ms: 20, ..home.settings.clone() };
    let flushing = Flushing::of(&settings);
    let stuck = replay::replay(&engine, &log, Progress::default(), 1, flushing);
    assert!(matches!(stuck, Err(ReplayError::Stuck(_))), "{stuck:?}");
    engine.write_buffer.store(0, Ordering::SeqCst);
    assert!(replay::replay(&engine, &log, Progress::default(), 1, flushing).is_ok());
}

/// What this crate knows of the engines holds for these versions.
#[test]
fn rule_3_and_rule_5_the_engines_are_pinned_and_release_builds_abort_on_any_panic() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
    let manifest = fs::read_to_string(manifest).unwrap();
    for pin in ["fjall = \"=3.1.13\"", "raft-engine = { version = \"=0.4.2\""] {
        assert!(manifest.contains(pin), "{pin}");
    }
    let release = manifest.split("[profile.release]").nth(1).unwrap();
    let release = release.split("\n[").next().unwrap();
    assert!(release.contains("panic = \"abort\""));
}

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
        // A journal in the middle of the state is damaged.
        (log(1, 9, 5), StateFacts::Hole(0), "continue"),
        (log(4, 9, 5), StateFacts::Hole(3), "continue"),
        (log(4, 9, 5), StateFacts::Hole(2), "refuse"),
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

/// What was written before a failed sync is written anew: the system shows it as
/// there, though it never reached the disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_after_a_failed_checkpoint_everything_since_the_last_one_is_applied_again() {
    let mut home = Home::new();
    home.settings.checkpoint_bytes = 1;
    let engine = Arc::new(MemoryEngine::default());
    let store = home.open_on(engine.clone());
    put(&store, 0).await;
    until(|| store.shared().checkpoints.last() == 1).await;
    engine.failing_persists.store(1, Ordering::SeqCst);
    put(&store, 1).await;
    until(|| store.metrics().engine_reopened.get() == 1).await;
    until(|| store.shared().checkpoints.last() == 2).await;
    assert_eq!(count(&store).await, 2);
    put(&store, 2).await;
    assert_eq!(count(&store).await, 3);
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
