//! The atomics and locks of this crate's own permits and counters: the usual ones, or
//! `loom`'s in a build with `--cfg loom`, where every interleaving is tried.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
#[cfg(not(loom))]
pub(crate) use parking_lot::Mutex;
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};

#[cfg(loom)]
pub(crate) use of_loom::Mutex;

#[cfg(loom)]
mod of_loom {
    use loom::sync::{Mutex as Inner, MutexGuard};

    /// `loom`'s mutex with the interface of `parking_lot`'s.
    #[derive(Debug)]
    pub(crate) struct Mutex<T>(Inner<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(Inner::new(value))
        }

        /// A model that panicked has failed anyway, so nothing is said of poison.
        #[allow(clippy::unwrap_used, reason = "only in models, which fail by panicking")]
        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }

        pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            self.0.try_lock().ok()
        }
    }
}
