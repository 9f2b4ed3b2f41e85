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

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, Hasher, RandomState},
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use seawall_clock::SystemClock;
use seawall_store::{
    Batch, Change, EmbeddedStore, Key, KeyRange, Revision, Store, StoreSettings, WatchError,
};

const FOLDER: &str = "SEAWALL_KILL_FOLDER";
const ROUNDS: &str = "SEAWALL_KILL_ROUNDS";
const WRITERS: u64 = 6;
const KEYS: u64 = 40;

/// The last turn acknowledged to each writer, with its revision.
type Acknowledged = BTreeMap<u64, (u64, u64)>;

/// Small files, buffers and history, so that every kind of background work is
/// under way when the kill comes.
fn settings() -> StoreSettings {
    StoreSettings {
        log_file_bytes: 256 * 1024,
        history_commits: 2_000,
        history_bytes: 512 * 1024,
        checkpoint_bytes: 128 * 1024,
        memtable_bytes: 128 * 1024,
        reserve_bytes: 0,
        space_low_bytes: 0,
        tick_ms: 5,
        ..StoreSettings::default()
    }
}

fn open(folder: &Path) -> Arc<EmbeddedStore> {
    EmbeddedStore::open(folder, settings(), Arc::new(SystemClock::new()))
        .unwrap_or_else(|error| panic!("{error}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_processes_lose_nothing() {
    let rounds = std::env::var(ROUNDS).ok().and_then(|text| text.parse().ok()).unwrap_or(20_u32);
    let folder = tempfile::tempdir().unwrap();
    let mut random = RandomState::new().build_hasher().finish() | 1;
    let mut acknowledged = 0;
    for round in 0..rounds {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // Every fourth dies while it is still opening the store.
        let delay = Duration::from_micros(random % if round % 4 == 3 { 20_000 } else { 500_000 });
        let told = run_and_kill(folder.path(), delay);
        let found = check(folder.path(), &told).await;
        acknowledged += told.len();
        println!("round {round}: killed after {delay:?}, {found} turns found");
    }
    assert!(acknowledged > 0, "no child lived long enough to acknowledge anything");
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
        let mut acknowledged = Acknowledged::new();
        for line in output.lines().map_while(Result::ok) {
            // The last line may be torn by the kill; a whole one ends with a dot.
            let Some(line) = line.strip_suffix(" .") else { continue };
            let numbers: Vec<u64> = line.split(' ').map_while(|text| text.parse().ok()).collect();
            if let [writer, turn, revision] = numbers.as_slice() {
                acknowledged.insert(*writer, (*turn, *revision));
            }
        }
        acknowledged
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
    let store = open(folder.as_ref());
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
        let revision = store.commit(batch(writer, turn)).await.unwrap().revision;
        // One write, so that lines are not mixed.
        let line = format!("{writer} {turn} {revision} .\n");
        std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
    }
}

async fn turn_of(store: &dyn Store, writer: u64) -> u64 {
    let snapshot = store.snapshot().await.unwrap();
    let pair = snapshot.get(&turn_key(writer)).await.unwrap();
    pair.map_or(0, |pair| String::from_utf8_lossy(&pair.value).parse().unwrap())
}

fn turn_key(writer: u64) -> Key {
    Key::of_parts(["turn", &writer.to_string()])
}

fn data_key(writer: u64, slot: u64) -> Key {
    Key::of_parts(["data", &writer.to_string(), &format!("{slot:03}")])
}

/// What a writer does in one turn to one to five of its keys.
fn changes(writer: u64, turn: u64) -> Vec<(Key, Option<Vec<u8>>)> {
    let mixed = (turn * 31 + writer * 7).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (0..=mixed % 5)
        .map(|number| {
            let part = mixed.rotate_left(11 * number as u32 + 13);
            let length = [12, 200, 3_900, 3_901, 17_000][(part >> 8) as usize % 5];
            let kept = !(part >> 16).is_multiple_of(4);
            let bytes = || (0..length).map(|at| (at as u64 ^ part) as u8).collect();
            (data_key(writer, part % KEYS), kept.then(bytes))
        })
        .collect()
}

fn batch(writer: u64, turn: u64) -> Batch {
    let start = Batch::new().put(turn_key(writer), turn.to_string());
    changes(writer, turn).into_iter().fold(start, |batch, (key, value)| match value {
        Some(value) => batch.put(key, value),
        None => batch.delete(key),
    })
}

/// Compares what the store holds with what its writers did up to the turns found.
async fn check(folder: &Path, acknowledged: &Acknowledged) -> u64 {
    let store = open(folder);
    let snapshot = store.snapshot().await.unwrap();
    let mut sum = 0;
    for writer in 0..WRITERS {
        let found = turn_of(store.as_ref(), writer).await;
        if let Some((turn, revision)) = acknowledged.get(&writer) {
            assert!(found >= *turn, "writer {writer}: {turn} was acknowledged, {found} is there");
            assert!(snapshot.revision() >= Revision::new(*revision));
        }
        let expected: BTreeMap<_, _> = (1..=found).flat_map(|turn| changes(writer, turn)).collect();
        let expected: BTreeMap<_, _> =
            expected.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        let range = KeyRange::prefix(&Key::of_parts(["data", &writer.to_string()]));
        let page = snapshot.scan(&range, usize::MAX).await.unwrap();
        let there: BTreeMap<_, _> =
            page.pairs.into_iter().map(|pair| (pair.key, pair.value.to_vec())).collect();
        assert!(there == expected, "writer {writer} after turn {found}: wrong content");
        sum += found;
    }
    if sum > 0 {
        check_history(store.as_ref()).await;
    }
    store.close().await;
    sum
}

/// History, as far as it reaches, tells each writer's turns one after the other.
async fn check_history(store: &dyn Store) {
    // First, since it may be the one with which older history is given up.
    let end = store.commit(Batch::new().put(Key::of_parts(["end"]), "x")).await.unwrap().revision;
    let from = match store.watch(Key::default(), Revision::ZERO).await {
        Err(WatchError::Compacted { oldest }) => oldest,
        Err(error) => panic!("{error}"),
        Ok(_) => Revision::ZERO,
    };
    let mut watch = store.watch(Key::default(), from).await.unwrap();
    let mut turns: BTreeMap<Key, u64> = BTreeMap::new();
    while watch.resume_from() <= end {
        for change in watch.next().await.unwrap().changes {
            let Change::Put(pair) = change else { continue };
            if !pair.key.starts_with(&Key::of_parts(["turn"])) {
                continue;
            }
            let turn = String::from_utf8_lossy(&pair.value).parse().unwrap();
            let before = turns.insert(pair.key, turn);
            assert!(before.is_none_or(|before| before + 1 == turn), "{before:?} then {turn}");
        }
    }
}
