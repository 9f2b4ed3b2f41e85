//! The values that come most often.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::ParamValue;

/// A value and how often it came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HotValue {
    /// Requests with it in about the last second, those refused included.
    pub hits: u32,
    /// The value.
    pub value: ParamValue,
}

/// The values that came most often in a round: those of the last one, and those of the one
/// that is going on. Their counts come out of the table and are exact, so the smallest of a
/// heap is all that need be known; estimates as of Space-Saving are for streams without one.
#[derive(Debug)]
pub(super) struct Top {
    most: usize,
    round: BinaryHeap<Reverse<HotValue>>,
    last: Vec<HotValue>,
}

impl Top {
    pub(super) fn new(most: usize) -> Self {
        Self { most, round: BinaryHeap::new(), last: Vec::new() }
    }

    pub(super) fn set_most(&mut self, most: usize) {
        self.most = most;
    }

    /// A value of this round and its hits.
    pub(super) fn offer(&mut self, value: &ParamValue, hits: u32) {
        if self.round.len() >= self.most {
            if self.round.peek().is_none_or(|Reverse(fewest)| fewest.hits >= hits) {
                return;
            }
            self.round.pop();
        }
        self.round.push(Reverse(HotValue { hits, value: value.clone() }));
    }

    /// Every value has been offered.
    pub(super) fn end_round(&mut self) {
        self.last = self.round.drain().map(|Reverse(hot)| hot).collect();
        self.last.sort_unstable_by(|one, other| other.cmp(one));
    }

    /// The values of the last round, those that came most often first.
    pub(super) fn values(&self) -> &[HotValue] {
        &self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_of_a_round_are_kept_in_order() {
        let mut top = Top::new(3);
        for number in 0..100 {
            top.offer(&ParamValue::Number(number), (number as u32 * 37) % 101);
        }
        assert_eq!(top.values(), [], "the round goes on");
        top.end_round();
        let hits: Vec<u32> = top.values().iter().map(|hot| hot.hits).collect();
        assert_eq!(hits, [100, 99, 98]);
        top.end_round();
        assert_eq!(top.values(), []);
    }
}
