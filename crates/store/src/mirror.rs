//! A copy of part of the store that keeps itself current.

use std::{sync::Arc, time::Duration};

use crate::{ChangeSet, Key, KeyRange, KeyValue, Revision, Store, Unavailable, Watch, WatchError};

/// Pairs read at once while loading.
const PAGE: usize = 1_000;
/// Wait before the first new attempt; doubles with each further one.
const BACKOFF_FIRST: Duration = Duration::from_millis(50);
/// Longest wait between attempts.
const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// What the owner of a copy has to take in next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MirrorEvent {
    /// Replace the whole copy by this. Comes first, and again when the changes since
    /// the last event are not known: history was compacted, or the store was away.
    Reset {
        /// Every pair under the prefix, in key order.
        pairs: Vec<KeyValue>,
        /// The revision they are of.
        revision: Revision,
    },
    /// Apply these changes to the copy.
    Changed(ChangeSet),
    /// The store cannot be read now. The copy stays as it is and may be out of
    /// date; do not answer from an empty one. A [`MirrorEvent::Reset`] ends this state.
    Unavailable,
}

/// Loads everything under a prefix, then follows its changes; begins again by
/// itself when it has to.
pub struct Mirror {
    store: Arc<dyn Store>,
    prefix: Key,
    phase: Phase,
}

enum Phase {
    /// To be loaded now.
    Load,
    /// The last `failures` attempts to load failed: wait, then load.
    Wait { failures: u32 },
    /// Loaded; changes come from here.
    Follow(Watch),
}

impl Mirror {
    /// A mirror of `prefix`; it reads nothing until [`Mirror::next`] is called.
    pub fn start(store: Arc<dyn Store>, prefix: Key) -> Self {
        Self { store, prefix, phase: Phase::Load }
    }

    /// The next thing to take in. Cancel-safe: what was not returned comes again.
    pub async fn next(&mut self) -> MirrorEvent {
        loop {
            match &mut self.phase {
                Phase::Follow(watch) => match watch.next().await {
                    Ok(set) => return MirrorEvent::Changed(set),
                    Err(WatchError::Compacted { oldest }) => {
                        tracing::info!(prefix = ?self.prefix, %oldest, "mirror reloads");
                        self.phase = Phase::Load;
                    }
                    Err(WatchError::Unavailable(reason)) => return self.failed(&reason, 0),
                },
                Phase::Load => match self.load().await {
                    Ok(reset) => return reset,
                    Err(reason) => return self.failed(&reason, 0),
                },
                Phase::Wait { failures } => {
                    let failures = *failures;
                    tokio::time::sleep(backoff(failures)).await;
                    match self.load().await {
                        Ok(reset) => return reset,
                        Err(_) => {
                            self.phase = Phase::Wait { failures: failures.saturating_add(1) };
                        }
                    }
                }
            }
        }
    }

    fn failed(&mut self, reason: &Unavailable, failures: u32) -> MirrorEvent {
        tracing::warn!(prefix = ?self.prefix, reason = %reason.reason, "mirror out of date");
        self.phase = Phase::Wait { failures };
        MirrorEvent::Unavailable
    }

    async fn load(&mut self) -> Result<MirrorEvent, Unavailable> {
        loop {
            let snapshot = self.store.snapshot().await?;
            let revision = snapshot.revision();
            let mut pairs = Vec::new();
            let mut rest = Some(KeyRange::prefix(&self.prefix));
            while let Some(range) = rest {
                let page = snapshot.scan(&range, PAGE).await?;
                pairs.extend(page.pairs);
                rest = page.rest;
            }
            match self.store.watch(self.prefix.clone(), revision.next()).await {
                Ok(watch) => {
                    self.phase = Phase::Follow(watch);
                    return Ok(MirrorEvent::Reset { pairs, revision });
                }
                // More was written while loading than history holds: load again.
                Err(WatchError::Compacted { .. }) => tokio::task::yield_now().await,
                Err(WatchError::Unavailable(reason)) => return Err(reason),
            }
        }
    }
}

fn backoff(failures: u32) -> Duration {
    BACKOFF_FIRST.saturating_mul(1 << failures.min(10)).min(BACKOFF_MAX)
}

#[cfg(test)]
mod tests {
    use seawall_clock::ManualClock;

    use super::*;
    use crate::{Batch, Change, MemoryStore};

    fn key(name: &str) -> Key {
        Key::of_parts(["dir", name])
    }

    async fn put(store: &MemoryStore, name: &str) -> Revision {
        store.commit(Batch::new().put(key(name), "x")).await.unwrap().revision
    }

    fn keys(event: &MirrorEvent) -> Vec<Key> {
        match event {
            MirrorEvent::Reset { pairs, .. } => pairs.iter().map(|pair| pair.key.clone()).collect(),
            MirrorEvent::Changed(set) => set.changes.iter().map(Change::key).cloned().collect(),
            MirrorEvent::Unavailable => Vec::new(),
        }
    }

    #[tokio::test]
    async fn loads_what_is_there_then_follows_what_changes() {
        let store = MemoryStore::new(Arc::new(ManualClock::default()));
        put(&store, "a").await;
        let last = put(&store, "b").await;
        let mut mirror = Mirror::start(store.clone(), Key::of_parts(["dir"]));
        let first = mirror.next().await;
        assert!(matches!(first, MirrorEvent::Reset { revision, .. } if revision == last));
        assert_eq!(keys(&first), [key("a"), key("b")]);
        store.commit(Batch::new().put(Key::of_parts(["other"]), "x")).await.unwrap();
        store.commit(Batch::new().delete(key("a"))).await.unwrap();
        let MirrorEvent::Changed(set) = mirror.next().await else { panic!("a change") };
        assert_eq!(set.changes, [Change::Delete(key("a"))]);
    }

    #[tokio::test]
    async fn starts_over_when_it_fell_behind_what_history_holds() {
        let store = MemoryStore::new(Arc::new(ManualClock::default()));
        let mut mirror = Mirror::start(store.clone(), Key::default());
        assert_eq!(keys(&mirror.next().await), []);
        put(&store, "a").await;
        let last = put(&store, "b").await;
        store.compact(last);
        let again = mirror.next().await;
        assert!(matches!(again, MirrorEvent::Reset { revision, .. } if revision == last));
        assert_eq!(keys(&again), [key("a"), key("b")]);
    }

    #[tokio::test(start_paused = true)]
    async fn says_once_that_the_store_is_away_and_reloads_when_it_is_back() {
        let store = MemoryStore::new(Arc::new(ManualClock::default()));
        put(&store, "a").await;
        store.set_unavailable(Some("moving"));
        let mut mirror = Mirror::start(store.clone(), Key::default());
        assert_eq!(mirror.next().await, MirrorEvent::Unavailable);
        let (event, ()) = tokio::join!(mirror.next(), async {
            tokio::time::sleep(Duration::from_secs(60)).await;
            store.set_unavailable(None);
        });
        assert_eq!(keys(&event), [key("a")]);
        let (event, ()) = tokio::join!(mirror.next(), async { store.set_unavailable(Some("x")) });
        assert_eq!(event, MirrorEvent::Unavailable, "a mirror that follows is told as well");
    }
}
