//! A ratio that requests read and a tick writes.

use crate::sync::{AtomicU32, Ordering};

/// A share from 0 to 1, in steps of 2^-32.
#[derive(Debug)]
pub struct AtomicRatio {
    /// The share times `u32::MAX`.
    parts: AtomicU32,
}

impl AtomicRatio {
    /// This share; see [`AtomicRatio::store`].
    pub fn new(ratio: f64) -> Self {
        Self { parts: AtomicU32::new(parts_of(ratio)) }
    }

    /// Sets it. Below 0 and not a number are 0, above 1 is 1.
    pub fn store(&self, ratio: f64) {
        self.parts.store(parts_of(ratio), Ordering::Relaxed);
    }

    /// The share.
    pub fn load(&self) -> f64 {
        f64::from(self.parts.load(Ordering::Relaxed)) / f64::from(u32::MAX)
    }

    /// Whether this one of many is among the share. `draw` is asked for 64 random bits,
    /// and only when the share is neither none nor all.
    pub fn hits(&self, draw: impl FnOnce() -> u64) -> bool {
        match self.parts.load(Ordering::Relaxed) {
            0 => false,
            u32::MAX => true,
            parts => (draw() >> 32) < u64::from(parts),
        }
    }
}

/// Rounded down, so that only a share of 1 hits everybody.
fn parts_of(ratio: f64) -> u32 {
    (ratio * f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stat::Rng;

    #[test]
    fn none_and_all_are_exact_and_draw_nothing() {
        let ratio = AtomicRatio::new(0.0);
        let never = || -> u64 { panic!("drawn") };
        assert!(!ratio.hits(never));
        ratio.store(f64::NAN);
        assert!(!ratio.hits(never));
        ratio.store(-1.0);
        assert!(!ratio.hits(never));
        ratio.store(7.0);
        assert!(ratio.hits(never));
        assert_eq!(ratio.load(), 1.0);
    }

    #[test]
    fn a_share_hits_that_share() {
        let (ratio, rng) = (AtomicRatio::new(0.2), Rng::seeded(3));
        let hits = (0..100_000).filter(|_| ratio.hits(|| rng.next_u64())).count();
        assert!((19_500..20_500).contains(&hits), "{hits}");
    }
}
