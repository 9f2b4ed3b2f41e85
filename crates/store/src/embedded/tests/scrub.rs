//! Reading through everything stored finds what is damaged (rule 7).

use std::{num::NonZeroU64, sync::Arc, time::Duration};

use seawall_clock::{Clock, Instant};

use super::fixture::{Home, count, key, put, until};
use crate::{
    Batch, EmbeddedStore, Store,
    embedded::scrub::{Damage, Pace, Scrub, ScrubEffect},
    engine::{Engine, EngineBatch, MemoryEngine, Table},
};

/// Steps through one pass; what came of it, and when it ended.
pub(super) fn pass(scrub: &mut Scrub, store: &EmbeddedStore) -> (Vec<Damage>, usize, u64, Instant) {
    let (mut found, mut read) = (Vec::new(), 0);
    loop {
        let now = scrub.due();
        let view = store.shared().view();
        for effect in scrub.step(now, &view, &store.shared().log) {
            match effect {
                ScrubEffect::Read(bytes) => read += bytes,
                ScrubEffect::Found(damage) => found.push(damage),
                ScrubEffect::PassEnded { damaged } => return (found, damaged, read, now),
            }
        }
    }
}

pub(super) fn scrub(bytes_per_second: u64) -> Scrub {
    let bytes_per_second = NonZeroU64::new(bytes_per_second).unwrap();
    let pace = Pace { bytes_per_second, pause: Duration::from_secs(3_600) };
    Scrub::new(pace, Instant::default())
}

/// A store with a short value, one in pieces, a lease and a key bound to it.
async fn store_on(home: &Home, engine: &Arc<MemoryEngine>) -> Arc<EmbeddedStore> {
    let store = home.open_on(engine.clone());
    for number in 0..5 {
        put(&store, number).await;
    }
    store.commit(Batch::new().put(key("long"), vec![7; 9_000])).await.unwrap();
    let lease = store.grant(Duration::from_secs(60)).await.unwrap();
    store.commit(Batch::new().put_leased(key("bound"), "x", lease.id)).await.unwrap();
    store
}

/// Every row the engine holds.
fn rows(engine: &MemoryEngine) -> Vec<(Table, Vec<u8>, Vec<u8>)> {
    let snapshot = engine.snapshot().unwrap();
    let mut rows = Vec::new();
    for table in Table::ALL {
        let span = crate::engine::Span { table, start: &[], end: None, falling: false };
        let scanned = snapshot.scan(span, &mut |key, row| {
            rows.push((table, key.to_vec(), row.to_vec()));
            std::ops::ControlFlow::Continue(())
        });
        scanned.unwrap();
    }
    rows
}

fn overwrite(engine: &MemoryEngine, table: Table, key: &[u8], row: Vec<u8>) {
    let mut batch = EngineBatch::default();
    batch.put(table, key.to_vec(), row);
    engine.write(batch).unwrap();
}

/// Lets readers see what was done to the engine behind the store's back.
fn show(store: &EmbeddedStore, engine: &MemoryEngine) {
    let applied = store.shared().view().applied;
    store.shared().publish(crate::embedded::replay::view(engine, applied).unwrap());
}

#[tokio::test]
async fn rule_7_a_flipped_bit_in_any_row_is_found_by_reading_through_everything() {
    let home = Home::new();
    let engine = Arc::new(MemoryEngine::default());
    let store = store_on(&home, &engine).await;
    let (found, damaged, _, _) = pass(&mut scrub(u64::MAX), &store);
    assert_eq!((found, damaged), (Vec::new(), 0), "nothing is wrong yet");
    let rows = rows(&engine);
    assert!(rows.len() > 10);
    for (turn, (table, key, row)) in rows.into_iter().enumerate() {
        let mut flipped = row.clone();
        let bit = (turn * 7_919) % (row.len() * 8);
        flipped[bit / 8] ^= 1 << (bit % 8);
        overwrite(&engine, table, &key, flipped);
        show(&store, &engine);
        let (found, ..) = pass(&mut scrub(u64::MAX), &store);
        let names = |damage: &Damage| matches!(damage, Damage::Row { table: t, key: k, .. } if *t == table && *k == key);
        assert!(found.iter().any(names), "bit {bit} of {table:?} {key:?}: {found:?}");
        overwrite(&engine, table, &key, row);
    }
}

