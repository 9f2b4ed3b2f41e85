//! Counters that threads do not fight over.

use std::cell::Cell;

use crossbeam_utils::CachePadded;

use crate::sync::{AtomicU64, Ordering};

/// More threads than this share stripes.
pub(crate) const STRIPES: usize = 16;

/// `N` counters, kept once for each of up to 16 groups of threads, each copy in cache
/// lines of its own. Adding costs one uncontended atomic addition; reading costs
/// 16 times `N` of them, so it is done once a tick.
#[derive(Debug)]
pub struct Striped<const N: usize> {
    stripes: Box<[CachePadded<[AtomicU64; N]>]>,
}

impl<const N: usize> Striped<N> {
    /// All counters at zero.
    pub fn new() -> Self {
        let stripe = || CachePadded::new(std::array::from_fn(|_| AtomicU64::new(0)));
        Self { stripes: (0..STRIPES).map(|_| stripe()).collect() }
    }

    /// Adds to a counter. A counter from `N` on does not exist and is ignored.
    pub fn add(&self, counter: usize, amount: u64) {
        if let Some(counter) = self.stripe().and_then(|stripe| stripe.get(counter)) {
            counter.fetch_add(amount, Ordering::Relaxed);
        }
    }

    /// Takes every counter back to zero and returns what was in them. What is added
    /// meanwhile is in this answer or in the next one, never in both or in none.
    pub fn take(&self) -> [u64; N] {
        self.fold(|counter| counter.swap(0, Ordering::Relaxed))
    }

    /// What is in the counters.
    pub fn sum(&self) -> [u64; N] {
        self.fold(|counter| counter.load(Ordering::Relaxed))
    }

    fn fold(&self, read: impl Fn(&AtomicU64) -> u64) -> [u64; N] {
        let mut sums = [0_u64; N];
        for stripe in &self.stripes {
            for (sum, counter) in sums.iter_mut().zip(stripe.iter()) {
                *sum = sum.wrapping_add(read(counter));
            }
        }
        sums
    }

    fn stripe(&self) -> Option<&[AtomicU64; N]> {
        self.stripes.get(stripe_of_thread() % STRIPES).map(|stripe| &**stripe)
    }
}

impl<const N: usize> Default for Striped<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The stripe of this thread: threads are numbered as they first count something.
pub(crate) fn stripe_of_thread() -> usize {
    const UNNUMBERED: usize = usize::MAX;
    // Not of `crate::sync`: a model's threads live shorter than this counter.
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<usize> = const { Cell::new(UNNUMBERED) };
    }
    NUMBER.with(|number| {
        if number.get() == UNNUMBERED {
            number.set(NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % STRIPES);
        }
        number.get()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_threads_add_is_taken_once() {
        let counters = Striped::<2>::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        counters.add(0, 1);
                        counters.add(1, 3);
                    }
                });
            }
        });
        counters.add(2, 1);
        assert_eq!(counters.sum(), [4_000, 12_000]);
        assert_eq!(counters.take(), [4_000, 12_000]);
        assert_eq!(counters.take(), [0, 0]);
    }
}
