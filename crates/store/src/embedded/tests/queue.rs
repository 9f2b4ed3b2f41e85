//! What callers meet: overload, a closed store, a folder in use.

use std::{sync::atomic::Ordering, time::Duration};

use futures::future::join_all;

use super::fixture::{Home, count, key, put, until};
use crate::{Batch, CommitError, Key, LeaseError, OpenError, Revision, Store, WatchError};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_share_a_sync() {
    let home = Home::new();
    let store = home.open().unwrap();
    let faults = store.shared().log.faults.clone();
    faults.paused.store(true, Ordering::SeqCst);
    let spawn_writer = |number: u32| {
        let store = store.clone();
        tokio::spawn(async move { put(&store, number).await })
    };
    let mut writers = vec![spawn_writer(1_000)];
    until(|| faults.syncing.load(Ordering::SeqCst) > 0).await;
    // One is on its way to the disk; the others gather behind it.
    writers.extend((2_000..2_200).map(spawn_writer));
    let each = key(2_000).as_bytes().len() + 4;
    until(|| store.shared().waiting_bytes.load(Ordering::SeqCst) == 200 * each).await;
    let before = store.log_syncs();
    faults.paused.store(false, Ordering::SeqCst);
    assert!(join_all(writers).await.iter().all(Result::is_ok));
    assert_eq!(store.log_syncs() - before, 2, "one for the first, one for all others");
    assert_eq!(count(&store).await, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_the_queue_holds_is_refused_as_overload_and_leaves_no_trace() {
    let mut home = Home::new();
    home.settings.queue_requests = 4;
    home.settings.group_requests = 1;
    let store = home.open().unwrap();
    let faults = store.shared().log.faults.clone();
    faults.paused.store(true, Ordering::SeqCst);
    let writers: Vec<_> = (0..100)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(Batch::new().put(key(number), "x")).await })
        })
        .collect();
    until(|| store.metrics().overloaded.get() >= 90).await;
    faults.paused.store(false, Ordering::SeqCst);
    let mut committed = 0;
    for writer in writers {
        match writer.await.unwrap() {
            Ok(_) => committed += 1,
            Err(error) => assert_eq!(error, CommitError::Overloaded),
        }
    }
    assert!(committed > 0);
    assert_eq!(count(&store).await, committed);
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let home = Home::new();
    let store = home.open().unwrap();
    let lease = store.grant(Duration::from_secs(5)).await.unwrap();
    let mut watch = store.watch(Key::default(), Revision::ZERO).await.unwrap();
    store.close().await;
    let refused = store.commit(Batch::new().put(key("a"), "x")).await;
    assert!(matches!(refused, Err(CommitError::Unavailable(_))), "{refused:?}");
    assert!(store.snapshot().await.is_err());
    assert!(matches!(watch.next().await, Err(WatchError::Unavailable(_))));
    let kept = store.keep_alive(lease.id).await;
    assert!(matches!(kept, Err(LeaseError::Commit(CommitError::Unavailable(_)))));
    store.close().await;
}

#[tokio::test]
async fn a_waiting_watch_learns_that_the_store_is_closed() {
    let home = Home::new();
    let store = home.open().unwrap();
    let mut watch = store.watch(Key::default(), Revision::ZERO).await.unwrap();
    let (ended, ()) = tokio::join!(watch.next(), store.close());
    assert!(matches!(ended, Err(WatchError::Unavailable(_))));
}

#[tokio::test]
async fn a_folder_in_use_is_refused_and_free_after_a_drop() {
    let home = Home::new();
    let store = home.open().unwrap();
    put(&store, "a").await;
    assert!(matches!(home.open(), Err(OpenError::InUse { .. })));
    put(&store, "b").await;
    let snapshot = store.snapshot().await.unwrap();
    drop(store);
    let store = home.open().unwrap();
    assert_eq!(count(&store).await, 2);
    assert!(snapshot.get(&key("a")).await.is_err(), "a snapshot ends with its store");
}