#[tokio::test]
async fn rule_7_a_missing_piece_of_a_value_is_found() {
    let home = Home::new();
    let engine = Arc::new(MemoryEngine::default());
    let store = store_on(&home, &engine).await;
    let is_piece =
        |(table, key, _): &(Table, Vec<u8>, Vec<u8>)| *table == Table::Chunk && *key != [0];
    let (table, piece, _) = rows(&engine).into_iter().find(is_piece).unwrap();
    let mut batch = EngineBatch::default();
    batch.delete(table, piece);
    engine.write(batch).unwrap();
    show(&store, &engine);
    let (found, ..) = pass(&mut scrub(u64::MAX), &store);
    assert!(matches!(found.as_slice(), [Damage::Row { table: Table::Data, .. }]), "{found:?}");
}

#[tokio::test]
async fn rule_7_the_scrub_keeps_to_its_pace_and_pauses_after_a_pass() {
    let home = Home::new();
    let store = home.open().unwrap();
    for number in 0..40 {
        store.commit(Batch::new().put(key(number), vec![1; 10_000])).await.unwrap();
    }
    let mut scrub = scrub(100_000);
    let (found, _, read, ended) = pass(&mut scrub, &store);
    assert_eq!(found, []);
    assert!(read > 2 * 40 * 10_000, "the state and the log: {read}");
    let took = ended.since(Instant::default()).as_secs_f64();
    let step = 0.8;
    assert!(took + step >= read as f64 / 100_000.0, "{read} bytes in {took} s");
    assert!(scrub.due().since(ended) >= Duration::from_secs(3_600));
    let view = store.shared().view();
    assert_eq!(scrub.step(ended, &view, &store.shared().log), [], "not before it is due");
}

#[tokio::test]
async fn rule_7_damage_is_told_once_and_forgotten_when_it_was_mended() {
    let home = Home::new();
    let engine = Arc::new(MemoryEngine::default());
    let store = store_on(&home, &engine).await;
    let (table, row_key, row) = rows(&engine).into_iter().nth(1).unwrap();
    overwrite(&engine, table, &row_key, b"garbage".to_vec());
    show(&store, &engine);
    let mut scrub = scrub(u64::MAX);
    let (found, damaged, ..) = pass(&mut scrub, &store);
    assert_eq!((found.len(), damaged), (1, 1));
    let (found, damaged, ..) = pass(&mut scrub, &store);
    assert_eq!((found.len(), damaged), (0, 1), "known already");
    overwrite(&engine, table, &row_key, row);
    show(&store, &engine);
    let (found, damaged, ..) = pass(&mut scrub, &store);
    assert_eq!((found.len(), damaged), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_7_the_store_itself_looks_and_says_so_in_its_health_and_figures() {
    let mut home = Home::new();
    home.settings.scrub_bytes_per_second = u64::MAX;
    home.settings.scrub_pause_ms = 1;
    let engine = Arc::new(MemoryEngine::default());
    let store = store_on(&home, &engine).await;
    assert_eq!(store.health().damaged, 0);
    let (table, row_key, row) = rows(&engine).into_iter().nth(1).unwrap();
    overwrite(&engine, table, &row_key, b"garbage".to_vec());
    show(&store, &engine);
    let moving_on = |condition: &dyn Fn() -> bool| {
        home.clock.advance(Duration::from_secs(1));
        condition()
    };
    until(|| moving_on(&|| store.health().damaged == 1)).await;
    until(|| moving_on(&|| store.metrics().damaged.get() == 1)).await;
    assert_eq!(store.health().refuses_writes, None, "everything else is served");
    assert!(home.clock.now() > Instant::default());
    put(&store, 1).await;
    overwrite(&engine, table, &row_key, row);
    show(&store, &engine);
    until(|| moving_on(&|| store.health().damaged == 0)).await;
    assert!(store.metrics().scrub_passes.get() > 0);
    // All but what was bound to the lease, whose time may have passed meanwhile.
    assert!(count(&store).await >= 6);
}
