//! A process that is killed at any moment has lost nothing it acknowledged, and
//! nothing is half there.
//!
//! The test starts itself as a child that writes and says what was acknowledged,
//! kills it, opens what it left, and compares. What each writer does in its n-th
//! commit follows from its number and n, so that the whole content is known from
//! the n found. More rounds: `SEAWALL_KILL_ROUNDS=500`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of a test"
)]

mod workload;

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use seawall_store::EmbeddedStore;
use workload::{Acknowledged, WRITERS, acknowledged, check, line, open, turn_of, write_turn};

const FOLDER: &str = "SEAWALL_KILL_FOLDER";
const ROUNDS: &str = "SEAWALL_KILL_ROUNDS";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_processes_lose_nothing() {
    let rounds = std::env::var(ROUNDS).ok().and_then(|text| text.parse().ok()).unwrap_or(20_u32);
    let folder = tempfile::tempdir().unwrap();
    let mut random = RandomState::new().build_hasher().finish() | 1;
    let mut answers = 0;
    for round in 0..rounds {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // Every fourth dies while it is still opening the store.
        let delay = Duration::from_micros(random % if round % 4 == 3 { 20_000 } else { 500_000 });
        let told = run_and_kill(folder.path(), delay);
        let store = open(folder.path()).unwrap_or_else(|error| panic!("{error}"));
        let found = check(store.as_ref(), &told).await;
        store.close().await;
        answers += told.len();
        println!("round {round}: killed after {delay:?}, {found} turns found");
    }
    assert!(answers > 0, "no child lived long enough to acknowledge anything");
}

fn run_and_kill(folder: &Path, delay: Duration) -> Acknowledged {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "child"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        let lines: Vec<String> = output.lines().map_while(Result::ok).collect();
        acknowledged(lines.iter().map(String::as_str))
    });
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

/// What the children of the test above do; on its own it has nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let store = open(folder.as_ref()).unwrap();
    let writers: Vec<_> =
        (0..WRITERS).map(|writer| tokio::spawn(write_for_ever(store.clone(), writer))).collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

async fn write_for_ever(store: Arc<EmbeddedStore>, writer: u64) {
    let mut turn = turn_of(store.as_ref(), writer).await;
    loop {
        turn += 1;
        let revision = write_turn(store.as_ref(), writer, turn).await;
        // One write, so that lines are not mixed.
        let line = line(writer, turn, revision);
        std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
    }
}
