//! Any store does what the model does.

use std::{sync::Arc, time::Duration};

use seawall_clock::ManualClock;

use super::fixture::{Fixture, all};
use crate::{
    Batch, Change, CommitError, Key, KeyValue, LeaseId, MemoryStore, Operation, Precondition,
    Revision, Store,
};

/// Long random rows of batches, leases and restarts, done to the store and to the
/// model, end in the same pairs and in the same changes.
pub async fn many_batches_leave_what_the_model_says(fixture: &mut dyn Fixture) {
    let model = MemoryStore::new(Arc::new(ManualClock::default()));
    let mut random = Random(0x5ea_0a11);
    let mut leases: Vec<(LeaseId, LeaseId)> = Vec::new();
    let mut store = fixture.store();
    let mut from = Revision::ZERO;
    for turn in 0..160 {
        match random.below(20) {
            0 => {
                let ttl = Duration::from_secs(1_000_000);
                let (mine, other) =
                    (store.grant(ttl).await.unwrap(), model.grant(ttl).await.unwrap());
                leases.push((mine.id, other.id));
            }
            1 if !leases.is_empty() => {
                let (mine, other) = leases.swap_remove(random.below(leases.len()));
                store.revoke(mine).await.unwrap();
                model.revoke(other).await.unwrap();
            }
            2 if turn % 3 == 0 => {
                drop(store);
                fixture.reopen().await;
                store = fixture.store();
            }
            _ => {
                let lease = leases.get(random.below(leases.len() + 2)).copied();
                let batch = random.batch(lease.map(|(mine, _)| mine));
                let theirs = with_lease(batch.clone(), lease.map(|(_, other)| other));
                let (mine, other) = (store.commit(batch).await, model.commit(theirs).await);
                assert_eq!(outcome(&mine), outcome(&other));
            }
        }
        if random.below(40) == 0 {
            from = store.snapshot().await.unwrap().revision();
        }
    }
    let (mine, other) = (store.snapshot().await.unwrap(), model.snapshot().await.unwrap());
    let mine_pairs = all(&*mine, &Key::default()).await;
    let other_pairs = all(&*other, &Key::default()).await;
    assert_eq!(plain(&mine_pairs), plain(&other_pairs));
    replayed_changes_lead_to(&*store, &mine_pairs, from).await;
}

/// Snapshot revisions and lease ids differ between stores; everything else does not.
fn plain(pairs: &[KeyValue]) -> Vec<(Key, crate::Value, bool, bool)> {
    let plain = |pair: &KeyValue| {
        let rewritten = pair.created != pair.modified;
        (pair.key.clone(), pair.value.clone(), rewritten, pair.lease.is_some())
    };
    pairs.iter().map(plain).collect()
}

/// The last change a watch tells of each key is how the key is now.
async fn replayed_changes_lead_to(store: &dyn Store, pairs: &[KeyValue], from: Revision) {
    let last = Key::new("~last");
    let end = store.commit(Batch::new().put(last.clone(), "x")).await.unwrap();
    let mut watch = store.watch(Key::default(), from).await.unwrap();
    let mut changed = std::collections::BTreeMap::new();
    loop {
        let set = watch.next().await.unwrap();
        for change in set.changes {
            changed.insert(change.key().clone(), change);
        }
        if set.revision == end.revision {
            break;
        }
    }
    changed.remove(&last);
    for (key, change) in changed {
        let now = pairs.iter().find(|pair| pair.key == key);
        match change {
            Change::Put(pair) => assert_eq!(now, Some(&pair)),
            Change::Delete(_) => assert_eq!(now, None, "{key:?}"),
        }
    }
}

fn outcome(result: &Result<crate::Commit, CommitError>) -> Option<(Key, bool)> {
    match result {
        Ok(_) => None,
        Err(CommitError::Precondition { failed, modified }) => {
            Some((failed.key().clone(), modified.is_some()))
        }
        Err(other) => panic!("{other}"),
    }
}

fn with_lease(mut batch: Batch, lease: Option<LeaseId>) -> Batch {
    for operation in &mut batch.operations {
        if let Operation::Put { lease: Some(bound), .. } = operation {
            *bound = lease.expect("leases come in pairs");
        }
    }
    batch
}

/// Always the same row of numbers (xorshift, Marsaglia 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn key(&mut self) -> Key {
        Key::of_parts([["a", "ab", "b"][self.below(3)], &self.below(6).to_string()])
    }

    fn batch(&mut self, lease: Option<LeaseId>) -> Batch {
        let mut batch = Batch::new();
        if self.below(3) == 0 {
            let key = self.key();
            batch = batch.when(match self.below(3) {
                0 => Precondition::Absent(key),
                1 => Precondition::Present(key),
                _ => Precondition::ModifiedAt(key, Revision::ZERO),
            });
        }
        for _ in 0..=self.below(4) {
            let key = self.key();
            let bytes = [3, 40, 4_000, 9_000][self.below(4)];
            let value = vec![self.below(256) as u8; bytes];
            batch = match (self.below(4), lease) {
                (0, _) => batch.delete(key),
                (1, Some(lease)) => batch.put_leased(key, value, lease),
                _ => batch.put(key, value),
            };
        }
        batch
    }
}
