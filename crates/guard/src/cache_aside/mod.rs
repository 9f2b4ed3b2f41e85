//! A cache in front of a store that holds against misses, stampedes and avalanches.
//!
//! What go-zero's `core/stores/cache` does for its models, over any [`Cache`] and any loader:
//! what does not exist is remembered for a minute, a key is loaded once however many ask for
//! it, and what was stored together does not expire together. Beyond that: a stale value can
//! be given while the store fails, and a value that was removed while it was being loaded
//! does not come back.

mod cache;
mod memory;
mod read_through;
mod settings;

pub use cache::{Cache, Cached};
pub use memory::{MemoryCache, MemoryCacheSettings};
pub use read_through::{CacheAside, CacheAsideCounts, CacheAsideError};
pub use settings::CacheAsideSettings;

#[cfg(test)]
mod tests;
