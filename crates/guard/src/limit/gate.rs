//! The one atomic behind every limit.

use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// The largest limit there is: one bit of its half of the word says that somebody waits.
pub(crate) const LIMIT_MAX: u32 = u32::MAX >> 1;

const LIMIT_SHIFT: u32 = 32;
const IN_FLIGHT: u64 = u32::MAX as u64;
const WAITING: u64 = 1 << 63;

/// How many are in flight, how many may be, and whether somebody waits, in one word: so
/// whoever is admitted was below the limit of that very moment, however the limit moves
/// and however many threads ask, and nobody starts to wait in the moment between a look
/// at the count and the last one leaving.
#[derive(Debug)]
pub(crate) struct Gate {
    /// From the top: one bit for somebody waits, 31 for the limit, 32 for in flight.
    word: AtomicU64,
    /// The most in flight since it was last taken. In the cache line that the thread
    /// owns anyway when it has just entered.
    peak: AtomicU32,
}

const fn in_flight_of(word: u64) -> u32 {
    (word & IN_FLIGHT) as u32
}

const fn limit_of(word: u64) -> u32 {
    ((word & !WAITING) >> LIMIT_SHIFT) as u32
}

const fn limit_bits(limit: u32) -> u64 {
    let limit = if limit > LIMIT_MAX { LIMIT_MAX } else { limit };
    (limit as u64) << LIMIT_SHIFT
}

impl Gate {
    /// With nobody in flight.
    pub(crate) fn new(limit: u32) -> Self {
        Self { word: AtomicU64::new(limit_bits(limit)), peak: AtomicU32::new(0) }
    }

    /// Enters when fewer than the limit, and fewer than `cap`, are in flight.
    pub(crate) fn try_enter(&self, cap: u32) -> bool {
        self.enter_or(|limit| limit.min(cap), |_| None)
    }

    /// Enters when fewer than `cap` are in flight, whatever the limit is.
    pub(crate) fn try_enter_beyond(&self, cap: u32) -> bool {
        self.enter_or(|_| cap, |_| None)
    }

    /// Enters when fewer than the limit are in flight, or else says that somebody waits:
    /// whoever leaves from then on is told.
    pub(crate) fn enter_or_wait(&self) -> bool {
        self.enter_or(|limit| limit, |word| Some(word | WAITING))
    }

    fn enter_or(&self, most: impl Fn(u32) -> u32, when_full: impl Fn(u64) -> Option<u64>) -> bool {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            let enters = in_flight_of(word) < most(limit_of(word));
            let next = if enters {
                word + 1
            } else {
                match when_full(word) {
                    Some(next) => next,
                    None => return false,
                }
            };
            // What was done under a permit happened before what its successor does.
            match self.word.compare_exchange_weak(word, next, Ordering::Acquire, Ordering::Relaxed)
            {
                Ok(_) if enters => {
                    self.raise_peak(in_flight_of(next));
                    return true;
                }
                Ok(_) => return false,
                Err(now) => word = now,
            }
        }
    }

    /// Leaves, and says whether somebody waits. Whoever entered leaves once.
    pub(crate) fn leave(&self) -> bool {
        self.word.fetch_sub(1, Ordering::Release) & WAITING != 0
    }

    /// Nobody waits any more.
    pub(crate) fn nobody_waits(&self) {
        self.word.fetch_and(!WAITING, Ordering::Relaxed);
    }

    /// Sets the limit, and says whether somebody waits.
    pub(crate) fn set_limit(&self, limit: u32) -> bool {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            let next = (word & (WAITING | IN_FLIGHT)) | limit_bits(limit);
            match self.word.compare_exchange_weak(word, next, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(word) => return word & WAITING != 0,
                Err(now) => word = now,
            }
        }
    }

    pub(crate) fn in_flight(&self) -> u32 {
        in_flight_of(self.word.load(Ordering::Relaxed))
    }

    pub(crate) fn limit(&self) -> u32 {
        limit_of(self.word.load(Ordering::Relaxed))
    }

    /// The most in flight since this was last asked.
    pub(crate) fn take_peak(&self) -> u32 {
        let in_flight = self.in_flight();
        self.peak.swap(in_flight, Ordering::Relaxed).max(in_flight)
    }

    fn raise_peak(&self, in_flight: u32) {
        if in_flight > self.peak.load(Ordering::Relaxed) {
            self.peak.fetch_max(in_flight, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_admits_up_to_the_limit_and_up_to_a_cap_below_it() {
        let gate = Gate::new(3);
        assert!(gate.try_enter(u32::MAX));
        assert!(!gate.try_enter(1), "one is in flight");
        assert!(!gate.try_enter(0), "a cap of none admits none");
        assert!(gate.try_enter(2) && gate.try_enter(7));
        assert!(!gate.try_enter(7), "the limit holds above any cap");
        assert_eq!((gate.in_flight(), gate.limit(), gate.take_peak()), (3, 3, 3));
        assert!(!gate.leave());
        assert_eq!((gate.take_peak(), gate.take_peak()), (3, 2), "it is taken once");
    }

    #[test]
    fn whoever_is_let_in_beyond_the_limit_counts_like_everybody() {
        let gate = Gate::new(1);
        assert!(gate.try_enter(9) && gate.try_enter_beyond(3) && gate.try_enter_beyond(3));
        assert!(!gate.try_enter_beyond(3) && !gate.try_enter(9));
        assert_eq!((gate.in_flight(), gate.take_peak()), (3, 3));
    }

    #[test]
    fn a_lower_limit_admits_nobody_until_enough_have_left() {
        let gate = Gate::new(3);
        assert!((0..3).all(|_| gate.try_enter(u32::MAX)));
        assert!(!gate.set_limit(1));
        assert_eq!((gate.in_flight(), gate.limit()), (3, 1));
        for left in [2, 1] {
            assert!(!gate.try_enter(u32::MAX));
            gate.leave();
            assert_eq!(gate.in_flight(), left);
        }
        assert!(!gate.try_enter(u32::MAX));
        gate.leave();
        assert!(gate.try_enter(u32::MAX));
    }

    #[test]
    fn whoever_leaves_is_told_of_those_who_wait() {
        let gate = Gate::new(1);
        assert!(gate.enter_or_wait(), "there is room");
        assert!(!gate.enter_or_wait());
        assert_eq!((gate.in_flight(), gate.limit()), (1, 1));
        assert!(gate.set_limit(1));
        assert!(gate.leave());
        assert!(gate.try_enter(u32::MAX));
        gate.nobody_waits();
        assert!(!gate.leave());
    }

    #[test]
    fn a_limit_beyond_the_largest_is_the_largest() {
        let gate = Gate::new(u32::MAX);
        assert_eq!(gate.limit(), LIMIT_MAX);
        assert!(!gate.set_limit(u32::MAX) && !gate.leave_after_enter());
    }

    impl Gate {
        fn leave_after_enter(&self) -> bool {
            assert!(self.try_enter(u32::MAX));
            self.leave()
        }
    }
}
