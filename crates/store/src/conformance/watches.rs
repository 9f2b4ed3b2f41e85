//! Watches: ordered, without gaps, resumable, honest about lost history.

use std::time::Duration;

use futures::{FutureExt, future::join_all};

use super::fixture::{Fixture, key, put};
use crate::{Batch, Change, Key, Revision, Store, Watch, WatchError};

async fn keys_of_next(watch: &mut Watch) -> (Revision, Vec<Key>) {
    let set = watch.next().await.unwrap();
    (set.revision, set.changes.iter().map(|change| change.key().clone()).collect())
}

/// Many writers at once; every watcher sees every commit, in the order of revisions.
pub async fn a_watch_is_ordered_and_without_gaps(fixture: &mut dyn Fixture) {
    const WRITERS: usize = 16;
    const TURNS: usize = 12;
    let store = fixture.store();
    let from = store.snapshot().await.unwrap().revision().next();
    let writers = join_all((0..WRITERS).map(|writer| {
        let store = store.clone();
        async move {
            let mut mine = Vec::new();
            for turn in 0..TURNS {
                let name = key("order", format!("{writer}-{turn}"));
                mine.push((put(&*store, name.clone(), "x").await, vec![name]));
            }
            mine
        }
    }));
    let watchers = join_all((0..3).map(|_| {
        let store = store.clone();
        async move {
            let mut watch = store.watch(Key::of_parts(["order"]), from).await.unwrap();
            let mut seen = Vec::new();
            while seen.len() < WRITERS * TURNS {
                seen.push(keys_of_next(&mut watch).await);
            }
            seen
        }
    }));
    let (written, seen) = tokio::join!(writers, watchers);
    let mut written = written.concat();
    written.sort();
    for seen in seen {
        assert_eq!(seen, written);
    }
}

/// One set for each commit under the prefix: net changes, in key order, with values.
pub async fn a_watch_tells_each_commit_once_in_key_order(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let (a, b) = (key("told", "a"), key("told", "b"));
    let mut watch = store.watch(Key::of_parts(["told"]), Revision::ZERO).await.unwrap();
    put(&*store, key("elsewhere", "a"), "x").await;
    store.commit(Batch::new().delete(a.clone())).await.unwrap();
    let batch =
        Batch::new().put(b.clone(), "1").put(key("elsewhere", "b"), "x").put(a.clone(), "2");
    let made = store.commit(batch).await.unwrap();
    let removed =
        store.commit(Batch::new().delete(b.clone()).delete(key("told", "c"))).await.unwrap();

    let set = watch.next().await.unwrap();
    assert_eq!((set.revision, set.time), (made.revision, made.time));
    let [Change::Put(first), Change::Put(second)] = set.changes.as_slice() else {
        panic!("two writes: {set:?}")
    };
    assert_eq!((&first.key, &first.value[..]), (&a, &b"2"[..]));
    assert_eq!((&second.key, &second.value[..], second.created), (&b, &b"1"[..], made.revision));
    let set = watch.next().await.unwrap();
    assert_eq!((set.revision, set.changes), (removed.revision, vec![Change::Delete(b)]));
    assert!(watch.next().now_or_never().is_none(), "nothing else happened");
}

/// A watch made anew at `resume_from` continues where the lost one was.
pub async fn a_watch_resumes_where_it_was_lost(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let mut written = Vec::new();
    for number in 0..10 {
        written.push(put(&*store, key("resume", number), "x").await);
    }
    let mut seen = Vec::new();
    let mut from = Revision::ZERO;
    while seen.len() < written.len() {
        let mut watch = store.watch(Key::of_parts(["resume"]), from).await.unwrap();
        for _ in 0..3.min(written.len() - seen.len()) {
            seen.push(watch.next().await.unwrap().revision);
        }
        from = watch.resume_from();
    }
    assert_eq!(seen, written);
}

/// Breaking off `next` and calling it again skips nothing.
pub async fn a_cancelled_wait_loses_nothing(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let mut watch = store.watch(Key::of_parts(["cancel"]), Revision::ZERO).await.unwrap();
    for number in 0..20 {
        assert!(watch.next().now_or_never().is_none(), "nothing to tell yet");
        let written = put(&*store, key("cancel", number), "x").await;
        // Also while history may just be on its way from the disk.
        let _ = tokio::time::timeout(Duration::ZERO, async {
            tokio::task::yield_now().await;
            std::future::pending::<()>().await;
        })
        .await;
        assert_eq!(watch.next().await.unwrap().revision, written);
    }
}

/// From the first commit on, also when later ones were made long since.
pub async fn a_watch_can_begin_in_the_past(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let count = (fixture.history() / 2).min(150);
    let mut written = Vec::new();
    for number in 0..count {
        let name = if number % 2 == 0 { key("past", number) } else { key("other", number) };
        let revision = put(&*store, name, "x").await;
        if number % 2 == 0 {
            written.push(revision);
        }
    }
    let mut watch = store.watch(Key::of_parts(["past"]), Revision::ZERO).await.unwrap();
    for revision in written {
        assert_eq!(watch.next().await.unwrap().revision, revision);
    }
    let next = put(&*store, key("past", "next"), "x").await;
    assert_eq!(watch.next().await.unwrap().revision, next);
}

/// Once history is over its bound a watch from its beginning is refused, says from
/// where it can go on, and goes on from there.
pub async fn a_watch_older_than_history_is_told_so(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let first = put(&*store, key("old", "first"), "x").await;
    let mut slow = store.watch(Key::of_parts(["old"]), first).await.unwrap();
    let mut rounds = 0;
    let oldest = loop {
        write_many(&*store, 200).await;
        match store.watch(Key::default(), first).await {
            Err(WatchError::Compacted { oldest }) => break oldest,
            Err(error) => panic!("{error}"),
            Ok(_) => rounds += 1,
        }
        assert!(rounds < 200, "history is never given up");
    };
    assert!(oldest > first);
    let told = slow.next().await;
    assert!(matches!(told, Err(WatchError::Compacted { .. })), "{told:?}");
    // Nothing is written meanwhile, so no more of it is given up.
    let from = oldest_to_watch(&*store, oldest).await;
    let mut watch = store.watch(Key::of_parts(["old"]), from).await.unwrap();
    let mut last = watch.next().await.unwrap().revision;
    let end = put(&*store, key("old", "end"), "x").await;
    while last < end {
        let next = watch.next().await.unwrap().revision;
        assert_eq!(next, last.next(), "no gap: every commit touched the prefix");
        last = next;
    }
}

/// The oldest revision that can be watched from: at least the one that was told.
async fn oldest_to_watch(store: &dyn Store, told: Revision) -> Revision {
    match store.watch(Key::default(), told).await {
        Err(WatchError::Compacted { oldest }) => oldest,
        Err(error) => panic!("{error}"),
        Ok(_) => told,
    }
}

async fn write_many(store: &dyn Store, count: usize) {
    let writes = (0..count).map(|number| put(store, key("old", number % 10), "x"));
    join_all(writes).await;
}

/// A snapshot taken after a watch told of a commit holds that commit.
pub async fn what_a_watch_told_is_in_the_next_snapshot(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let mut watch = store.watch(Key::of_parts(["seen"]), Revision::ZERO).await.unwrap();
    let writer = async {
        for number in 0..50 {
            put(&*store, key("seen", number), "x").await;
        }
    };
    let watcher = async {
        for _ in 0..50 {
            let told = watch.next().await.unwrap().revision;
            assert!(store.snapshot().await.unwrap().revision() >= told);
        }
    };
    tokio::join!(writer, watcher);
}
