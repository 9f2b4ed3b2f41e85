//! What holds whoever asks, in whatever order: permits, waiters, and both under `loom`.

#[cfg(loom)]
mod interleavings;
#[cfg(not(loom))]
mod permits;
#[cfg(not(loom))]
mod waiters;
