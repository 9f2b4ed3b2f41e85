//! A hybrid logical clock: wall time that never goes back.
//!
//! Kulkarni, Demirbas, Madappa, Avva, Leone: "Logical Physical Clocks and
//! Consistent Snapshots in Globally Distributed Databases" (2014), section 3.

use serde::{Deserialize, Serialize};

use crate::WallTime;

const COUNTER_BITS: u32 = 16;

/// A hybrid stamp: 48 bits of wall milliseconds, then a 16-bit counter. Stamps
/// of one [`HybridClock`] only grow, and stay close to wall time.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Before every stamp a clock gives out.
    pub const ZERO: Self = Self(0);

    /// The stamp with these bits, as [`Self::to_bits`] gave them.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The stamp as one number that sorts as the stamp does.
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// The wall time inside the stamp.
    pub const fn wall(self) -> WallTime {
        WallTime::from_millis(self.0 >> COUNTER_BITS)
    }

    /// The first stamp of a wall millisecond.
    pub const fn first_at(wall: WallTime) -> Self {
        Self(wall.as_millis() << COUNTER_BITS)
    }

    const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Gives out stamps that only grow, whatever the wall clock does.
#[derive(Debug, Clone, Default)]
pub struct HybridClock {
    last: Timestamp,
}

impl HybridClock {
    /// A clock whose next stamp is later than `last`, for use after a restart.
    pub const fn after(last: Timestamp) -> Self {
        Self { last }
    }

    /// The next stamp: the wall's time, or one more than the last stamp when
    /// the wall stands still or went back.
    pub fn tick(&mut self, wall: WallTime) -> Timestamp {
        self.last = Timestamp::first_at(wall).max(self.last.next());
        self.last
    }

    /// Takes in a stamp seen elsewhere, so that the next one is later.
    pub fn observe(&mut self, seen: Timestamp) {
        self.last = self.last.max(seen);
    }

    /// The last stamp given out or seen.
    pub const fn last(&self) -> Timestamp {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_wall_and_never_goes_back_with_it() {
        let mut clock = HybridClock::default();
        let noon = clock.tick(WallTime::from_millis(1_000));
        let set_back = clock.tick(WallTime::from_millis(10));
        let later = clock.tick(WallTime::from_millis(2_000));
        assert_eq!(noon.wall(), WallTime::from_millis(1_000));
        assert!(noon < set_back && set_back < later);
        assert_eq!(later.wall(), WallTime::from_millis(2_000));
    }

    proptest::proptest! {
        #[test]
        fn every_stamp_is_later_than_all_before(
            steps in proptest::collection::vec((0u64..1u64 << 40, 0u64..1u64 << 56), 1..200),
        ) {
            let mut clock = HybridClock::default();
            for (wall, seen) in steps {
                clock.observe(Timestamp::from_bits(seen));
                let before = clock.last();
                proptest::prop_assert!(clock.tick(WallTime::from_millis(wall)) > before);
            }
        }
    }
}
