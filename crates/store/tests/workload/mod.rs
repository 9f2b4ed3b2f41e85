//! Writers whose n-th commit follows from their number and n, so that the whole
//! content of a store is known from the n found in it.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use seawall_clock::SystemClock;
use seawall_store::{
    Batch, Change, EmbeddedStore, Key, KeyRange, OpenError, Revision, Store, StoreSettings,
    WatchError,
};

pub(crate) const WRITERS: u64 = 6;
const KEYS: u64 = 40;

/// The last turn acknowledged to each writer, with its revision.
pub(crate) type Acknowledged = BTreeMap<u64, (u64, u64)>;

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

pub(crate) fn open(folder: &Path) -> Result<Arc<EmbeddedStore>, OpenError> {
    EmbeddedStore::open(folder, settings(), Arc::new(SystemClock::new()))
}

/// The line that tells of an acknowledged turn; a whole one ends with a dot.
pub(crate) fn line(writer: u64, turn: u64, revision: Revision) -> String {
    format!("{writer} {turn} {revision} .\n")
}

/// Takes in what such lines tell; the last one may be torn.
pub(crate) fn acknowledged<'a>(lines: impl Iterator<Item = &'a str>) -> Acknowledged {
    let mut acknowledged = Acknowledged::new();
    for line in lines {
        let Some(line) = line.trim_end().strip_suffix(" .") else { continue };
        let numbers: Vec<u64> = line.split(' ').map_while(|text| text.parse().ok()).collect();
        if let [writer, turn, revision] = numbers.as_slice() {
            acknowledged.insert(*writer, (*turn, *revision));
        }
    }
    acknowledged
}

/// Commits a writer's next turn.
pub(crate) async fn write_turn(store: &dyn Store, writer: u64, turn: u64) -> Revision {
    store.commit(batch(writer, turn)).await.unwrap().revision
}

/// The last turn of a writer that the store has.
pub(crate) async fn turn_of(store: &dyn Store, writer: u64) -> u64 {
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

/// A value, told by its length and by what its bytes follow from.
#[derive(Debug, Clone, Copy)]
struct Filling {
    length: usize,
    seed: u64,
}

impl Filling {
    fn bytes(self) -> Vec<u8> {
        (0..self.length).map(|at| (at as u64 ^ self.seed) as u8).collect()
    }
}

/// What a writer does in one turn to one to five of its keys.
fn changes(writer: u64, turn: u64) -> Vec<(Key, Option<Filling>)> {
    let mixed = (turn * 31 + writer * 7).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (0..=mixed % 5)
        .map(|number| {
            let seed = mixed.rotate_left(11 * number as u32 + 13);
            let length = [12, 200, 3_900, 3_901, 17_000][(seed >> 8) as usize % 5];
            let kept = !(seed >> 16).is_multiple_of(4);
            (data_key(writer, seed % KEYS), kept.then_some(Filling { length, seed }))
        })
        .collect()
}

fn batch(writer: u64, turn: u64) -> Batch {
    let start = Batch::new().put(turn_key(writer), turn.to_string());
    changes(writer, turn).into_iter().fold(start, |batch, (key, value)| match value {
        Some(value) => batch.put(key, value.bytes()),
        None => batch.delete(key),
    })
}

/// Compares what the store holds with what its writers did up to the turns found.
pub(crate) async fn check(store: &dyn Store, acknowledged: &Acknowledged) -> u64 {
    let snapshot = store.snapshot().await.unwrap();
    let mut sum = 0;
    for writer in 0..WRITERS {
        let found = turn_of(store, writer).await;
        if let Some((turn, revision)) = acknowledged.get(&writer) {
            assert!(found >= *turn, "writer {writer}: {turn} was acknowledged, {found} is there");
            assert!(snapshot.revision() >= Revision::new(*revision));
        }
        let expected: BTreeMap<_, _> = (1..=found).flat_map(|turn| changes(writer, turn)).collect();
        let expected: BTreeMap<_, _> =
            expected.into_iter().filter_map(|(key, value)| Some((key, value?.bytes()))).collect();
        let range = KeyRange::prefix(&Key::of_parts(["data", &writer.to_string()]));
        let page = snapshot.scan(&range, usize::MAX).await.unwrap();
        let there: BTreeMap<_, _> =
            page.pairs.into_iter().map(|pair| (pair.key, pair.value.to_vec())).collect();
        assert!(there == expected, "writer {writer} after turn {found}: wrong content");
        sum += found;
    }
    if sum > 0 {
        check_history(store).await;
    }
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
