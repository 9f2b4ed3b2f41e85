//! How often each of very many things came, roughly.

use std::ops::Range;

use super::mix;
use crate::sync::{AtomicU32, Ordering};

const ROWS: usize = 4;
const COLUMNS: usize = 4;

/// A cache line: four rows of four counters.
#[derive(Debug)]
#[repr(align(64))]
struct Block([AtomicU32; ROWS * COLUMNS]);

/// A count-min sketch (Cormode, Muthukrishnan, "An improved data stream summary", 2005): the
/// smallest of several counters that a thing shares with others. What it says is never less
/// than what came, and more by what shares all of its counters.
///
/// The counters of one thing are in one cache line (a "blocked" sketch), so an addition
/// costs one miss, and those of a range of blocks can be forgotten together.
#[derive(Debug)]
pub struct CountMin {
    blocks: Box<[Block]>,
}

impl CountMin {
    /// Bytes that a block takes.
    pub const BLOCK_BYTES: usize = size_of::<Block>();

    /// So many blocks, rounded up to a power of two, at least one. Each has four counters in
    /// each of four rows.
    pub fn new(blocks: usize) -> Self {
        let block = || Block(std::array::from_fn(|_| AtomicU32::new(0)));
        Self { blocks: (0..blocks.next_power_of_two()).map(|_| block()).collect() }
    }

    /// Counts `amount` of a thing with this hash, and says how many came by now, these
    /// included.
    pub fn add(&self, hash: u64, amount: u32) -> u32 {
        self.fold(hash, |counter| {
            counter.fetch_add(amount, Ordering::Relaxed).saturating_add(amount)
        })
    }

    /// How many of a thing came by now.
    pub fn count(&self, hash: u64) -> u32 {
        self.fold(hash, |counter| counter.load(Ordering::Relaxed))
    }

    /// How many blocks there are.
    pub fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// Forgets what is in some of the blocks; those that do not exist are ignored.
    pub fn forget(&self, blocks: Range<usize>) {
        for block in self.blocks.iter().take(blocks.end).skip(blocks.start) {
            block.0.iter().for_each(|counter| counter.store(0, Ordering::Relaxed));
        }
    }

    fn fold(&self, hash: u64, read: impl Fn(&AtomicU32) -> u32) -> u32 {
        let bits = mix(hash);
        // A power of two of them: the lower bits are a block, the upper ones the columns.
        let Some(block) = self.blocks.get(bits as usize & (self.blocks.len() - 1)) else {
            return 0;
        };
        let column = |row: usize| (bits >> (56 + 2 * row)) as usize % COLUMNS;
        let counters = block.0.chunks_exact(COLUMNS).enumerate();
        let counts = counters.filter_map(|(row, counters)| counters.get(column(row)).map(&read));
        counts.min().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_of_many_are_thought_to_be_frequent() {
        let sketch = CountMin::new(16_384);
        for thing in 0..200_000_u64 {
            sketch.add(mix(thing), 1);
        }
        let counts = (0..200_000_u64).map(|thing| sketch.count(mix(thing)));
        let wrong = counts.filter(|&count| count > 10).count();
        assert!(wrong < 200, "{wrong} of 200,000 that came once");
        assert_eq!(size_of::<Block>(), 64);
    }

    #[test]
    fn a_forgotten_range_counts_from_zero() {
        let sketch = CountMin::new(3);
        assert_eq!(sketch.blocks(), 4);
        assert_eq!(sketch.add(7, 5), 5);
        assert_eq!(sketch.add(7, 2), 7);
        sketch.forget(0..2);
        sketch.forget(2..9);
        assert_eq!(sketch.count(7), 0);
    }

    proptest! {
        #[test]
        fn never_less_than_what_came(adds in prop::collection::vec((0_u64..50, 1_u32..9), 1..300)) {
            let sketch = CountMin::new(2);
            let mut came = std::collections::HashMap::new();
            for (thing, amount) in adds {
                *came.entry(thing).or_insert(0) += amount;
                prop_assert!(sketch.add(mix(thing), amount) >= came[&thing]);
            }
            for (thing, came) in came {
                prop_assert!(sketch.count(mix(thing)) >= came);
            }
        }
    }
}
