//! Where values are kept.

use std::time::Duration;

use crate::time::Instant;

/// What a cache has of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cached<V> {
    /// The value; `None` is known not to exist.
    pub value: Option<V>,
    /// How long the cache will have it still. A cache of other machines tells this by its own
    /// clock (Redis: `PTTL`), so that no clocks are compared.
    pub remaining: Duration,
}

/// A place for values, and for the knowledge that there is none. A cache that is away fails;
/// it does not answer that it has nothing.
pub trait Cache<K, V>: Send + Sync + 'static {
    /// Why it could not be asked.
    type Error: Send + Sync + 'static;

    /// What it has of a key.
    fn get(
        &self,
        now: Instant,
        key: &K,
    ) -> impl Future<Output = Result<Option<Cached<V>>, Self::Error>> + Send;

    /// Keeps a value, or that there is none, for some time, instead of what it has.
    fn set(
        &self,
        now: Instant,
        key: &K,
        value: Option<V>,
        ttl: Duration,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Keeps that there is none, unless it has something of the key (Redis: `SET NX PX`): a
    /// value that was written meanwhile is newer.
    fn set_absent(
        &self,
        now: Instant,
        key: &K,
        ttl: Duration,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Keeps nothing of a key.
    fn remove(&self, key: &K) -> impl Future<Output = Result<(), Self::Error>> + Send;
}
