//! Latencies, counted by size.

use std::time::Duration;

use crossbeam_utils::CachePadded;

use super::striped::stripe_of_thread;
use crate::sync::{AtomicU32, Ordering};

/// Each power of two is cut into 2^3 parts, so a quantile is at most 1/8 too high.
const SUB_BITS: u32 = 3;
const SUBS: usize = 1 << SUB_BITS;
/// Up to 2^41 ns, some 36 minutes; longer ones count as that.
const POWERS: usize = 42;
const BUCKETS: usize = (POWERS - SUB_BITS as usize + 1) * SUBS;
/// Fewer than of other counters: one of these takes 1.3 KiB.
const STRIPES: usize = 4;

/// Which bucket a number of nanoseconds falls into.
fn bucket_of(nanos: u64) -> usize {
    if nanos < SUBS as u64 {
        return nanos as usize;
    }
    let power = 63 - nanos.leading_zeros();
    let shift = power - SUB_BITS;
    let sub = (nanos >> shift) as usize & (SUBS - 1);
    ((shift as usize + 1) * SUBS + sub).min(BUCKETS - 1)
}

/// The largest number of nanoseconds in a bucket.
fn top_of(bucket: usize) -> u64 {
    if bucket < SUBS {
        return bucket as u64;
    }
    let shift = (bucket / SUBS - 1) as u32;
    let low = (SUBS + bucket % SUBS) as u64;
    ((low + 1) << shift) - 1
}

/// The smallest number of nanoseconds in a bucket.
fn bottom_of(bucket: usize) -> u64 {
    bucket.checked_sub(1).map_or(0, |lower| top_of(lower) + 1)
}

/// A histogram that many threads add to and a tick takes away.
#[derive(Debug)]
pub struct StripedHistogram {
    stripes: Box<[CachePadded<[AtomicU32; BUCKETS]>]>,
}

impl StripedHistogram {
    /// Without a sample.
    pub fn new() -> Self {
        let stripe = || CachePadded::new(std::array::from_fn(|_| AtomicU32::new(0)));
        Self { stripes: (0..STRIPES).map(|_| stripe()).collect() }
    }

    /// Counts a latency: one uncontended atomic addition.
    pub fn add(&self, latency: Duration) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        let stripe = self.stripes.get(stripe_of_thread() % STRIPES);
        if let Some(count) = stripe.and_then(|stripe| stripe.get(bucket_of(nanos))) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Takes all samples away.
    pub fn take(&self) -> Histogram {
        let mut taken = Histogram::default();
        self.take_into(&mut taken);
        taken
    }

    /// Takes all samples away and adds them to those of `histogram`; says how many there
    /// were. Allocates nothing.
    pub fn take_into(&self, histogram: &mut Histogram) -> u64 {
        let mut samples = 0;
        for stripe in &self.stripes {
            for (sum, count) in histogram.counts.iter_mut().zip(stripe.iter()) {
                // Most are zero, and a load leaves their cache line with its owner.
                if count.load(Ordering::Relaxed) != 0 {
                    let taken = u64::from(count.swap(0, Ordering::Relaxed));
                    *sum += taken;
                    samples += taken;
                }
            }
        }
        samples
    }
}

impl Default for StripedHistogram {
    fn default() -> Self {
        Self::new()
    }
}

/// Latencies by size, as plain data.
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: Box<[u64]>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS].into_boxed_slice() }
    }
}

