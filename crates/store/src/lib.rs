//! The ordered key-value store under everything consistent in Seawall.
//!
//! A [`Store`] keeps keys in byte order, commits [`Batch`]es atomically under
//! [`Precondition`]s, gives [`Snapshot`]s, and tells watchers about every commit
//! in order and without gaps. Callers never see a file, a lock or a raft term:
//! the in-memory model, the embedded store and any cluster are one interface,
//! and all of them pass the same conformance suite.

mod api;

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
