//! What happened in the latest parts of a window.

use std::{ops::AddAssign, time::Duration};

use crate::stat::Ring;

/// Calls by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Admitted in this part of the window.
    pub(super) sent: u64,
    /// Ended in it well.
    pub(super) good: u64,
    /// Ended in it as a failure.
    pub(super) bad: u64,
    /// Of those that ended well, the slow ones.
    pub(super) slow: u64,
    /// Ended in it in a way that says nothing.
    pub(super) neutral: u64,
}

impl Counts {
    /// Calls that say something.
    pub(super) const fn calls(&self) -> u64 {
        self.good + self.bad
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.good += other.good;
        self.bad += other.bad;
        self.slow += other.slow;
        self.neutral += other.neutral;
    }
}

/// A ring of buckets and the one that is being filled.
#[derive(Debug)]
pub(super) struct Window {
    ring: Ring<Counts>,
    current: Counts,
    /// How many ticks the current bucket has seen.
    ticks: u32,
    /// How many ticks make a bucket when it is not stretched.
    ticks_per_bucket: u32,
    /// How many times as long the buckets are: a power of two.
    stretch: u32,
}

/// A window is stretched up to this many times: ten seconds become nearly three minutes.
const STRETCH_MAX: u32 = 16;

impl Window {
    pub(super) fn new(buckets: usize, ticks_per_bucket: u32) -> Self {
        let (ring, current) = (Ring::new(buckets), Counts::default());
        Self { ring, current, ticks: 0, ticks_per_bucket, stretch: 1 }
    }

    /// How many ticks make a bucket.
    const fn bucket(&self) -> u32 {
        self.ticks_per_bucket * self.stretch
    }

    pub(super) fn clear(&mut self) {
        self.ring.clear();
        self.current = Counts::default();
        self.ticks = 0;
    }

    pub(super) fn add(&mut self, counts: Counts) {
        self.current += counts;
    }

    /// Lets `ticks` pass, the first of which ends with what was added.
    pub(super) fn turn(&mut self, ticks: u64) {
        let elapsed = ticks.saturating_add(u64::from(self.ticks));
        let ended = elapsed / u64::from(self.bucket());
        if ended > 0 {
            self.push(ended - 1);
        }
        self.ticks = (elapsed % u64::from(self.bucket())) as u32;
    }

    /// Ends the current bucket, and `empty` ones after it.
    pub(super) fn push(&mut self, empty: u64) {
        self.ring.push(std::mem::take(&mut self.current), 0);
        if empty > 0 {
            self.ring.push(Counts::default(), empty - 1);
        }
    }

    /// The buckets, newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Counts> {
        std::iter::once(&self.current).chain(self.ring.iter().rev())
    }

    /// As [`Window::newest_first`], each with how long ago it began, in ticks.
    pub(super) fn ages(&self) -> impl Iterator<Item = (u64, &Counts)> {
        let (ticks, bucket) = (u64::from(self.ticks), u64::from(self.bucket()));
        self.newest_first().zip(0..).map(move |(counts, age)| (ticks + age * bucket, counts))
    }

    /// What was sent in the last so many ticks, in whole buckets: rather more than less.
    pub(super) fn sent_within(&self, ticks: u64) -> u64 {
        let mut sent = 0;
        for (began, counts) in self.ages() {
            sent += counts.sent;
            if began >= ticks {
                break;
            }
        }
        sent
    }

    /// Over how many buckets it reaches.
    pub(super) fn buckets(&self) -> usize {
        self.ring.capacity()
    }

    /// Makes it reach over `span` when a tick is `tick`, by making its buckets longer: two
    /// become one, so nothing is forgotten. It shrinks again, bucket by bucket, only when
    /// twice the span would fit then.
    pub(super) fn reach(&mut self, span: Duration, tick: Duration) {
        let buckets = tick.as_nanos().saturating_mul(self.ring.capacity() as u128);
        let unstretched = buckets.saturating_mul(u128::from(self.ticks_per_bucket)).max(1);
        let wanted = |span: Duration| {
            let times = u32::try_from(span.as_nanos().div_ceil(unstretched)).unwrap_or(u32::MAX);
            times.min(STRETCH_MAX).next_power_of_two()
        };
        while self.stretch < wanted(span) {
            self.coarsen();
            self.stretch *= 2;
        }
        let roomy = wanted(span.saturating_mul(2));
        if roomy < self.stretch {
            self.stretch = roomy;
            self.ticks %= self.bucket();
        }
    }

    fn coarsen(&mut self) {
        let newest_first: Vec<Counts> = self.ring.iter().rev().copied().collect();
        let mut coarse = Ring::new(self.ring.capacity());
        for pair in newest_first.chunks(2).rev() {
            let mut sum = Counts::default();
            pair.iter().for_each(|&counts| sum += counts);
            coarse.push(sum, 0);
        }
        self.ring = coarse;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(sent: u64) -> Counts {
        Counts { sent, ..Counts::default() }
    }

    fn held(window: &Window) -> Vec<u64> {
        window.newest_first().map(|counts| counts.sent).collect()
    }

    #[test]
    fn what_was_added_ends_with_the_first_of_the_ticks_that_passed() {
        let mut window = Window::new(4, 1);
        window.add(sent(1));
        window.turn(1);
        window.add(sent(2));
        window.turn(2);
        assert_eq!(held(&window), [0, 0, 2, 1, 0]);
        assert_eq!(window.sent_within(1), 0);
        assert_eq!(window.sent_within(2), 2);
        assert_eq!(window.sent_within(u64::MAX), 3);
        window.turn(u64::MAX);
        assert_eq!(held(&window), [0; 5]);
    }

    #[test]
    fn a_bucket_may_be_several_ticks() {
        let mut window = Window::new(4, 5);
        window.add(sent(1));
        window.turn(7);
        window.add(sent(2));
        assert_eq!(held(&window), [2, 1, 0, 0, 0]);
        assert_eq!(window.ages().map(|(began, _)| began).collect::<Vec<_>>(), [2, 7, 12, 17, 22]);
        assert_eq!((window.sent_within(2), window.sent_within(3)), (2, 3));
        window.turn(3);
        assert_eq!(held(&window), [0, 2, 1, 0, 0]);
    }

    #[test]
    fn gozero_5011_a_window_stretches_and_forgets_nothing() {
        let (mut window, tick) = (Window::new(4, 1), Duration::from_secs(1));
        for number in 1..=4 {
            window.add(sent(number));
            window.turn(1);
        }
        window.reach(Duration::from_secs(5), tick);
        assert_eq!(held(&window), [0, 7, 3, 0, 0], "reaches over 8 s now");
        window.add(sent(5));
        window.turn(1);
        window.add(sent(6));
        window.turn(1);
        assert_eq!(held(&window), [0, 11, 7, 3, 0]);
        assert_eq!(window.ages().map(|(began, _)| began).collect::<Vec<_>>(), [0, 2, 4, 6, 8]);

        window.reach(Duration::from_secs(3_600), tick);
        assert_eq!(window.stretch, STRETCH_MAX);
        assert_eq!(held(&window), [0, 21, 0, 0, 0], "and no further than that");
    }

    #[test]
    fn a_window_shrinks_only_when_twice_the_span_would_fit() {
        let (mut window, tick) = (Window::new(4, 1), Duration::from_secs(1));
        for (span, stretch) in [(30, 8), (12, 8), (9, 8), (8, 4), (3, 2), (2, 1), (0, 1)] {
            window.reach(Duration::from_secs(span), tick);
            assert_eq!(window.stretch, stretch, "{span} s");
        }
    }
}
