//! The generic cell rate algorithm, as the `governor` crate computes it.
//!
//! A bucket is one number: the moment at which all permits taken so far will have been
//! earned back. Governor's own limiters read a clock and keep one quota for life; here the
//! moment is an argument, the quota can be replaced and the bucket stays. So one of its
//! limiters is made for each request, out of parts that are already there: it holds two
//! numbers and a reference, and the compiler leaves nothing of it.

use std::{cell::Cell, num::NonZeroU32, time::Duration};

use governor::{
    RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{NotKeyed, StateStore},
};

use crate::{
    admit::{Rejected, Rejection, Scope},
    sync::{AtomicU32, AtomicU64, Ordering},
    time::{Instant, instant::nanos_of},
};

/// Moments and sums of permits stay below this, 73 years, so that governor's plain
/// additions never overflow.
const FAR: u64 = 1 << 61;

/// How fast permits come and how many may be saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    /// Nanoseconds from one permit to the next, at least 1.
    pub(super) interval_nanos: u64,
    /// How many may be taken at once; 0 lets nothing pass.
    pub(super) burst: u32,
}

impl Pace {
    /// `permits` in each `period`, as near as whole nanoseconds come.
    pub(super) fn new(permits: u32, period: Duration, burst: u32) -> Self {
        if permits == 0 {
            return Self { interval_nanos: FAR, burst: 0 };
        }
        let permits = u128::from(permits);
        let interval = (period.as_nanos() + permits / 2) / permits;
        Self::of_interval(u64::try_from(interval).unwrap_or(FAR), burst)
    }

    /// `per_second` permits a second; 0, less and not a number let nothing pass.
    pub(super) fn per_second(per_second: f64, burst: u32) -> Self {
        if per_second > 0.0 {
            // A float that does not fit becomes the nearest number that does.
            Self::of_interval((1e9 / per_second).round() as u64, burst)
        } else {
            Self { interval_nanos: FAR, burst: 0 }
        }
    }

    fn of_interval(interval_nanos: u64, burst: u32) -> Self {
        let pace = Self { interval_nanos: interval_nanos.clamp(1, FAR), burst };
        // A bound on the bits of the product: a division would cost as much as all the rest.
        let bits =
            u64::BITS - pace.interval_nanos.leading_zeros() + u32::BITS - burst.leading_zeros();
        if bits <= FAR.trailing_zeros() { pace } else { pace.with_less_burst() }
    }

    #[cold]
    fn with_less_burst(self) -> Self {
        let most = u32::try_from(FAR / self.interval_nanos).unwrap_or(u32::MAX);
        Self { burst: self.burst.min(most), ..self }
    }
}

/// A pace that can be replaced. A request that comes in between may see the new interval
/// with the old burst, once.
#[derive(Debug)]
pub(super) struct Quota {
    interval_nanos: AtomicU64,
    burst: AtomicU32,
}

impl Quota {
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            interval_nanos: AtomicU64::new(pace.interval_nanos),
            burst: AtomicU32::new(pace.burst),
        }
    }

    pub(super) fn set(&self, pace: Pace) {
        self.interval_nanos.store(pace.interval_nanos, Ordering::Relaxed);
        self.burst.store(pace.burst, Ordering::Relaxed);
    }

    pub(super) fn pace(&self) -> Pace {
        // Again within bounds, for an interval and a burst that do not belong together.
        Pace::of_interval(
            self.interval_nanos.load(Ordering::Relaxed),
            self.burst.load(Ordering::Relaxed),
        )
    }
}

/// Why a bucket gave no permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Empty {
    /// They will be there after this time.
    For(Duration),
    /// More than the bucket holds: waiting does not help.
    Forever,
}

impl Empty {
    pub(super) fn rejection(self, scope: Scope) -> Rejection {
        let rejection = Rejection::new(Rejected::RateLimited, scope);
        match self {
            Self::For(wait) => rejection.retry_after(wait),
            Self::Forever => rejection,
        }
    }
}

/// A moment at which a request passes, and the earliest moment for the one after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    at: u64,
    next: u64,
}

impl Place {
    pub(super) fn at(self) -> Instant {
        Instant::from_nanos(self.at)
    }
}

/// Permits of one limit or one key; a new one is full.
#[derive(Debug)]
pub(super) struct Bucket {
    /// When all that was taken will have been earned, in nanoseconds; 0 when nothing was.
    full_at: AtomicU64,
}

impl Bucket {
    pub(super) fn full() -> Self {
        Self { full_at: AtomicU64::new(0) }
    }

    /// One that `taken` permits have just been taken out of, at most all.
    pub(super) fn without(pace: Pace, now: Instant, taken: u32) -> Self {
        let missing = pace.interval_nanos.saturating_mul(u64::from(taken.min(pace.burst)));
        Self { full_at: AtomicU64::new(near(now).saturating_add(missing)) }
    }

