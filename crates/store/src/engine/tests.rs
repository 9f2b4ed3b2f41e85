//! The engine on disk against the engine in memory, and the rules it stands on.

use std::{
    fs,
    ops::ControlFlow,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use proptest::prelude::*;

use super::{
    Engine, EngineBatch, EngineSettings, EngineSnapshot, FjallEngine, MemoryEngine, Span, Table,
    create, is_ready,
};

/// Small, so that tables are written to disk all the time.
const SMALL: EngineSettings =
    EngineSettings { cache_bytes: 1024 * 1024, memtable_bytes: 32 * 1024 };

type Rows = Vec<(Vec<u8>, Vec<u8>)>;

fn on_disk(folder: &Path) -> FjallEngine {
    let path = folder.join("state");
    create(&path, SMALL).unwrap();
    FjallEngine::open(&path, SMALL).unwrap()
}

fn rows(snapshot: &dyn EngineSnapshot, table: Table, falling: bool) -> Rows {
    rows_in(snapshot, Span { table, start: &[], end: None, falling })
}

fn rows_in(snapshot: &dyn EngineSnapshot, span: Span<'_>) -> Rows {
    let mut rows = Vec::new();
    let scan = snapshot.scan(span, &mut |key, value| {
        rows.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    });
    scan.unwrap();
    rows
}

#[derive(Debug, Clone)]
enum Step {
    Write(EngineBatch),
    /// Keep a snapshot and compare it again at the end.
    Hold,
    Reopen,
    Compare(Vec<u8>, Vec<u8>),
}

fn a_table() -> impl Strategy<Value = Table> {
    prop::sample::select(Table::ALL.to_vec())
}

fn a_key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(255)], 1..4)
}

fn a_batch() -> impl Strategy<Value = EngineBatch> {
    let value = prop::option::weighted(0.7, (any::<u8>(), 0_usize..12_000));
    prop::collection::vec((a_table(), a_key(), value), 1..12).prop_map(|writes| {
        let mut batch = EngineBatch::default();
        for (table, key, value) in writes {
            match value {
                Some((byte, length)) => batch.put(table, key, vec![byte; length]),
                None => batch.delete(table, key),
            }
        }
        batch
    })
}

fn a_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => a_batch().prop_map(Step::Write),
        2 => Just(Step::Hold),
        1 => Just(Step::Reopen),
        3 => (a_key(), a_key()).prop_map(|(start, end)| Step::Compare(start, end)),
    ]
}

fn compare(disk: &dyn EngineSnapshot, memory: &dyn EngineSnapshot) {
    for table in Table::ALL {
        for falling in [false, true] {
            assert_eq!(rows(disk, table, falling), rows(memory, table, falling));
        }
    }
}

fn run(steps: Vec<Step>) {
    let folder = tempfile::tempdir().unwrap();
    let disk = on_disk(folder.path());
    let memory = MemoryEngine::default();
    let mut held = Vec::new();
    for step in steps {
        match step {
            Step::Write(batch) => {
                memory.write(batch.clone()).unwrap();
                disk.write(batch).unwrap();
            }
            Step::Hold => held.push((disk.snapshot().unwrap(), memory.snapshot().unwrap())),
            Step::Reopen => {
                for (disk, memory) in held.drain(..) {
                    compare(disk.as_ref(), memory.as_ref());
                }
                let before = disk.snapshot().unwrap();
                for engine in [&disk as &dyn Engine, &memory] {
                    engine.persist().unwrap();
                    engine.reopen().unwrap();
                }
                assert!(before.get(Table::Data, b"x").is_err(), "a snapshot from before");
            }
            Step::Compare(start, end) => {
                let (disk, memory) = (disk.snapshot().unwrap(), memory.snapshot().unwrap());
                for table in Table::ALL {
                    let span = Span { table, start: &start, end: Some(&end), falling: false };
                    assert_eq!(rows_in(disk.as_ref(), span), rows_in(memory.as_ref(), span));
                    let (mine, other) = (disk.get(table, &start), memory.get(table, &start));
                    assert_eq!(mine.unwrap(), other.unwrap());
                }
            }
        }
    }
    for (disk, memory) in held {
        compare(disk.as_ref(), memory.as_ref());
    }
    compare(disk.snapshot().unwrap().as_ref(), memory.snapshot().unwrap().as_ref());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_on_disk_does_what_the_model_does(steps in prop::collection::vec(a_step(), 1..40)) {
        run(steps);
    }
}

/// A batch with the same number in every table.
fn numbered(number: u64, filler: usize) -> EngineBatch {
    let mut batch = EngineBatch::default();
    let mut value = number.to_be_bytes().to_vec();
    value.resize(8 + filler, 7);
    for table in Table::ALL {
        batch.put(table, b"number".to_vec(), value.clone());
        batch.put(table, number.to_be_bytes().to_vec(), value.clone());
    }
    batch
}

fn numbers(snapshot: &dyn EngineSnapshot) -> Vec<u64> {
    let number = |table| {
        let row = snapshot.get(table, b"number").unwrap();
        row.map_or(0, |row| u64::from_be_bytes(*row.first_chunk().unwrap()))
    };
    Table::ALL.map(number).to_vec()
}

#[test]
fn of_two_writes_of_a_key_in_a_batch_the_later_counts() {
    let folder = tempfile::tempdir().unwrap();
    let engine = on_disk(folder.path());
    for number in 0..50_u32 {
        let key = number.to_be_bytes().to_vec();
        let mut batch = EngineBatch::default();
        batch.put(Table::Data, key.clone(), b"first".to_vec());
        batch.delete(Table::Data, key.clone());
        batch.put(Table::Data, key.clone(), b"second".to_vec());
        engine.write(batch).unwrap();
        let value = engine.snapshot().unwrap().get(Table::Data, &key).unwrap();
        assert_eq!(value.as_deref(), Some(b"second".as_slice()));
    }
}

