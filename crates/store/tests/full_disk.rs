//! A disk that is really full (rule 9): a small file system in memory, filled by the
//! store itself and by somebody else. Needs the right to mount.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of a test"
)]

use std::{
    collections::BTreeMap,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use seawall_clock::SystemClock;
use seawall_store::{Batch, CommitError, EmbeddedStore, Key, Store, StoreSettings};
use tempfile::TempDir;

const MIB: usize = 1024 * 1024;
const DISK_MIB: usize = 64;
const VALUE_BYTES: usize = 60_000;

/// A file system of its own, as long as the test runs.
struct Disk {
    folder: TempDir,
}

impl Disk {
    /// `None`: mounting is not allowed here, which is a failure in CI.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={DISK_MIB}m"), "seawall-full-disk"])
            .arg(folder.path())
            .output();
        match mounted {
            Ok(mounted) if mounted.status.success() => Some(Self { folder }),
            failed => {
                let reason = format!("cannot mount a file system: {failed:?}");
                assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
                println!("skipped: {reason}");
                None
            }
        }
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// Takes all but about `left` bytes, as another program would.
    fn fill(&self, left: usize) -> PathBuf {
        let path = self.folder.path().join("ballast");
        let mut file = File::create(&path).unwrap();
        while free_bytes(self.folder.path()) > left + MIB {
            file.write_all(&vec![1; MIB]).unwrap();
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, since a failed test may still hold files.
        drop(Command::new("umount").arg("-l").arg(self.folder.path()).status());
    }
}

fn free_bytes(path: &Path) -> usize {
    let output = Command::new("stat").args(["-f", "-c", "%a %S"]).arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().map(|number| number.parse::<usize>().unwrap()).product()
}

fn settings() -> StoreSettings {
    StoreSettings {
        log_file_bytes: 2 * MIB as u64,
        memtable_bytes: MIB as u64,
        checkpoint_bytes: MIB as u64,
        reserve_bytes: 0,
        space_low_bytes: 0,
        tick_ms: 5,
        unknown_after_ms: 300,
        ..StoreSettings::default()
    }
}

fn open(path: &Path, settings: StoreSettings) -> Arc<EmbeddedStore> {
    EmbeddedStore::open(path, settings, Arc::new(SystemClock::new())).unwrap()
}

fn key(number: usize) -> Key {
    Key::of_parts(["full", &format!("{number:05}")])
}

fn value(number: usize) -> Vec<u8> {
    (0..VALUE_BYTES).map(|at| (at * 13 + number) as u8).collect()
}

/// What a store was asked to write, and whether it said that it did.
#[derive(Default)]
struct Written {
    acknowledged: BTreeMap<usize, bool>,
}

impl Written {
    async fn write(&mut self, store: &EmbeddedStore) -> Result<(), CommitError> {
        let number = self.acknowledged.len();
        let answer = store.commit(Batch::new().put(key(number), value(number))).await;
        match &answer {
            Ok(_) => drop(self.acknowledged.insert(number, true)),
            // It may be there or not.
            Err(CommitError::Unknown { .. }) => drop(self.acknowledged.insert(number, false)),
            Err(_) => {}
        }
        answer.map(drop)
    }

    /// Writes until writes are refused; the refusal.
    async fn fill(&mut self, store: &EmbeddedStore) -> CommitError {
        for _ in 0..2 * DISK_MIB * MIB / VALUE_BYTES {
            match self.write(store).await {
                Ok(()) | Err(CommitError::Unknown { .. }) => {}
                Err(refusal) => return refusal,
            }
        }
        panic!("more was written than fits");
    }

    async fn compare(&self, store: &EmbeddedStore) {
        let snapshot = store.snapshot().await.unwrap();
        for (number, acknowledged) in &self.acknowledged {
            match snapshot.get(&key(*number)).await.unwrap() {
                Some(pair) => assert!(pair.value == value(*number), "{number} is another"),
                None => assert!(!acknowledged, "{number} was acknowledged and is gone"),
            }
        }
        let beyond = snapshot.get(&key(self.acknowledged.len())).await.unwrap();
        assert!(beyond.is_none(), "what was refused is there");
    }

    /// Waits until the store takes writes again.
    async fn until_taken(&mut self, store: &EmbeddedStore) {
        for _ in 0..1_000 {
            if self.write(store).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the store does not take writes though there is space");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_a_full_disk_refuses_writes_loses_nothing_and_is_left_behind_by_itself() {
    // How much is left decides whether the log or the state meets the end first.
    for left_mib in [12, 15, 20, 27] {
        let Some(disk) = Disk::mount() else { return };
        let store = open(&disk.store(), settings());
        let mut written = Written::default();
        for _ in 0..20 {
            written.write(&store).await.unwrap();
        }
        let ballast = disk.fill(left_mib * MIB);
        for _ in 0..2 {
            let refusal = written.fill(&store).await;
            println!(
                "{left_mib} MiB left: {} written, then: {refusal}; {:?}",
                written.acknowledged.len(),
                store.health(),
            );
            assert_eq!(refusal, CommitError::NoSpace);
            assert!(refusal.to_string().contains("free space"), "{refusal}");
            written.compare(&store).await;
            std::fs::remove_file(&ballast).unwrap();
            written.until_taken(&store).await;
            written.compare(&store).await;
            disk.fill(6 * MIB);
        }
        std::fs::remove_file(&ballast).unwrap();
        written.until_taken(&store).await;
        store.close().await;
        drop(store);
        let store = open(&disk.store(), settings());
        written.compare(&store).await;
        written.until_taken(&store).await;
        store.close().await;
    }
}

/// With its default precautions in proportion, the store refuses before the disk is
/// full, and nobody is left without an answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_9_below_the_mark_writes_are_refused_while_there_is_still_room_to_delete() {
    let Some(disk) = Disk::mount() else { return };
    let (low, reserve) = (8 * MIB as u64, 4 * MIB as u64);
    let settings = StoreSettings { space_low_bytes: low, reserve_bytes: reserve, ..settings() };
    let store = open(&disk.store(), settings.clone());
    let mut written = Written::default();
    let ballast = disk.fill(30 * MIB);
    assert_eq!(written.fill(&store).await, CommitError::NoSpace);
    assert!(written.acknowledged.values().all(|acknowledged| *acknowledged), "none is unknown");
    assert!(free_bytes(disk.folder.path()) > MIB, "there is room left");
    written.compare(&store).await;
    store.commit(Batch::new().delete(key(99_999))).await.unwrap();
    std::fs::remove_file(&ballast).unwrap();
    written.until_taken(&store).await;
    store.close().await;
    drop(store);
    written.compare(&open(&disk.store(), settings)).await;
}
