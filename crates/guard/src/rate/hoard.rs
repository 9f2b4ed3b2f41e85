//! Permits that a thread has at hand.

use crossbeam_utils::CachePadded;

use super::gcra::{Bucket, Empty, Pace};
use crate::{
    stat::{STRIPES, stripe_of_thread},
    sync::{AtomicU64, Ordering},
    time::Instant,
};

/// Nanoseconds are cut into slices of 2^20, a little more than a millisecond.
const SLICE_BITS: u32 = 20;
/// A hoard is a slice in the upper bits and a count in the lower ones.
const COUNT: u64 = (1 << SLICE_BITS) - 1;
/// All threads together hold at most an eighth of a burst.
const SHARE: u32 = 8 * STRIPES as u32;
/// More than this at a time makes nothing faster.
const MOST: u32 = 64;

/// Permits that groups of threads took out of a bucket for themselves. One cell that all
/// threads write costs each of them the way to the other's cache; so while a bucket is at
/// least half full, a thread takes some more permits than it needs, and those that follow
/// in the same millisecond touch nobody else's memory. What is left after that is lost: the
/// bucket was half full, so nobody misses it.
///
/// A permit may be used a slice after it was earned: over any time, what passes is at most
/// what the bucket gives in that time and a millisecond more.
#[derive(Debug)]
pub(super) struct Hoards {
    stripes: Box<[CachePadded<AtomicU64>]>,
}

impl Hoards {
    pub(super) fn new() -> Self {
        Self { stripes: (0..STRIPES).map(|_| CachePadded::new(AtomicU64::new(0))).collect() }
    }

    /// Takes `cost` permits out of what this thread has, or out of the bucket.
    pub(super) fn take(
        &self,
        bucket: &Bucket,
        pace: Pace,
        now: Instant,
        cost: u32,
    ) -> Result<(), Empty> {
        let supply = (pace.burst / SHARE).min(MOST);
        if cost >= supply {
            return bucket.take(pace, now, cost);
        }
        let Some(stripe) = self.stripes.get(stripe_of_thread() % STRIPES) else {
            return bucket.take(pace, now, cost);
        };
        let slice = now.as_nanos() >> SLICE_BITS;
        let held = stripe.load(Ordering::Relaxed);
        if held >> SLICE_BITS == slice && held & COUNT >= u64::from(cost) {
            let rest = held - u64::from(cost);
            let order = Ordering::Relaxed;
            if stripe.compare_exchange(held, rest, order, order).is_ok() {
                return Ok(());
            }
        }
        if bucket.is_half_full(pace, now) && bucket.take(pace, now, supply).is_ok() {
            let rest = u64::from(supply - cost);
            stripe.store(slice << SLICE_BITS | rest, Ordering::Relaxed);
            return Ok(());
        }
        bucket.take(pace, now, cost)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_thread_gets_all_of_a_burst_and_no_more() {
        for burst in [1, 255, 256, 1_000, 100_000] {
            let pace = Pace::new(1, Duration::from_secs(1), burst);
            let (bucket, hoards) = (Bucket::full(), Hoards::new());
            let now = Instant::START;
            let passes = (0..burst + 9).filter(|_| hoards.take(&bucket, pace, now, 1).is_ok());
            assert_eq!(passes.count() as u32, burst);
        }
    }

    #[test]
    fn what_is_left_of_a_slice_is_not_used_in_the_next() {
        let pace = Pace::new(1, Duration::from_secs(1), 8_192);
        let (bucket, hoards) = (Bucket::full(), Hoards::new());
        let at = |millis| Instant::START + Duration::from_millis(millis);
        hoards.take(&bucket, pace, at(5), 1).unwrap();
        assert_eq!(bucket.available(pace, at(5)), 8_192 - 64);
        hoards.take(&bucket, pace, at(5), 10).unwrap();
        assert_eq!(bucket.available(pace, at(5)), 8_192 - 64);
        hoards.take(&bucket, pace, at(7), 1).unwrap();
        assert_eq!(bucket.available(pace, at(7)), 8_192 - 128);
    }

    #[test]
    fn threads_together_take_no_more_than_there_is() {
        let pace = Pace::new(1, Duration::from_secs(1), 10_000);
        let (bucket, hoards) = (Bucket::full(), Hoards::new());
        let passes = || {
            let take = |_: &u32| hoards.take(&bucket, pace, Instant::START, 1).is_ok();
            (0..5_000).filter(take).count()
        };
        let taken: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(passes)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum()
        });
        // Each may keep some that it did not come to use.
        assert!((9_700..=10_000).contains(&taken), "{taken}");
    }

    proptest! {
        #[test]
        fn over_any_time_little_more_than_the_bucket_gives(
            permits in 1_000_u32..2_000_000, burst in 1_u32..20_000,
            asks in prop::collection::vec((0_u64..3_000_000, 1_u32..40), 1..400),
        ) {
            let pace = Pace::new(permits, Duration::from_secs(1), burst);
            let (bucket, hoards) = (Bucket::full(), Hoards::new());
            let mut now = 0;
            let mut passed: Vec<(u64, u64)> = Vec::new();
            for (step, cost) in asks {
                now += step;
                for _ in 0..50 {
                    if hoards.take(&bucket, pace, Instant::from_nanos(now), cost).is_ok() {
                        passed.push((now, cost.into()));
                    }
                }
            }
            for (first, (from, _)) in passed.iter().enumerate().step_by(97) {
                let mut sum = 0;
                for (to, cost) in &passed[first..] {
                    sum += cost;
                    let earned = (to - from + (1 << SLICE_BITS)) / pace.interval_nanos + 1;
                    prop_assert!(sum <= u64::from(burst) + earned);
                }
            }
        }
    }
}