    /// Takes `cost` permits, all or none.
    pub(super) fn take(&self, pace: Pace, now: Instant, cost: u32) -> Result<(), Empty> {
        let Some(cost) = NonZeroU32::new(cost) else { return Ok(()) };
        let quota = governor::Quota::with_period(Duration::from_nanos(pace.interval_nanos));
        let (Some(quota), Some(burst)) = (quota, NonZeroU32::new(pace.burst)) else {
            return Err(Empty::Forever);
        };
        // Governor says so too, after a multiplication that may overflow.
        if cost > burst {
            return Err(Empty::Forever);
        }
        let now = near(now);
        let asked = Asked { now, is_made: Cell::new(false) };
        let limiter: RateLimiter<NotKeyed, &Self, Asked, NoOpMiddleware<Nanos>> =
            RateLimiter::new(quota.allow_burst(burst), self, asked);
        match limiter.check_n(cost) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_until)) => Err(Empty::For(not_until.wait_time_from(now.into()))),
            Err(_) => Err(Empty::Forever),
        }
    }

    /// Takes `cost` permits when they will be there, with one at a time to be had: says when
    /// that is, and when the next may follow; or by how many nanoseconds that is too long to
    /// wait.
    pub(super) fn queue(
        &self,
        pace: Pace,
        now: Instant,
        cost: u32,
        longest_wait: Duration,
    ) -> Result<Place, Duration> {
        let now = near(now);
        let latest = now.saturating_add(nanos_of(longest_wait));
        let cost = pace.interval_nanos.saturating_mul(u64::from(cost)).min(FAR);
        let order = Ordering::Relaxed;
        let mut full_at = self.full_at.load(order);
        loop {
            let at = full_at.max(now);
            let next = at.saturating_add(cost);
            if at > latest {
                return Err(Duration::from_nanos(at - latest));
            }
            match self.full_at.compare_exchange_weak(full_at, next, order, order) {
                Ok(_) => return Ok(Place { at, next }),
                Err(newer) => full_at = newer,
            }
        }
    }

    /// Gives a place back that is not used after all. Only the last one becomes free.
    pub(super) fn give_back(&self, place: Place) {
        let order = Ordering::Relaxed;
        let _ = self.full_at.compare_exchange(place.next, place.at, order, order);
    }

    /// How many permits are there.
    pub(super) fn available(&self, pace: Pace, now: Instant) -> u32 {
        let full_at = self.full_at.load(Ordering::Relaxed);
        let missing = full_at.saturating_sub(near(now)).div_ceil(pace.interval_nanos);
        pace.burst.saturating_sub(u32::try_from(missing).unwrap_or(u32::MAX))
    }

    /// Whether at least half of its permits are there.
    pub(super) fn is_half_full(&self, pace: Pace, now: Instant) -> bool {
        let missing = self.full_at.load(Ordering::Relaxed).saturating_sub(near(now));
        missing <= pace.interval_nanos * u64::from(pace.burst / 2)
    }

    /// After a change of pace: it is empty at worst. One that was emptied at a slow pace would
    /// otherwise pay for that at a fast one: a day, when one a day is raised to many a second.
    pub(super) fn settle(&self, pace: Pace, now: Instant) {
        let empty = near(now) + pace.interval_nanos * u64::from(pace.burst);
        self.full_at.fetch_min(empty, Ordering::Relaxed);
    }

    /// Whether everything taken has been earned again: it may be forgotten.
    pub(super) fn is_full(&self, now: Instant) -> bool {
        self.full_at.load(Ordering::Relaxed) <= near(now)
    }
}

fn near(now: Instant) -> u64 {
    now.as_nanos().min(FAR)
}

impl StateStore for &Bucket {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _key: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let order = Ordering::Relaxed;
        let mut full_at = self.full_at.load(order);
        loop {
            let (passed, next) = decide(Some(full_at.into()))?;
            match self.full_at.compare_exchange_weak(full_at, next.into(), order, order) {
                Ok(_) => return Ok(passed),
                Err(newer) => full_at = newer,
            }
        }
    }
}

/// What governor's limiter takes for a clock. It reads it once on being made, to count all
/// moments from there, and once for a request: the answers are the start of our clock and
/// the moment of the request.
struct Asked {
    now: u64,
    is_made: Cell<bool>,
}

impl Clock for Asked {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        if self.is_made.replace(true) { self.now.into() } else { Nanos::default() }
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;
    use proptest::prelude::*;

    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    #[test]
    fn a_full_bucket_gives_its_burst_and_then_one_an_interval() {
        let pace = Pace::new(10, Duration::from_secs(1), 3);
        let bucket = Bucket::full();
        assert_eq!(bucket.take(pace, at(0), 2), Ok(()));
        assert_eq!(bucket.available(pace, at(0)), 1);
        assert_eq!(bucket.take(pace, at(0), 1), Ok(()));
        assert_eq!(bucket.take(pace, at(1), 1), Err(Empty::For(Duration::from_nanos(99_999_999))));
        assert_eq!(bucket.take(pace, at(100_000_000), 1), Ok(()));
        assert_eq!(bucket.take(pace, at(100_000_000), 0), Ok(()));
        assert!(!bucket.is_full(at(399_999_999)));
        assert!(bucket.is_full(at(400_000_000)));
    }

