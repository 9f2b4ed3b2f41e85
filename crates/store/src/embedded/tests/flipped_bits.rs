//! One flipped bit anywhere in the files of a closed store (rule 7): the store is
//! mended from its log, or refuses to open, or opens and reading through it finds the
//! damage. What it answers is right, or an error: never a wrong value, never "absent".

use std::{fs, path::PathBuf};

use super::{
    crash_images::copy,
    fixture::{Home, key},
    scrub::{pass, scrub},
};
use crate::{Batch, OpenError, Store};

const KEYS: usize = 60;
/// Flips for each kind of file.
const FLIPS: u64 = 12;

/// What a key holds after a number of rounds.
fn value(number: usize) -> Vec<u8> {
    let length = [20, 700, 3_900, 9_000][number % 4];
    (0..length).map(|at| (at * 31 + number * 7) as u8).collect()
}

/// A closed store with tables on disk and a log that does not reach back.
async fn original() -> Home {
    let mut home = Home::forgetful();
    home.settings.history_commits = 600;
    home.settings.memtable_bytes = 32 * 1024;
    let store = home.open().unwrap();
    for turn in 0..20 {
        for number in 0..KEYS {
            let bytes = if turn == 19 { value(number) } else { vec![turn as u8; 3_000] };
            store.commit(Batch::new().put(key(number), bytes)).await.unwrap();
        }
    }
    assert!(store.shared().log.first().unwrap() > 1, "the log was compacted");
    store.close().await;
    home
}

/// The files of a kind, in the same order each time, without what is not read.
fn of_kind(home: &Home, kind: &str) -> Vec<PathBuf> {
    let mut folders = vec![home.path().join(if kind == "log" { "log" } else { "state" })];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = path.to_str().unwrap().to_owned();
            let wanted = match kind {
                "log" => text.ends_with(".raftlog"),
                "journal" => text.ends_with(".jnl"),
                "table" => text.contains("/tables/"),
                _ => !text.ends_with(".jnl") && !text.contains("/tables"),
            };
            if path.is_dir() {
                folders.push(path);
            } else if wanted && fs::metadata(&path).unwrap().len() > 0 {
                found.push(path.strip_prefix(home.path()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn random(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Outcomes {
    refused: usize,
    found: usize,
    harmless: usize,
}

async fn flip(original: &Home, kind: &str, seed: &mut u64) -> Outcomes {
    let files = of_kind(original, kind);
    assert!(!files.is_empty(), "{kind}");
    let mut outcomes = Outcomes::default();
    for _ in 0..FLIPS {
        let mut home = Home::new();
        home.settings = original.settings.clone();
        copy(original.path(), home.path());
        let name = &files[random(seed) as usize % files.len()];
        let file = home.path().join(name);
        let mut bytes = fs::read(&file).unwrap();
        let end = bytes.iter().rposition(|byte| *byte != 0).map_or(1, |at| at + 1);
        let bit = random(seed) as usize % (end * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(&file, bytes).unwrap();
        let place = format!("bit {bit} of {}", name.display());
        let store = match home.open() {
            Ok(store) => store,
            Err(OpenError::Damaged { .. } | OpenError::Io { .. }) => {
                outcomes.refused += 1;
                continue;
            }
            Err(error) => panic!("{place}: {error}"),
        };
        let (_, damaged, ..) = pass(&mut scrub(u64::MAX), &store);
        let snapshot = store.snapshot().await.unwrap();
        for number in 0..KEYS {
            match snapshot.get(&key(number)).await {
                Ok(Some(pair)) => assert!(pair.value == value(number), "{place}: key {number}"),
                Ok(None) => panic!("{place}: key {number} is said to be absent"),
                Err(_) => assert!(damaged > 0, "{place}: key {number} was not found damaged"),
            }
        }
        if damaged > 0 {
            outcomes.found += 1
        } else {
            outcomes.harmless += 1
        }
        store.close().await;
    }
    outcomes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_7_a_flipped_bit_in_any_file_never_gives_a_wrong_answer() {
    let original = original().await;
    let told = std::env::var("SEAWALL_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let mut seed = told.unwrap_or(0x5ea_3a11_u64);
    println!("SEAWALL_TEST_SEED={seed}");
    for kind in ["log", "journal", "table", "other"] {
        let outcomes = flip(&original, kind, &mut seed).await;
        println!("{kind}: {outcomes:?}");
        if kind == "table" {
            assert!(outcomes.found + outcomes.refused > 0, "tables are mostly data");
        }
    }
}
