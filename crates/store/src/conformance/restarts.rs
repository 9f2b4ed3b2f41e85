//! Restarts: nothing acknowledged is lost, nothing goes back.

use seawall_clock::WallTime;

use super::fixture::{Fixture, all, key, put};
use crate::{Batch, Key};

/// Everything acknowledged is there after each of several restarts, and only that.
pub async fn what_was_committed_survives_a_restart(fixture: &mut dyn Fixture) {
    for turn in 0..3 {
        let store = fixture.store();
        for number in 0..20 {
            put(&*store, key("survive", format!("{turn}-{number:02}")), "x").await;
        }
        let gone = (0..20).step_by(2).fold(Batch::new(), |batch, number| {
            batch.delete(key("survive", format!("{turn}-{number:02}")))
        });
        store.commit(gone).await.unwrap();
        let before = store.snapshot().await.unwrap();
        let (revision, pairs) = (before.revision(), all(&*before, &Key::default()).await);
        drop((store, before));
        fixture.reopen().await;
        let after = fixture.store().snapshot().await.unwrap();
        assert_eq!(after.revision(), revision);
        assert_eq!(all(&*after, &Key::default()).await, pairs);
        assert_eq!(pairs.len(), 10 * (turn + 1));
    }
}

/// Also when the wall clock stands still or goes back.
pub async fn revisions_and_times_grow_across_restarts(fixture: &mut dyn Fixture) {
    let mut last = None;
    for turn in 0..4_u64 {
        let store = fixture.store();
        for number in 0..5 {
            let batch = Batch::new().put(key("grow", number), turn.to_string());
            let commit = store.commit(batch).await.unwrap();
            assert!(last < Some((commit.revision, commit.time)), "{last:?} then {commit:?}");
            assert!(last.is_none_or(|(_, time)| time < commit.time));
            last = Some((commit.revision, commit.time));
        }
        drop(store);
        fixture.set_wall(WallTime::from_millis(1_000_000 - 1_000 * turn));
        fixture.reopen().await;
    }
}

/// `resume_from` of a watch from before a restart is where to go on after it.
pub async fn a_watch_goes_on_after_a_restart(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    for number in 0..10 {
        put(&*store, key("across", number), "x").await;
    }
    let mut watch = store.watch(Key::of_parts(["across"]), crate::Revision::ZERO).await.unwrap();
    for _ in 0..4 {
        watch.next().await.unwrap();
    }
    let from = watch.resume_from();
    // The old watch is kept: it must not keep the store from being opened again.
    drop(store);
    fixture.reopen().await;
    let store = fixture.store();
    put(&*store, key("across", 10), "x").await;
    let mut again = store.watch(Key::of_parts(["across"]), from).await.unwrap();
    for number in 4..=10 {
        let set = again.next().await.unwrap();
        assert_eq!(set.changes[0].key(), &key("across", number));
    }
    drop(watch);
}
