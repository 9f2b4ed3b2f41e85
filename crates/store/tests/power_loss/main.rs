//! A power loss at any moment loses nothing that was acknowledged, and leaves nothing
//! half there.
//!
//! A child writes to a store with every operation on its files recorded (recorder.c,
//! preloaded). From the record, folders are rebuilt as a power loss at seeded moments
//! would leave them: what was not synced is dropped, kept, or torn page by page; names
//! reach the disk only with their folder's sync, or in order as on ext4. Each folder is
//! opened, compared with what was acknowledged by then, written on, closed, opened and
//! compared again.
//!
//! `SEAWALL_POWER_SEED=…` repeats the moments and the tears on a new record;
//! `SEAWALL_POWER_IMAGES=500` looks at more of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of a test"
)]

mod content;
mod disk;
mod random;
mod record;
#[path = "../workload/mod.rs"]
mod workload;

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use disk::{Disk, Names, Unsynced};
use random::Random;
use record::Event;
use seawall_store::EmbeddedStore;
use workload::{WRITERS, acknowledged, check, line, open, turn_of, write_turn};

const FOLDER: &str = "POWER_LOSS_FOLDER";
const RECORD: &str = "POWER_LOSS_RECORD";
const ANSWERS: &str = "POWER_LOSS_ANSWERS";

/// Folders looked at for each of the two models of names.
const IMAGES: u64 = 32;
/// Turns of each writer between an opening and a closing.
const TURNS: u64 = 60;
/// Times the child opens its store.
const OPENINGS: u64 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_power_loss_leaves_has_everything_acknowledged() {
    let work = tempfile::tempdir().unwrap();
    let Some(recorder) = build_recorder(work.path()) else { return };
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number("SEAWALL_POWER_SEED")
        .unwrap_or_else(|| RandomState::new().build_hasher().finish() >> 16);
    println!("SEAWALL_POWER_SEED={seed}");
    let events = record_child(work.path(), &recorder);
    let images = number("SEAWALL_POWER_IMAGES").unwrap_or(IMAGES);
    for names in [Names::Strict, Names::Ordered] {
        let mut random = Random::new(seed ^ names as u64);
        let moments = moments(&events, images, &mut random);
        let mut disk = Disk::new(names);
        let mut handled = 0;
        for moment in moments {
            for event in &events[handled..moment] {
                disk.handle(event);
            }
            handled = moment;
            let unsynced = match random.below(4) {
                0 => Unsynced::Dropped,
                1 => Unsynced::Kept,
                _ => Unsynced::Torn { sectors: if random.below(2) == 0 { 8 } else { 1 } },
            };
            let place = format!("seed {seed}, {names:?} names, event {moment}, {unsynced:?}");
            look_at_image(&disk, unsynced, &mut random, &place).await;
        }
    }
}

/// Compiles the recorder. `None`: there is no C compiler, which is a failure in CI.
fn build_recorder(work: &Path) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/power_loss/recorder.c");
    let recorder = work.join("recorder.so");
    let compiled = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .args([&recorder, &source])
        .args(["-ldl", "-lpthread"])
        .output();
    match compiled {
        Ok(compiled) if compiled.status.success() => Some(recorder),
        Err(error) if std::env::var("CI").as_deref() != Ok("true") => {
            println!("skipped: no C compiler to build the recorder with ({error})");
            None
        }
        failed => panic!("the recorder cannot be built: {failed:?}"),
    }
}

fn record_child(work: &Path, recorder: &Path) -> Vec<Event> {
    let (folder, record) = (work.join("store"), work.join("record"));
    std::fs::create_dir(&folder).unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "child"])
        .env(FOLDER, folder.canonicalize().unwrap())
        .env(RECORD, &record)
        .env(ANSWERS, work.canonicalize().unwrap().join("answers"))
        .env("LD_PRELOAD", recorder)
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    let events = record::events(&std::fs::read(record).unwrap());
    let told = events.iter().filter(|event| matches!(event, Event::Told(_))).count() as u64;
    assert_eq!(told, WRITERS * TURNS * OPENINGS);
    println!("{} events, {told} of them answers", events.len());
    events
}

/// Moments in order: half anywhere, half beside a change of names or lengths.
fn moments(events: &[Event], count: u64, random: &mut Random) -> Vec<usize> {
    let all = 0..events.len();
    let special: Vec<usize> = all.filter(|at| events[*at].changes_names()).collect();
    let mut moments: Vec<usize> = (0..count)
        .map(|turn| match turn % 2 {
            0 => random.below(events.len() as u64 + 1) as usize,
            _ => special[random.below(special.len() as u64) as usize] + random.below(2) as usize,
        })
        .collect();
    moments.sort_unstable();
    moments
}

async fn look_at_image(disk: &Disk, unsynced: Unsynced, random: &mut Random, place: &str) {
    println!("{place}");
    // Memory where there is some: the images are synced a lot and kept by nobody.
    let memory = Path::new("/dev/shm");
    let folder = match tempfile::tempdir_in(memory) {
        Ok(folder) => folder,
        Err(_) => tempfile::tempdir().unwrap(),
    };
    disk.save(folder.path(), unsynced, random).unwrap();
    let told = acknowledged(disk.told.lines());
    let store =
        open(&folder.path().join("a/store")).unwrap_or_else(|error| panic!("{place}: {error}"));
    check(store.as_ref(), &told).await;
    let mut told = workload::Acknowledged::new();
    for writer in 0..WRITERS {
        let turn = turn_of(store.as_ref(), writer).await + 1;
        let revision = write_turn(store.as_ref(), writer, turn).await;
        told.insert(writer, (turn, revision.get()));
    }
    store.close().await;
    drop(store);
    let store = open(&folder.path().join("a/store"))
        .unwrap_or_else(|error| panic!("{place}, again: {error}"));
    check(store.as_ref(), &told).await;
    store.close().await;
}

/// What the child of the test above does; on its own it has nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let (Ok(folder), Ok(answers)) = (std::env::var(FOLDER), std::env::var(ANSWERS)) else {
        return;
    };
    let answers = Arc::new(std::fs::File::create(answers).unwrap());
    for _ in 0..OPENINGS {
        // In a folder that is not there yet, which has to reach the disk as well.
        let store = open(&Path::new(&folder).join("a/store")).unwrap();
        let writers = (0..WRITERS)
            .map(|writer| tokio::spawn(write_turns(store.clone(), writer, answers.clone())));
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        store.close().await;
    }
}

async fn write_turns(store: Arc<EmbeddedStore>, writer: u64, answers: Arc<std::fs::File>) {
    let done = turn_of(store.as_ref(), writer).await;
    for turn in done + 1..=done + TURNS {
        let revision = write_turn(store.as_ref(), writer, turn).await;
        let line = line(writer, turn, revision);
        answers.as_ref().write_all(line.as_bytes()).unwrap();
    }
}
