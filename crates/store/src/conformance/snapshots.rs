//! Snapshots: current, consistent, readable in pages.

use futures::future::join_all;

use super::fixture::{Fixture, all, key, put};
use crate::{Batch, Key, KeyRange, Page};

/// Whoever was told of a commit finds it in the next snapshot.
pub async fn an_acknowledged_commit_is_in_every_later_snapshot(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let writers = (0..16).map(|writer| {
        let store = store.clone();
        async move {
            for turn in 0..10 {
                let name = key("ack", format!("{writer}-{turn}"));
                let revision = put(&*store, name.clone(), "x").await;
                let snapshot = store.snapshot().await.unwrap();
                assert!(snapshot.revision() >= revision);
                assert_eq!(snapshot.get(&name).await.unwrap().unwrap().modified, revision);
            }
        }
    });
    join_all(writers).await;
}

/// Later writes and deletions do not show in an older snapshot.
pub async fn a_snapshot_stays_as_it_was(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    for number in 0..20 {
        put(&*store, key("still", format!("{number:02}")), "before").await;
    }
    let snapshot = store.snapshot().await.unwrap();
    let before = all(&*snapshot, &Key::of_parts(["still"])).await;
    let changes = (0..20).map(|number| {
        let name = key("still", format!("{number:02}"));
        store.commit(if number % 2 == 0 {
            Batch::new().delete(name)
        } else {
            Batch::new().put(name, vec![b'x'; 10_000])
        })
    });
    assert!(join_all(changes).await.iter().all(Result::is_ok));
    assert_eq!(all(&*snapshot, &Key::of_parts(["still"])).await, before);
    let pair = snapshot.get(&key("still", "00")).await.unwrap().unwrap();
    assert_eq!(pair.value, "before");
    let now = store.snapshot().await.unwrap();
    assert_eq!(all(&*now, &Key::of_parts(["still"])).await.len(), 10);
}

/// Two keys always written together are equal in every snapshot and change set.
pub async fn half_a_commit_is_never_visible(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let (a, z) = (key("pair", "a"), key("pair", "z"));
    let first = store.commit(Batch::new().put(a.clone(), "0").put(z.clone(), "0")).await.unwrap();
    let mut watch = store.watch(Key::of_parts(["pair"]), first.revision.next()).await.unwrap();
    let writer = async {
        for turn in 1..=100 {
            let filler = vec![b'-'; turn * 97];
            let batch = Batch::new()
                .put(a.clone(), turn.to_string())
                .put(key("filler", turn), filler)
                .put(z.clone(), turn.to_string());
            store.commit(batch).await.unwrap();
        }
    };
    let reader = async {
        loop {
            let snapshot = store.snapshot().await.unwrap();
            let left = snapshot.get(&a).await.unwrap().unwrap();
            let right = snapshot.get(&z).await.unwrap().unwrap();
            assert_eq!((left.value.clone(), left.modified), (right.value, right.modified));
            if left.value == "100" {
                break;
            }
        }
    };
    let watcher = async {
        for _ in 1..=100 {
            let set = watch.next().await.unwrap();
            let keys: Vec<_> = set.changes.iter().map(|change| change.key().clone()).collect();
            assert_eq!(keys, [a.clone(), z.clone()]);
        }
    };
    tokio::join!(writer, reader, watcher);
}

/// Pages in rising order, with whatever page size.
pub async fn pages_forward_hold_everything_once(fixture: &mut dyn Fixture) {
    check_pages(fixture, false).await;
}

/// Pages in falling order, with whatever page size.
pub async fn pages_backward_hold_everything_once(fixture: &mut dyn Fixture) {
    check_pages(fixture, true).await;
}

async fn check_pages(fixture: &mut dyn Fixture, falling: bool) {
    let store = fixture.store();
    let names: Vec<_> = (0..25).map(|number| key("page", format!("{number:02}"))).collect();
    let fill = names.iter().fold(Batch::new(), |batch, name| batch.put(name.clone(), "x"));
    let around = fill.put(key("pag", "z"), "x").put(key("pagf", "a"), "x").put(Key::default(), "x");
    store.commit(around).await.unwrap();
    let snapshot = store.snapshot().await.unwrap();
    let prefix = KeyRange::prefix(&Key::of_parts(["page"]));
    let mut expected = names;
    if falling {
        expected.reverse();
    }
    for limit in [0, 1, 7, 24, 25, 26, 1_000] {
        let mut found = Vec::new();
        let mut rest = Some(prefix.clone());
        while let Some(range) = rest {
            let page = if falling {
                snapshot.scan_back(&range, limit).await.unwrap()
            } else {
                snapshot.scan(&range, limit).await.unwrap()
            };
            assert!(page.pairs.len() <= limit.max(1));
            found.extend(page.pairs.into_iter().map(|pair| pair.key));
            rest = page.rest;
        }
        assert_eq!(found, expected, "pages of {limit}");
    }
    let empty = KeyRange { start: key("page", "9"), end: Some(key("page", "1")) };
    assert_eq!(snapshot.scan(&empty, 10).await.unwrap(), Page::default());
    assert_eq!(snapshot.scan_back(&empty, 10).await.unwrap(), Page::default());
    let everything = snapshot.scan(&KeyRange::all(), 1_000).await.unwrap();
    assert_eq!((everything.pairs.len(), everything.rest), (28, None));
}
