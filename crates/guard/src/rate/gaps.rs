//! Places in a queue that were given back.

use parking_lot::Mutex;

use crate::sync::{AtomicU64, Ordering};

/// As many gaps are remembered; a place that is given back beyond is lost.
const MOST: usize = 1_024;

/// A stretch of time in which nobody passes: from one's moment to another's. Moments are
/// those of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) from: u64,
    pub(super) to: u64,
}

/// Gaps before the end of a queue, in order and apart from each other.
#[derive(Debug)]
pub(super) struct Gaps {
    /// How many there are, for those who need not look.
    count: AtomicU64,
    gaps: Mutex<Vec<Gap>>,
}

impl Gaps {
    pub(super) fn new() -> Self {
        Self { count: AtomicU64::new(0), gaps: Mutex::new(Vec::new()) }
    }

    /// Takes the first place that `cost` nanoseconds fit before, not before `now` and not
    /// after `latest`. Somebody who is looking already makes this one look elsewhere.
    pub(super) fn take(&self, now: u64, cost: u64, latest: u64) -> Option<Gap> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut gaps = self.gaps.try_lock()?;
        // A place whose moment has passed is of no use any more.
        let passed = gaps.partition_point(|gap| gap.to < now);
        gaps.drain(..passed);
        let fitting = gaps.iter_mut().enumerate().find_map(|(index, gap)| {
            let at = (gap.from + cost).max(now);
            (at <= gap.to).then_some((index, gap, at))
        });
        let taken = fitting.filter(|(.., at)| *at <= latest).map(|(index, gap, at)| {
            let taken = Gap { from: at - cost, to: at };
            gap.from = at;
            (index, gap.from == gap.to, taken)
        });
        if let Some((index, true, _)) = taken {
            gaps.remove(index);
        }
        self.count.store(gaps.len() as u64, Ordering::Relaxed);
        taken.map(|(.., taken)| taken)
    }

    /// Gives a place back. When it is the last of the queue, whose end is `tail`, the queue
    /// becomes shorter.
    pub(super) fn give_back(&self, gap: Gap, tail: &AtomicU64) {
        if gap.from >= gap.to {
            return;
        }
        let mut gaps = self.gaps.lock();
        if shorten(tail, gap) {
            while gaps.last().is_some_and(|last| shorten(tail, *last)) {
                gaps.pop();
            }
        } else {
            insert(&mut gaps, gap);
        }
        self.count.store(gaps.len() as u64, Ordering::Relaxed);
    }
}

fn shorten(tail: &AtomicU64, gap: Gap) -> bool {
    tail.compare_exchange(gap.to, gap.from, Ordering::Relaxed, Ordering::Relaxed).is_ok()
}

/// Puts a gap among the others, as one with those it touches.
fn insert(gaps: &mut Vec<Gap>, mut gap: Gap) {
    let mut index = gaps.partition_point(|other| other.from < gap.from);
    if let Some(next) = gaps.get(index).filter(|next| next.from <= gap.to) {
        gap.to = gap.to.max(next.to);
        gaps.remove(index);
    }
    if let Some(before) = index.checked_sub(1).and_then(|before| gaps.get(before))
        && before.to >= gap.from
    {
        gap = Gap { from: before.from, to: gap.to.max(before.to) };
        index -= 1;
        gaps.remove(index);
    }
    if gaps.len() < MOST {
        gaps.insert(index, gap);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(from: u64, to: u64) -> Gap {
        Gap { from, to }
    }

    #[test]
    fn neighbours_become_one_and_the_end_of_the_queue_comes_back() {
        let (gaps, tail) = (Gaps::new(), AtomicU64::new(50));
        gaps.give_back(gap(10, 20), &tail);
        gaps.give_back(gap(30, 40), &tail);
        gaps.give_back(gap(20, 30), &tail);
        assert_eq!(*gaps.gaps.lock(), [gap(10, 40)]);
        assert_eq!(tail.load(Ordering::Relaxed), 50);
        gaps.give_back(gap(40, 50), &tail);
        assert_eq!(*gaps.gaps.lock(), []);
        assert_eq!(tail.load(Ordering::Relaxed), 10);
    }

    #[test]
    fn the_first_that_fits_is_taken_and_those_gone_by_are_not() {
        let (gaps, tail) = (Gaps::new(), AtomicU64::new(1_000));
        for place in [gap(10, 20), gap(30, 40), gap(60, 90)] {
            gaps.give_back(place, &tail);
        }
        assert_eq!(gaps.take(35, 20, 99), Some(gap(60, 80)), "10 to 20 is gone by");
        assert_eq!(gaps.take(35, 10, 99), Some(gap(30, 40)));
        assert_eq!(gaps.take(35, 10, 85), None, "too late for whoever asks");
        assert_eq!(gaps.take(85, 10, 99), Some(gap(80, 90)));
        assert_eq!(gaps.take(85, 1, 99), None);
        assert_eq!(gaps.count.load(Ordering::Relaxed), 0);
    }
}
