//! Random numbers from a seed, drawn by many threads.

use crossbeam_utils::CachePadded;

use super::striped::stripe_of_thread;
use crate::sync::{AtomicU64, Ordering};

/// 2^64 divided by the golden ratio: the step of SplitMix64.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014) over an atomic counter: one addition a number, no lock. The same seed
/// gives the same numbers. Not for secrets.
#[derive(Debug)]
pub struct Rng {
    state: AtomicU64,
}

impl Rng {
    /// Numbers of this seed.
    pub fn seeded(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed) }
    }

    /// A number of 64 random bits.
    pub fn next_u64(&self) -> u64 {
        mix(self.state.fetch_add(STEP, Ordering::Relaxed))
    }

    /// A number from 0 up to but not 1.
    pub fn next_f64(&self) -> f64 {
        // 53 bits: as many as a double keeps.
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number from 0 up to but not `bound`; 0 when `bound` is 0.
    pub fn below(&self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }
}

/// More threads than this share a sequence.
const STRIPES: usize = 16;

/// Random numbers from a seed for many threads at once, which do not fight over one
/// counter: up to 16 groups of threads have a sequence each. The thread that made it has
/// the first one, so a simulation, which is one thread, repeats.
#[derive(Debug)]
pub struct StripedRng {
    home: usize,
    stripes: Box<[CachePadded<Rng>]>,
}

impl StripedRng {
    /// Numbers of this seed.
    pub fn seeded(seed: u64) -> Self {
        let stripe = |number| CachePadded::new(Rng::seeded(mix(seed ^ mix(number))));
        Self { home: stripe_of_thread(), stripes: (0..STRIPES as u64).map(stripe).collect() }
    }

    /// A number of 64 random bits.
    pub fn next_u64(&self) -> u64 {
        let stripe = stripe_of_thread().wrapping_sub(self.home) % STRIPES;
        self.stripes.get(stripe).map_or(0, |rng| rng.next_u64())
    }
}

/// Spreads the bits of `number` over all 64: SplitMix64's finaliser.
pub const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(STEP);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_numbers_spread_evenly() {
        let (one, other) = (Rng::seeded(7), Rng::seeded(7));
        let mut tenths = [0_u32; 10];
        for _ in 0..100_000 {
            let number = one.next_f64();
            assert_eq!(number, other.next_f64());
            tenths[(number * 10.0) as usize] += 1;
        }
        assert!(tenths.iter().all(|&count| (9_700..10_300).contains(&count)), "{tenths:?}");
    }

    #[test]
    fn the_thread_that_made_it_repeats_and_others_have_other_numbers() {
        let numbers = |rng: &StripedRng| (0..100).map(|_| rng.next_u64()).collect::<Vec<_>>();
        let made_elsewhere = || {
            let rng = StripedRng::seeded(7);
            numbers(&rng)
        };
        let rng = StripedRng::seeded(7);
        let (here, there) = std::thread::scope(|scope| {
            let here = numbers(&rng);
            let repeated = scope.spawn(made_elsewhere).join().unwrap();
            assert_eq!(here, repeated);
            (here, scope.spawn(|| numbers(&rng)).join().unwrap())
        });
        assert!(here.iter().all(|number| !there.contains(number)));
    }

    #[test]
    fn numbers_below_a_bound_are_below_it() {
        let rng = Rng::seeded(1);
        assert_eq!(rng.below(0), 0);
        assert!((0..1_000).all(|_| rng.below(3) < 3));
    }
}