    #[test]
    fn what_cannot_pass_is_refused_without_a_time() {
        let pace = Pace::new(10, Duration::from_secs(1), 3);
        assert_eq!(Bucket::full().take(pace, at(0), 4), Err(Empty::Forever));
        for nothing in [
            Pace::new(0, Duration::from_secs(1), 3),
            Pace::per_second(f64::NAN, 3),
            Pace::per_second(-1.0, 3),
        ] {
            assert_eq!(Bucket::full().take(nothing, at(u64::MAX), 1), Err(Empty::Forever));
        }
    }

    #[test]
    fn a_bucket_with_permits_missing_is_as_if_they_had_been_taken() {
        let pace = Pace::new(1_000, Duration::from_secs(1), 10);
        let bucket = Bucket::without(pace, at(5), 8);
        assert_eq!(bucket.available(pace, at(5)), 2);
        assert_eq!(Bucket::without(pace, at(5), 99).available(pace, at(5)), 0);
    }

    #[test]
    fn a_bucket_emptied_at_a_slow_pace_is_no_worse_than_empty_at_a_fast_one() {
        let bucket = Bucket::full();
        let slow = Pace::new(1, Duration::from_hours(24), 5);
        bucket.take(slow, at(7), 5).unwrap();
        let fast = Pace::new(1_000, Duration::from_secs(1), 5);
        bucket.settle(fast, at(7));
        assert_eq!(bucket.take(fast, at(7), 1), Err(Empty::For(Duration::from_millis(1))));
        assert_eq!(bucket.take(fast, at(7) + Duration::from_millis(1), 1), Ok(()));
    }

    #[test]
    fn in_a_queue_each_has_its_moment_and_the_last_can_give_it_back() {
        let pace = Pace::new(10, Duration::from_secs(1), 1);
        let bucket = Bucket::full();
        let longest = Duration::from_millis(300);
        let queue = |cost| bucket.queue(pace, at(5), cost, longest).map(|place| place.at);
        assert_eq!(queue(1), Ok(5));
        assert_eq!(queue(2), Ok(100_000_005));
        assert_eq!(queue(1), Ok(300_000_005));
        assert_eq!(queue(1), Err(Duration::from_millis(100)));
        let place = bucket.queue(pace, at(200_000_000), 1, longest).unwrap();
        bucket.give_back(place);
        assert_eq!(bucket.queue(pace, at(200_000_000), 1, longest), Ok(place));
    }

    /// Governor multiplies intervals by bursts and costs without a check.
    #[test]
    fn no_pace_and_no_moment_overflows() {
        for interval in [0, 1, u64::MAX] {
            for burst in [1, u32::MAX] {
                let pace = Pace::of_interval(interval, burst);
                let bucket = Bucket::full();
                for now in [0, 1 << 60, u64::MAX] {
                    for cost in [1, burst, u32::MAX] {
                        let _ = bucket.take(pace, at(now), cost);
                        assert!(bucket.available(pace, at(now)) <= burst);
                    }
                }
            }
        }
    }

    proptest! {
        /// The limiter made for each request decides as one that lives on does.
        #[test]
        fn decisions_are_those_of_a_governor_that_lives_on(
            permits in 1_u32..2_000, burst in 1_u32..50,
            asks in prop::collection::vec((0_u64..20_000_000, 1_u32..60), 1..200),
        ) {
            let pace = Pace::new(permits, Duration::from_secs(1), burst);
            let quota = governor::Quota::with_period(Duration::from_nanos(pace.interval_nanos))
                .unwrap()
                .allow_burst(NonZeroU32::new(burst).unwrap());
            let clock = FakeRelativeClock::default();
            let lives_on = RateLimiter::direct_with_clock(quota, clock.clone());
            let bucket = Bucket::full();
            let mut now = Instant::START;
            for (step, cost) in asks {
                let step = Duration::from_nanos(step);
                clock.advance(step);
                now = now + step;
                let theirs = match lives_on.check_n(NonZeroU32::new(cost).unwrap()) {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(not)) => Err(Empty::For(not.wait_time_from(now.as_nanos().into()))),
                    Err(_) => Err(Empty::Forever),
                };
                prop_assert_eq!(bucket.take(pace, now, cost), theirs);
            }
        }

        /// Whatever the moments, even ones that go back: never more than the burst and what
        /// was earned between the first and the last of them.
        #[test]
        fn no_more_passes_than_was_earned(
            permits in 1_u32..2_000, burst in 1_u32..50,
            asks in prop::collection::vec((0_u64..1_000_000_000, 1_u32..5), 1..300),
        ) {
            let pace = Pace::new(permits, Duration::from_secs(1), burst);
            let bucket = Bucket::full();
            let mut passed = 0_u64;
            for &(now, cost) in &asks {
                if bucket.take(pace, at(now), cost).is_ok() {
                    passed += u64::from(cost);
                }
            }
            let latest = asks.iter().map(|ask| ask.0).max().unwrap();
            prop_assert!(passed <= u64::from(burst) + latest / pace.interval_nanos + 1);
        }
    }
}
