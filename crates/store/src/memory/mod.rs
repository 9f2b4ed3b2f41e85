//! The store as a model: everything in memory, simple enough to be right by
//! reading. Tests of other crates stand on it, and it is the measure of the
//! embedded store.

mod snapshot;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod watch;

pub use store::MemoryStore;
