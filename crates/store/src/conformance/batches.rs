//! Batches: atomic, conditional, limited.

use futures::future::join_all;

use super::fixture::{Fixture, key, put, value};
use crate::{Batch, CommitError, Key, Precondition, Revision, Store};

/// All of a batch or none of it.
pub async fn a_batch_commits_whole_or_not_at_all(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let (a, b) = (key("atom", "a"), key("atom", "b"));
    store.commit(Batch::new().put(a.clone(), "1").put(b.clone(), "1")).await.unwrap();
    let refused =
        Batch::new().when(Precondition::Absent(b.clone())).put(a.clone(), "2").delete(b.clone());
    assert!(store.commit(refused).await.is_err());
    assert_eq!(value(&*store, &a).await.as_deref(), Some("1"));
    assert_eq!(value(&*store, &b).await.as_deref(), Some("1"));
    store.commit(Batch::new().put(a.clone(), "3").delete(b.clone())).await.unwrap();
    assert_eq!(value(&*store, &a).await.as_deref(), Some("3"));
    assert_eq!(value(&*store, &b).await, None);
}

/// Each kind of precondition, met and not met, and what a refusal tells.
pub async fn a_precondition_holds_at_the_moment_of_the_commit(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let (there, gone) = (key("when", "there"), key("when", "gone"));
    let first = put(&*store, there.clone(), "1").await;
    let second = put(&*store, there.clone(), "2").await;
    let met = [
        Precondition::Present(there.clone()),
        Precondition::ModifiedAt(there.clone(), second),
        Precondition::Absent(gone.clone()),
        Precondition::ModifiedAt(gone.clone(), Revision::ZERO),
    ];
    for precondition in met {
        let batch = Batch::new().when(precondition.clone()).put(key("when", "other"), "x");
        store.commit(batch).await.unwrap_or_else(|error| panic!("{precondition:?}: {error}"));
    }
    let not_met = [
        (Precondition::Absent(there.clone()), Some(second)),
        (Precondition::ModifiedAt(there.clone(), first), Some(second)),
        (Precondition::ModifiedAt(there.clone(), Revision::ZERO), Some(second)),
        (Precondition::Present(gone.clone()), None),
        (Precondition::ModifiedAt(gone.clone(), first), None),
    ];
    for (failed, modified) in not_met {
        let batch = Batch::new().when(failed.clone()).put(there.clone(), "never");
        let refused = store.commit(batch).await;
        assert_eq!(refused, Err(CommitError::Precondition { failed, modified }));
    }
    assert_eq!(value(&*store, &there).await.as_deref(), Some("2"));
}

/// Of many that create the same key at once exactly one succeeds, and a counter
/// raised under a precondition loses no step.
pub async fn one_of_many_racing_creators_wins(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let name = key("race", "created");
    let creators = (0..32).map(|number| {
        let batch = Batch::new()
            .when(Precondition::Absent(name.clone()))
            .put(name.clone(), number.to_string());
        store.commit(batch)
    });
    let created = join_all(creators).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(created, 1);

    let counter = key("race", "counter");
    put(&*store, counter.clone(), "0").await;
    join_all((0..8).map(|_| raise(&*store, &counter, 5))).await;
    assert_eq!(value(&*store, &counter).await.as_deref(), Some("40"));
}

async fn raise(store: &dyn Store, counter: &Key, times: u32) {
    for _ in 0..times {
        loop {
            let snapshot = store.snapshot().await.unwrap();
            let pair = snapshot.get(counter).await.unwrap().unwrap();
            let next = std::str::from_utf8(&pair.value).unwrap().parse::<u32>().unwrap() + 1;
            let batch = Batch::new()
                .when(Precondition::ModifiedAt(counter.clone(), pair.modified))
                .put(counter.clone(), next.to_string());
            match store.commit(batch).await {
                Ok(_) => break,
                Err(CommitError::Precondition { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// Of two operations on one key the later one counts, and only its result is seen.
pub async fn the_later_operation_on_a_key_counts(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let name = key("twice", "a");
    store.commit(Batch::new().delete(name.clone()).put(name.clone(), "1")).await.unwrap();
    assert_eq!(value(&*store, &name).await.as_deref(), Some("1"));
    store.commit(Batch::new().put(name.clone(), "2").put(name.clone(), "3")).await.unwrap();
    assert_eq!(value(&*store, &name).await.as_deref(), Some("3"));
    store.commit(Batch::new().put(name.clone(), "4").delete(name.clone())).await.unwrap();
    assert_eq!(value(&*store, &name).await, None);
}

/// `created` stays with the first write since the key was last absent.
pub async fn a_key_tells_who_made_and_who_last_wrote_it(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let name = key("origin", "a");
    let first = put(&*store, name.clone(), "1").await;
    let second = put(&*store, name.clone(), "2").await;
    let pair = store.snapshot().await.unwrap().get(&name).await.unwrap().unwrap();
    assert_eq!((pair.created, pair.modified, pair.lease), (first, second, None));
    store.commit(Batch::new().delete(name.clone())).await.unwrap();
    let third = put(&*store, name.clone(), "3").await;
    let pair = store.snapshot().await.unwrap().get(&name).await.unwrap().unwrap();
    assert_eq!((pair.created, pair.modified), (third, third));
}

/// Keys, values and batches over their limits are refused, and named.
pub async fn too_large_is_refused_by_name(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let long_key = Batch::new().put(Key::new(vec![b'k'; 40_000]), "x");
    let refused = store.commit(long_key).await;
    assert!(matches!(refused, Err(CommitError::TooLarge { what: "a key", .. })), "{refused:?}");
    let long_value = Batch::new().put(key("large", "a"), vec![0; 40_000_000]);
    let refused = store.commit(long_value).await;
    assert!(matches!(refused, Err(CommitError::TooLarge { what: "a value", .. })));
    let many =
        (0..3).fold(Batch::new(), |batch, n| batch.put(key("large", n), vec![0; 15_000_000]));
    let refused = store.commit(many).await;
    assert!(matches!(refused, Err(CommitError::TooLarge { what: "the batch", .. })));
    assert_eq!(value(&*store, &key("large", "a")).await, None);
}

/// Short, long and very long values, growing and shrinking, also after a restart.
pub async fn values_of_every_size_come_back(fixture: &mut dyn Fixture) {
    let name = key("size", "changing");
    let sizes = [0, 1, 3_900, 3_901, 100_000, 7_800, 2_000_000, 5, 50_000];
    for (turn, size) in sizes.into_iter().enumerate() {
        let store = fixture.store();
        let value: Vec<u8> = (0..size).map(|at| (at % 251) as u8 ^ turn as u8).collect();
        let batch =
            Batch::new().put(name.clone(), value.clone()).put(key("size", turn), value.clone());
        store.commit(batch).await.unwrap();
        let pair = store.snapshot().await.unwrap().get(&name).await.unwrap().unwrap();
        assert!(pair.value == value, "{size} bytes came back as {}", pair.value.len());
    }
    fixture.reopen().await;
    let store = fixture.store();
    let snapshot = store.snapshot().await.unwrap();
    for (turn, size) in sizes.into_iter().enumerate() {
        let pair = snapshot.get(&key("size", turn)).await.unwrap().unwrap();
        assert_eq!(pair.value.len(), size);
        assert!(
            pair.value.iter().enumerate().all(|(at, byte)| *byte == (at % 251) as u8 ^ turn as u8)
        );
    }
    store.commit(Batch::new().delete(name.clone())).await.unwrap();
    assert_eq!(value(&*store, &name).await, None);
}
