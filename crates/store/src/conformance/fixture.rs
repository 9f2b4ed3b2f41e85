//! What a store brings to be tested.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use seawall_clock::WallTime;

use crate::{Batch, Key, KeyRange, KeyValue, Revision, Snapshot, Store};

/// A store under test and the world around it.
#[async_trait]
pub trait Fixture: Send {
    /// The store, as it runs now.
    fn store(&self) -> Arc<dyn Store>;

    /// Ends the store and starts it again on what it left.
    async fn reopen(&mut self);

    /// Lets time pass for the store.
    fn advance(&self, by: Duration);

    /// Sets the store's wall clock, also backwards.
    fn set_wall(&self, wall: WallTime);

    /// About how many commits its history holds; at most a few thousand.
    fn history(&self) -> usize;
}

/// A key under `prefix`.
pub(super) fn key(prefix: &str, name: impl std::fmt::Display) -> Key {
    Key::of_parts([prefix, &name.to_string()])
}

/// Commits one write.
pub(super) async fn put(store: &dyn Store, key: Key, value: &str) -> Revision {
    let batch = Batch::new().put(key, value.to_owned());
    store.commit(batch).await.expect("a plain write commits").revision
}

/// Everything under `prefix`, read in pages.
pub(super) async fn all(snapshot: &dyn Snapshot, prefix: &Key) -> Vec<KeyValue> {
    let mut pairs = Vec::new();
    let mut rest = Some(KeyRange::prefix(prefix));
    while let Some(range) = rest {
        let page = snapshot.scan(&range, 100).await.unwrap();
        pairs.extend(page.pairs);
        rest = page.rest;
    }
    pairs
}

/// The value of a key now, as text.
pub(super) async fn value(store: &dyn Store, key: &Key) -> Option<String> {
    let pair = store.snapshot().await.unwrap().get(key).await.unwrap()?;
    Some(String::from_utf8(pair.value.to_vec()).unwrap())
}