/// A snapshot of the empty engine must not hide the others from clean-up.
#[test]
fn a_snapshot_of_the_empty_engine_does_not_harm_later_ones() {
    let folder = tempfile::tempdir().unwrap();
    let engine = on_disk(folder.path());
    let empty = engine.snapshot().unwrap();
    let mut held = Vec::new();
    for number in 1..=400 {
        engine.write(numbered(number, 2_000)).unwrap();
        if number % 10 == 0 {
            held.push((number, engine.snapshot().unwrap()));
        }
    }
    for (number, snapshot) in &held {
        assert_eq!(numbers(snapshot.as_ref()), [*number; 2]);
        assert_eq!(rows(snapshot.as_ref(), Table::Chunk, false).len() as u64, number + 1);
    }
    assert_eq!(rows(empty.as_ref(), Table::Data, false), []);
}

/// Without the lock around commit and snapshot this fails within a second.
#[test]
fn rule_1_a_snapshot_never_sees_half_a_batch() {
    let folder = tempfile::tempdir().unwrap();
    let engine = on_disk(folder.path());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    let snapshot = engine.snapshot().unwrap();
                    let seen = numbers(snapshot.as_ref());
                    assert!(seen.iter().all(|number| *number == seen[0]), "{seen:?}");
                }
            });
        }
        for number in 1..=1_500 {
            engine.write(numbered(number, 900)).unwrap();
        }
        done.store(true, Ordering::SeqCst);
    });
}

/// What would break the atomicity of batches is not used anywhere.
#[test]
fn rule_2_nothing_is_ingested_and_the_journal_writes_itself() {
    let banned = ["start_inges", "manual_journal_per"].map(|part| match part {
        "start_inges" => format!("{part}tion("),
        part => format!("{part}sist("),
    });
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            files += 1;
            for call in &banned {
                assert!(!text.contains(call), "{call} in {}", path.display());
            }
        }
    }
    assert!(files > 20, "the sources were read");
}

#[test]
fn rule_3_there_are_four_flush_workers_even_on_one_core() {
    assert_eq!([1, 2, 4, 16].map(super::fjall::workers), [4, 4, 4, 16]);
}

#[test]
fn rule_3_flushing_keeps_up_with_small_memtables_and_many_writes() {
    let folder = tempfile::tempdir().unwrap();
    let engine = on_disk(folder.path());
    let mut looks = 0;
    for number in 1..=3_000 {
        engine.write(numbered(number, 1_000)).unwrap();
        while engine.write_buffer_bytes() > 4 * SMALL.memtable_bytes {
            std::thread::sleep(std::time::Duration::from_millis(1));
            looks += 1;
            assert!(looks < 60_000, "flushing is stuck at {}", engine.write_buffer_bytes());
        }
    }
    let snapshot = engine.snapshot().unwrap();
    assert_eq!(rows(snapshot.as_ref(), Table::Chunk, false).len(), 3_001);
}

#[test]
fn rule_4_an_interrupted_creation_is_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    for leftover in [folder.path().join("state.tmp"), path.clone()] {
        fs::create_dir_all(leftover.join("keyspaces/7")).unwrap();
        fs::write(leftover.join("version"), "half").unwrap();
    }
    assert!(!is_ready(&path));
    create(&path, SMALL).unwrap();
    assert!(is_ready(&path));
    assert!(!folder.path().join("state.tmp").exists());
    let engine = FjallEngine::open(&path, SMALL).unwrap();
    engine.write(numbered(1, 10)).unwrap();
    engine.close();
    let engine = FjallEngine::open(&path, SMALL).unwrap();
    assert_eq!(numbers(engine.snapshot().unwrap().as_ref()), [1, 1]);
}

/// A lost page inside a value, with the end of the batch there: fjall refuses to open.
#[test]
fn rule_8_a_torn_journal_is_cut_at_its_first_broken_batch() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let large = EngineSettings { memtable_bytes: 8 * 1024 * 1024, ..SMALL };
    create(&path, large).unwrap();
    let engine = FjallEngine::open(&path, large).unwrap();
    for number in 1..=20 {
        engine.write(numbered(number, 9_000)).unwrap();
    }
    engine.close();
    let journal = path.join("0.jnl");
    let mut bytes = fs::read(&journal).unwrap();
    let torn = bytes.windows(8).rposition(|bytes| bytes == 13_u64.to_be_bytes()).unwrap();
    bytes[torn + 100..torn + 600].fill(0);
    fs::write(&journal, &bytes).unwrap();
    let refused = fjall::Database::builder(&path).open().err();
    assert!(matches!(refused, Some(fjall::Error::JournalRecovery(_))), "{refused:?}");

    let engine = FjallEngine::open(&path, large).unwrap();
    let copy = folder.path().join("state.uncut-journal");
    assert_eq!(fs::read(&copy).unwrap(), bytes, "the uncut journal is kept");
    assert_eq!(numbers(engine.snapshot().unwrap().as_ref()), [12, 12]);
    engine.write(numbered(21, 10)).unwrap();
    engine.close();
    let engine = FjallEngine::open(&path, large).unwrap();
    assert_eq!(numbers(engine.snapshot().unwrap().as_ref()), [21, 21]);
}
