//! Many counters of which most stay at zero.

use crossbeam_utils::CachePadded;

use super::striped::stripe_of_thread;
use crate::sync::{AtomicU32, Ordering};

/// Fewer than of [`Striped`](super::Striped): there are many counters to each.
const STRIPES: usize = 4;

/// `N` counters for a histogram, kept once for each of up to 4 groups of threads. Where
/// [`Striped`](super::Striped) is for a few counters, this is for a hundred: half as
/// large, a quarter as many copies, and what is zero is only looked at.
#[derive(Debug)]
pub struct Tally<const N: usize> {
    stripes: Box<[CachePadded<[AtomicU32; N]>]>,
}

impl<const N: usize> Tally<N> {
    /// All counters at zero.
    pub fn new() -> Self {
        let stripe = || CachePadded::new(std::array::from_fn(|_| AtomicU32::new(0)));
        Self { stripes: (0..STRIPES).map(|_| stripe()).collect() }
    }

    /// Adds one to a counter. A counter from `N` on does not exist and is ignored.
    pub fn add(&self, counter: usize) {
        let stripe = self.stripes.get(stripe_of_thread() % STRIPES);
        if let Some(counter) = stripe.and_then(|stripe| stripe.get(counter)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The sum of all counters.
    pub fn total(&self) -> u64 {
        let counters = self.stripes.iter().flat_map(|stripe| stripe.iter());
        counters.map(|counter| u64::from(counter.load(Ordering::Relaxed))).sum()
    }

    /// Takes every counter back to zero and returns what was in them. What is added
    /// meanwhile is in this answer or in the next one, never in both or in none.
    pub fn take(&self) -> [u64; N] {
        let mut sums = [0_u64; N];
        for stripe in &self.stripes {
            for (sum, counter) in sums.iter_mut().zip(stripe.iter()) {
                // A load leaves the cache line with its owner.
                if counter.load(Ordering::Relaxed) != 0 {
                    *sum += u64::from(counter.swap(0, Ordering::Relaxed));
                }
            }
        }
        sums
    }
}

impl<const N: usize> Default for Tally<N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_many_threads_add_is_taken_once() {
        let tally = Tally::<3>::new();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..1_000).for_each(|number| tally.add(number % 2)));
            }
        });
        tally.add(3);
        assert_eq!((tally.total(), tally.take()), (8_000, [4_000, 4_000, 0]));
        assert_eq!((tally.total(), tally.take()), (0, [0, 0, 0]));
    }
}
