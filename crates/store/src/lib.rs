//! The ordered key-value store under everything consistent in Seawall.
//!
//! A [`Store`] keeps keys in byte order, commits [`Batch`]es atomically under
//! [`Precondition`]s, gives [`Snapshot`]s, and tells watchers about every commit
//! in order and without gaps. Callers never see a file, a lock or a raft term:
//! the in-memory model, the embedded store and any cluster are one interface,
//! and all of them pass the same conformance suite.
//!
//! ```
//! use std::sync::Arc;
//! use seawall_clock::SystemClock;
//! use seawall_store::{Batch, Key, MemoryStore, Precondition, Store};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//! # runtime.block_on(async {
//! let store = MemoryStore::new(Arc::new(SystemClock::new()));
//! let key = Key::of_parts(["config", "public", "app.yaml"]);
//!
//! let create = Batch::new().when(Precondition::Absent(key.clone())).put(key.clone(), "port: 80");
//! let commit = store.commit(create.clone()).await.unwrap();
//! assert!(store.commit(create).await.is_err(), "it is there already");
//!
//! let snapshot = store.snapshot().await.unwrap();
//! let pair = snapshot.get(&key).await.unwrap().unwrap();
//! assert_eq!(pair.modified, commit.revision);
//! # });
//! ```

mod api;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod embedded;
mod engine;
mod lessor;
mod limits;
mod log;
mod memory;
mod mirror;
pub mod record;

pub use api::{
    batch::{Batch, Operation, Precondition},
    change::{Change, ChangeSet},
    error::{CommitError, LeaseError, OpenError, Unavailable, WatchError},
    key::{Key, KeyRange, Value},
    lease::{Lease, LeaseId},
    revision::{Commit, Revision},
    snapshot::{KeyValue, Page, Snapshot},
    store::Store,
    watch::{ChangeSource, Watch},
};
pub use embedded::{
    BackupReport, CheckReport, EmbeddedStore, OfflineError, OfflineProgress, StoreHealth,
    StoreMetrics, StoreSettings, backup, check, restore,
};
pub use limits::Limits;
pub use memory::MemoryStore;
pub use mirror::{Mirror, MirrorEvent};