impl Histogram {
    /// Counts a latency.
    pub fn add(&mut self, latency: Duration) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        if let Some(count) = self.counts.get_mut(bucket_of(nanos)) {
            *count += 1;
        }
    }

    /// Adds all samples of another one.
    pub fn merge(&mut self, other: &Self) {
        for (sum, count) in self.counts.iter_mut().zip(&other.counts) {
            *sum += count;
        }
    }

    /// How many samples there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The latency that a share `quantile` (0 to 1) of the samples does not exceed, at
    /// most an eighth too high; `None` without a sample.
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        let count = self.count();
        let rank = ((count as f64 * quantile).ceil() as u64).clamp(1, count.max(1));
        let mut seen = 0;
        for (bucket, in_bucket) in self.counts.iter().enumerate() {
            seen += in_bucket;
            if *in_bucket > 0 && seen >= rank {
                return Some(Duration::from_nanos(top_of(bucket)));
            }
        }
        None
    }

    /// The sum of the samples, at most a sixteenth off. It only grows as samples are added.
    pub fn sum(&self) -> Duration {
        Duration::from_nanos(self.sum_nanos() as u64)
    }

    /// The mean of the samples, at most a sixteenth off; `None` without a sample.
    pub fn mean(&self) -> Option<Duration> {
        let count = self.count();
        (count > 0).then(|| Duration::from_nanos((self.sum_nanos() / count as f64) as u64))
    }

    fn sum_nanos(&self) -> f64 {
        let counted = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let sums = counted.map(|(bucket, &in_bucket)| {
            let middle = bottom_of(bucket) as f64 / 2.0 + top_of(bucket) as f64 / 2.0;
            middle * in_bucket as f64
        });
        sums.sum()
    }

    /// How many samples are certainly not longer than `limit`. Those of the eighth below it
    /// may be missing; a larger limit never has fewer.
    pub fn count_within(&self, limit: Duration) -> u64 {
        let limit = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        let below =
            self.counts.iter().enumerate().take_while(|(bucket, _)| top_of(*bucket) <= limit);
        below.map(|(_, count)| count).sum()
    }

    /// Takes all samples away.
    pub fn clear(&mut self) {
        self.counts.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantiles_are_those_of_the_samples() {
        let histogram = StripedHistogram::new();
        for micros in 1..=1_000 {
            histogram.add(Duration::from_micros(micros));
        }
        let taken = histogram.take();
        assert_eq!(taken.count(), 1_000);
        for (quantile, micros) in [(0.5, 500.0), (0.9, 900.0), (0.99, 990.0), (1.0, 1_000.0)] {
            let found = taken.quantile(quantile).unwrap().as_secs_f64() * 1e6;
            assert!((micros..micros * 1.125).contains(&found), "p{quantile}: {found}");
        }
        assert_eq!(histogram.take().quantile(0.5), None, "they were taken away");
    }

    #[test]
    fn samples_gather_over_several_takes_and_have_a_mean() {
        let (histogram, mut gathered) = (StripedHistogram::new(), Histogram::default());
        assert_eq!(gathered.mean(), None);
        for millis in [1, 2, 3, 90] {
            histogram.add(Duration::from_millis(millis));
            histogram.take_into(&mut gathered);
        }
        assert_eq!(gathered.count(), 4);
        let mean = gathered.mean().unwrap().as_secs_f64() * 1e3;
        assert!((24.0 / 1.0625..24.0 * 1.0625).contains(&mean), "{mean}");
        let sum = gathered.sum().as_secs_f64() * 1e3;
        assert!((96.0 / 1.0625..96.0 * 1.0625).contains(&sum), "{sum}");
        let within = |millis| gathered.count_within(Duration::from_millis(millis));
        assert_eq!(
            [within(0), within(4), within(50), within(110), within(u64::MAX)],
            [0, 3, 3, 4, 4]
        );
        gathered.clear();
        assert_eq!((gathered.count(), gathered.mean()), (0, None));
    }

    proptest! {
        #[test]
        fn a_bucket_holds_what_falls_into_it_to_an_eighth(nanos in 0_u64..1 << 41) {
            let bucket = bucket_of(nanos);
            prop_assert!(bucket < BUCKETS);
            prop_assert!(top_of(bucket) >= nanos);
            prop_assert!(top_of(bucket) as f64 <= nanos as f64 * 1.125 + 1.0);
            prop_assert!(bucket == 0 || top_of(bucket - 1) < nanos);
        }

        #[test]
        fn longer_than_the_longest_still_counts(nanos in any::<u64>()) {
            prop_assert!(bucket_of(nanos) < BUCKETS);
        }
    }
}
