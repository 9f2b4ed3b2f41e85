//! Leases: bound, kept alive, ended.

use std::time::Duration;

use super::fixture::{Fixture, key, put, value};
use crate::{Batch, Change, CommitError, Key, LeaseError, LeaseId};

const TTL: Duration = Duration::from_secs(10);

/// Revoking deletes all keys of the lease in one commit, and ends it.
pub async fn keys_go_with_their_lease_in_one_commit(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let lease = store.grant(TTL).await.unwrap();
    assert_eq!(lease.ttl, TTL);
    let (a, b, free) = (key("lease", "a"), key("lease", "b"), key("lease", "free"));
    store.commit(Batch::new().put_leased(a.clone(), "1", lease.id)).await.unwrap();
    store.commit(Batch::new().put_leased(b.clone(), "1", lease.id)).await.unwrap();
    let last = put(&*store, free.clone(), "1").await;
    let pair = store.snapshot().await.unwrap().get(&a).await.unwrap().unwrap();
    assert_eq!(pair.lease, Some(lease.id));
    let mut watch = store.watch(Key::of_parts(["lease"]), last.next()).await.unwrap();
    let ended = store.revoke(lease.id).await.unwrap();
    let set = watch.next().await.unwrap();
    assert_eq!(set.revision, ended.revision);
    assert_eq!(set.changes, [Change::Delete(a.clone()), Change::Delete(b)]);
    assert_eq!(value(&*store, &free).await.as_deref(), Some("1"));
    assert_eq!(store.revoke(lease.id).await, Err(LeaseError::NotFound(lease.id)));
    assert_eq!(store.keep_alive(lease.id).await, Err(LeaseError::NotFound(lease.id)));
    let late = store.commit(Batch::new().put_leased(a, "2", lease.id)).await;
    assert_eq!(late, Err(CommitError::NoLease(lease.id)));
}

/// Time to live counts from the last keep-alive.
pub async fn a_lease_kept_alive_does_not_end(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let lease = store.grant(TTL).await.unwrap();
    let name = key("alive", "a");
    store.commit(Batch::new().put_leased(name.clone(), "1", lease.id)).await.unwrap();
    for _ in 0..5 {
        fixture.advance(Duration::from_secs(9));
        assert_eq!(store.keep_alive(lease.id).await, Ok(lease));
    }
    put(&*store, key("alive", "other"), "x").await;
    assert_eq!(value(&*store, &name).await.as_deref(), Some("1"));
}

/// Without a keep-alive a lease ends when its time is over, and its keys with it.
pub async fn a_lease_ends_by_itself(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let lease = store.grant(TTL).await.unwrap();
    let longer = store.grant(3 * TTL).await.unwrap();
    let (a, b) = (key("end", "a"), key("end", "b"));
    let batch =
        Batch::new().put_leased(a.clone(), "1", lease.id).put_leased(b.clone(), "1", longer.id);
    let made = store.commit(batch).await.unwrap();
    let mut watch = store.watch(Key::of_parts(["end"]), made.revision.next()).await.unwrap();
    fixture.advance(TTL - Duration::from_millis(1));
    put(&*store, key("other", "a"), "x").await;
    assert_eq!(value(&*store, &a).await.as_deref(), Some("1"), "not a moment too early");
    fixture.advance(Duration::from_millis(1));
    let set = watch.next().await.unwrap();
    assert_eq!(set.changes, [Change::Delete(a.clone())]);
    assert_eq!(value(&*store, &a).await, None);
    assert_eq!(value(&*store, &b).await.as_deref(), Some("1"));
    assert_eq!(store.keep_alive(lease.id).await, Err(LeaseError::NotFound(lease.id)));
    assert_eq!(store.keep_alive(longer.id).await, Ok(longer));
}

/// A write without a lease, or with another one, takes the key out of its lease.
pub async fn a_key_leaves_its_lease_when_it_is_written_anew(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let first = store.grant(TTL).await.unwrap();
    let second = store.grant(TTL).await.unwrap();
    let names: Vec<_> = (0..4).map(|number| key("leave", number)).collect();
    for name in &names {
        store.commit(Batch::new().put_leased(name.clone(), "1", first.id)).await.unwrap();
    }
    put(&*store, names[0].clone(), "2").await;
    store.commit(Batch::new().put_leased(names[1].clone(), "2", second.id)).await.unwrap();
    store.commit(Batch::new().delete(names[2].clone())).await.unwrap();
    put(&*store, names[2].clone(), "2").await;
    fixture.reopen().await;
    let store = fixture.store();
    store.revoke(first.id).await.unwrap();
    let mut left = Vec::new();
    for name in &names {
        left.push(value(&*store, name).await.is_some());
    }
    assert_eq!(left, [true, true, true, false]);
    store.revoke(second.id).await.unwrap();
    assert_eq!(value(&*store, &names[1]).await, None);
    assert_eq!(value(&*store, &names[0]).await.as_deref(), Some("2"));
}

/// A lease that never was.
pub async fn an_unknown_lease_is_refused(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let never = LeaseId::new(987_654_321);
    let refused = store.commit(Batch::new().put_leased(key("never", "a"), "x", never)).await;
    assert_eq!(refused, Err(CommitError::NoLease(never)));
    assert_eq!(store.keep_alive(never).await, Err(LeaseError::NotFound(never)));
    assert_eq!(store.revoke(never).await, Err(LeaseError::NotFound(never)));
    let shortest = store.grant(Duration::ZERO).await.unwrap();
    assert_eq!(shortest.ttl, Duration::from_secs(1));
}

/// A restart may lengthen a lease but not shorten it, and does not let it live for ever.
pub async fn a_restart_counts_as_keep_alive(fixture: &mut dyn Fixture) {
    let store = fixture.store();
    let lease = store.grant(TTL).await.unwrap();
    let name = key("restart", "a");
    let made = store.commit(Batch::new().put_leased(name.clone(), "1", lease.id)).await.unwrap();
    fixture.advance(TTL - Duration::from_secs(1));
    drop(store);
    fixture.reopen().await;
    let store = fixture.store();
    fixture.advance(TTL - Duration::from_secs(1));
    put(&*store, key("other", "a"), "x").await;
    assert_eq!(value(&*store, &name).await.as_deref(), Some("1"));
    let mut watch = store.watch(Key::of_parts(["restart"]), made.revision.next()).await.unwrap();
    fixture.advance(Duration::from_secs(1));
    assert_eq!(watch.next().await.unwrap().changes, [Change::Delete(name)]);
}
