//! Requests one after the other.

use std::{ops::Deref, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    gaps::{Gap, Gaps},
    gcra::Pace,
    limit::check_rate,
};
use crate::{
    admit::{Rejected, Rejection, Scope},
    settings::InvalidSetting,
    sync::{AtomicU32, AtomicU64, Ordering},
    time::{Instant, instant::nanos_of},
};

/// Moments are kept this much later than they are, so that at the start of the clock the
/// queue has been empty for long.
const SHIFT: u64 = 1 << 62;
/// Costs, waits and moments stay below this, so that sums of them fit.
const FAR: u64 = 1 << 61;

/// How far apart requests pass and how long one may wait for its turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LeakyQueueSettings {
    /// Requests in each period; default 1,000; 0 to 100 for each microsecond of the period.
    /// 0 lets nothing pass. One that costs more than this never passes.
    pub permits: u32,
    /// The period, in milliseconds; default 1,000; 1 ms to a day. Requests are as far apart
    /// as the period divided by the permits.
    #[serde(rename = "period_ms", with = "crate::time::millis")]
    pub period: Duration,
    /// The longest that a request may wait for its turn, in milliseconds; default 500; up to
    /// a day. Whoever would have to wait longer is refused at once.
    #[serde(rename = "max_wait_ms", with = "crate::time::millis")]
    pub max_wait: Duration,
}

impl Default for LeakyQueueSettings {
    fn default() -> Self {
        Self {
            permits: 1_000,
            period: Duration::from_secs(1),
            max_wait: Duration::from_millis(500),
        }
    }
}

impl LeakyQueueSettings {
    /// Whether they can be used.
    ///
    /// # Errors
    /// The first field that is outside of its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        check_rate(self.permits, self.period)?;
        if self.max_wait > Duration::from_hours(24) {
            return Err(InvalidSetting { field: "max_wait_ms", allowed: "at most a day" });
        }
        Ok(())
    }
}

/// Lets requests pass one after the other, evenly apart, and has those that come faster wait
/// for their turn: Sentinel's queueing behaviour (sentinel-golang
/// `core/flow/tc_throttling.go`). A batch of `n` passes `n` intervals after whatever passed
/// before it.
///
/// Nothing waits in here: a request is told its moment and its caller waits. When the caller
/// goes away first its place goes to the next who asks; otherwise, with a queue longer than
/// its callers' patience, all of the capacity would go to callers who have gone.
///
/// One load and one exchange a request; only while there are places given back, a lock that
/// nobody waits for.
#[derive(Debug)]
pub struct LeakyQueue {
    interval_nanos: AtomicU64,
    max_wait_nanos: AtomicU64,
    /// What one request may cost.
    max_cost: AtomicU32,
    /// When the last of the queue passes.
    tail: AtomicU64,
    gaps: Gaps,
    scope: Scope,
}

impl LeakyQueue {
    /// An empty queue of a resource.
    ///
    /// # Errors
    /// See [`LeakyQueueSettings::validate`].
    pub fn new(settings: &LeakyQueueSettings) -> Result<Self, InvalidSetting> {
        let queue = Self {
            interval_nanos: AtomicU64::new(1),
            max_wait_nanos: AtomicU64::new(0),
            max_cost: AtomicU32::new(0),
            tail: AtomicU64::new(0),
            gaps: Gaps::new(),
            scope: Scope::Resource,
        };
        queue.reconfigure(settings)?;
        Ok(queue)
    }

    /// With another scope in its refusals.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Takes the next place for a request of this cost. A cost of 0 passes at once.
    ///
    /// # Errors
    /// [`Rejected::QueueFull`] when the wait would be longer than it may be or than the
    /// deadline is away, with the time after which it would do; [`Rejected::RateLimited`]
    /// without a time when this cost never passes; [`Rejected::DeadlinePassed`].
    pub fn try_reserve(
        &self,
        now: Instant,
        cost: u32,
        deadline: Option<Instant>,
    ) -> Result<Reservation<&Self>, Rejection> {
        Ok(Reservation { queue: self, place: self.place(now, cost, deadline)? })
    }

    /// As [`LeakyQueue::try_reserve`], for a future that outlives the borrow.
    ///
    /// # Errors
    /// As [`LeakyQueue::try_reserve`].
    pub fn try_reserve_owned(
        self: &Arc<Self>,
        now: Instant,
        cost: u32,
        deadline: Option<Instant>,
    ) -> Result<Reservation<Arc<Self>>, Rejection> {
        let place = self.place(now, cost, deadline)?;
        Ok(Reservation { queue: Arc::clone(self), place })
    }

    /// Other settings from now on; who has a place keeps it.
    ///
    /// # Errors
    /// See [`LeakyQueueSettings::validate`]; the old settings stay.
    pub fn reconfigure(&self, settings: &LeakyQueueSettings) -> Result<(), InvalidSetting> {
        settings.validate()?;
        // Rounded up: never faster than what is asked for.
        let interval = settings.period.as_nanos().div_ceil(u128::from(settings.permits.max(1)));
        self.interval_nanos.store(u64::try_from(interval).unwrap_or(FAR), Ordering::Relaxed);
        self.max_wait_nanos.store(nanos_of(settings.max_wait), Ordering::Relaxed);
        self.max_cost.store(settings.permits, Ordering::Relaxed);
        Ok(())
    }

    /// Another rate from now on, for whoever computes it. A rate of 0, less or not a number
    /// lets nothing pass.
    pub fn set_rate(&self, per_second: f64) {
        let pace = Pace::per_second(per_second, 1);
        self.interval_nanos.store(pace.interval_nanos, Ordering::Relaxed);
        let max_cost = if pace.burst == 0 { 0 } else { per_second.ceil() as u32 };
        self.max_cost.store(max_cost, Ordering::Relaxed);
    }

    fn place(&self, now: Instant, cost: u32, deadline: Option<Instant>) -> Result<Gap, Rejection> {
        let refused = |reason| Rejection::new(reason, self.scope);
        if deadline.is_some_and(|deadline| deadline <= now) {
            return Err(refused(Rejected::DeadlinePassed));
        }
        if cost > self.max_cost.load(Ordering::Relaxed) {
            return Err(refused(Rejected::RateLimited));
        }
        let wait = deadline.map_or(u64::MAX, |deadline| deadline.nanos_since(now));
        let latest_wait = self.max_wait_nanos.load(Ordering::Relaxed).min(wait);
        let now = now.as_nanos().min(FAR) + SHIFT;
        if cost == 0 {
            return Ok(Gap { from: now, to: now });
        }
        let interval = self.interval_nanos.load(Ordering::Relaxed);
        let cost = interval.saturating_mul(u64::from(cost)).min(FAR);
        if let Some(place) = self.gaps.take(now, cost, now + latest_wait) {
            return Ok(place);
        }
        self.place_at_end(now, cost, latest_wait).map_err(|too_long| {
            refused(Rejected::QueueFull).retry_after(Duration::from_nanos(too_long))
        })
    }

    /// The place after all others, or how much too long its wait would be.
    fn place_at_end(&self, now: u64, cost: u64, latest_wait: u64) -> Result<Gap, u64> {
        let mut tail = self.tail.load(Ordering::Relaxed);
        loop {
            let to = (tail + cost).max(now);
            let too_long = (to - now).saturating_sub(latest_wait);
            if too_long > 0 {
                return Err(too_long);
            }
            let order = Ordering::Relaxed;
            match self.tail.compare_exchange_weak(tail, to, order, order) {
                Ok(_) => return Ok(Gap { from: to - cost, to }),
                Err(newer) => tail = newer,
            }
        }
    }
}

/// A place in a [`LeakyQueue`]. Wait until its moment and then [`pass`](Self::pass); dropped
/// before, it is given back and somebody else passes in its place.
#[derive(Debug)]
#[must_use = "dropped, the place is given back"]
pub struct Reservation<H: Deref<Target = LeakyQueue>> {
    queue: H,
    place: Gap,
}

impl<H: Deref<Target = LeakyQueue>> Reservation<H> {
    /// When it is its turn.
    pub fn at(&self) -> Instant {
        Instant::from_nanos(self.place.to - SHIFT)
    }

    /// How long it is until then.
    pub fn wait(&self, now: Instant) -> Duration {
        self.at() - now
    }

    /// Its turn has come: the place is used.
    pub fn pass(mut self) {
        self.place.from = self.place.to;
    }
}

impl<H: Deref<Target = LeakyQueue>> Drop for Reservation<H> {
    fn drop(&mut self) {
        self.queue.gaps.give_back(self.place, &self.queue.tail);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn queue(permits: u32, max_wait_ms: u64) -> LeakyQueue {
        let max_wait = Duration::from_millis(max_wait_ms);
        let period = Duration::from_secs(1);
        LeakyQueue::new(&LeakyQueueSettings { permits, period, max_wait }).unwrap()
    }

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    /// How long a request of cost 1 waits, and the place is used.
    fn wait(queue: &LeakyQueue, now: Instant) -> Result<Duration, Rejection> {
        let reservation = queue.try_reserve(now, 1, None)?;
        let wait = reservation.wait(now);
        reservation.pass();
        Ok(wait)
    }

    #[test]
    fn requests_are_evenly_apart_and_the_first_does_not_wait() {
        let queue = queue(10, 500);
        let waits: Vec<_> = (0..7).map(|_| wait(&queue, at(0))).collect();
        let expected = [0, 100, 200, 300, 400, 500].map(|wait| Ok(Duration::from_millis(wait)));
        assert_eq!(waits[..6], expected);
        let rejection = waits[6].unwrap_err();
        assert_eq!(rejection.reason, Rejected::QueueFull);
        assert_eq!(rejection.retry_after, Duration::from_millis(100));
        assert_eq!(wait(&queue, at(100)), Ok(Duration::from_millis(500)));
        assert_eq!(wait(&queue, at(5_000)), Ok(Duration::ZERO), "nothing is saved up:");
        assert_eq!(wait(&queue, at(5_000)), Ok(Duration::from_millis(100)));
    }

    /// The sequences of sentinel-golang's tests of its throttling checker: 50 in 10 seconds.
    #[test]
    fn sentinel_known_values_of_queueing() {
        let period = Duration::from_secs(10);
        let settings = LeakyQueueSettings { permits: 50, period, max_wait: Duration::ZERO };
        let no_wait = LeakyQueue::new(&settings).unwrap();
        let refused = no_wait.try_reserve(at(0), 51, None).unwrap_err();
        assert_eq!(refused.reason, Rejected::RateLimited);
        no_wait.try_reserve(at(0), 50, None).unwrap().pass();
        assert!((0..10).all(|_| wait(&no_wait, at(0)).is_err()));
        assert_eq!(wait(&no_wait, at(2_010)), Ok(Duration::ZERO));
        assert!(wait(&no_wait, at(2_010)).is_err());

        let max_wait = Duration::from_secs(2);
        let waiting = LeakyQueue::new(&LeakyQueueSettings { max_wait, ..settings }).unwrap();
        waiting.try_reserve(at(0), 50, None).unwrap().pass();
        let waits: Vec<_> = (0..20).map(|_| wait(&waiting, at(0))).collect();
        for (index, wait) in waits.into_iter().enumerate() {
            let expected = Duration::from_millis(200 * (index as u64 + 1));
            assert_eq!(wait.ok(), (index < 10).then_some(expected));
        }

        let closed = queue(0, 500);
        assert!(wait(&closed, at(9)).is_err());
        assert_eq!(closed.try_reserve(at(9), 0, None).unwrap().wait(at(9)), Duration::ZERO);
    }

    #[test]
    fn a_place_given_back_goes_to_the_next_who_asks() {
        let queue = Arc::new(queue(10, 500));
        let mut places: Vec<_> =
            (0..4).map(|_| queue.try_reserve_owned(at(0), 1, None).unwrap()).collect();
        drop(places.remove(1));
        assert_eq!(wait(&queue, at(0)), Ok(Duration::from_millis(100)));
        // The last of the queue leaves nothing behind.
        drop(places.pop());
        assert_eq!(wait(&queue, at(0)), Ok(Duration::from_millis(300)));
        for place in places {
            place.pass();
        }
        assert_eq!(wait(&queue, at(0)), Ok(Duration::from_millis(400)));
    }

    #[test]
    fn whoever_could_not_wait_long_enough_is_refused_at_once() {
        let queue = queue(10, 500);
        for _ in 0..3 {
            wait(&queue, at(0)).unwrap();
        }
        let refused = queue.try_reserve(at(0), 1, Some(at(250))).unwrap_err();
        assert_eq!(refused.retry_after, Duration::from_millis(50));
        let late = queue.try_reserve(at(9), 1, Some(at(9))).unwrap_err();
        assert_eq!(late.reason, Rejected::DeadlinePassed);
        assert!(queue.try_reserve(at(0), 1, Some(at(300))).is_ok());
    }

    /// Callers wait 300 ms and the queue is 500 ms long: without places given back, after a
    /// second nobody would be served any more.
    #[test]
    fn a_queue_longer_than_its_callers_patience_still_serves_at_full_rate() {
        let queue = queue(100, 500);
        let mut waiting: Vec<(Instant, Reservation<&LeakyQueue>)> = Vec::new();
        let mut served = 0;
        for milli in 0..10_000 {
            let now = at(milli);
            let is_turn = |(_, place): &mut (Instant, Reservation<&LeakyQueue>)| place.at() <= now;
            for (_, place) in waiting.extract_if(.., is_turn) {
                served += 1;
                place.pass();
            }
            waiting.retain(|(gives_up, _)| *gives_up > now);
            if let Ok(place) = queue.try_reserve(now, 1, None) {
                waiting.push((now + Duration::from_millis(300), place));
            }
        }
        assert!((990..=1_001).contains(&served), "{served} of 1,000");
    }

    #[test]
    fn other_settings_keep_the_queue() {
        let queue = queue(10, 500);
        for _ in 0..3 {
            wait(&queue, at(0)).unwrap();
        }
        let faster = LeakyQueueSettings { permits: 100, ..Default::default() };
        queue.reconfigure(&faster).unwrap();
        assert_eq!(wait(&queue, at(0)), Ok(Duration::from_millis(210)));
        queue.set_rate(0.0);
        assert!(wait(&queue, at(900)).is_err());
        queue.set_rate(0.5);
        assert_eq!(wait(&queue, at(9_000)), Ok(Duration::ZERO));
        let slow = LeakyQueueSettings { period: Duration::ZERO, ..faster };
        assert_eq!(queue.reconfigure(&slow).unwrap_err().field, "period_ms");
    }

    #[test]
    fn threads_that_give_places_back_never_share_one() {
        let queue = queue(1_000_000, 86_400_000);
        let reserve = |thread: usize| {
            let mut passed = Vec::new();
            for turn in 0..2_000 {
                let place = queue.try_reserve(at(5), 1, None).unwrap();
                if turn % 3 == thread % 3 {
                    drop(place);
                } else {
                    passed.push(place.at().as_nanos());
                    place.pass();
                }
            }
            passed
        };
        let mut passed: Vec<u64> = std::thread::scope(|scope| {
            let reserve = &reserve;
            let threads: Vec<_> =
                (0..4).map(|thread| scope.spawn(move || reserve(thread))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        });
        passed.sort_unstable();
        assert!(passed.len() > 5_000, "{}", passed.len());
        assert!(passed.windows(2).all(|pair| pair[1] - pair[0] >= 1_000));
    }

    #[derive(Debug, Clone)]
    enum Step {
        Advance(u64),
        Reserve(u32),
        GiveUp(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0_u64..50).prop_map(Step::Advance),
            (1_u32..4).prop_map(Step::Reserve),
            (0_usize..64).prop_map(Step::GiveUp),
        ]
    }

    proptest! {
        /// Whatever is reserved and given back: those who hold a place are each as far from
        /// the one before them as they cost, and none waits too long.
        #[test]
        fn those_who_pass_are_far_enough_apart(steps in prop::collection::vec(step(), 1..200)) {
            let queue = queue(100, 500);
            let mut now = at(0);
            let mut held: Vec<(u64, Reservation<&LeakyQueue>)> = Vec::new();
            let mut passed = Vec::new();
            for step in steps {
                match step {
                    Step::Advance(millis) => now = now + Duration::from_millis(millis),
                    Step::Reserve(cost) => {
                        if let Ok(place) = queue.try_reserve(now, cost, None) {
                            prop_assert!(place.wait(now) <= Duration::from_millis(500));
                            held.push((u64::from(cost) * 10_000_000, place));
                        }
                    }
                    Step::GiveUp(index) if index < held.len() => drop(held.remove(index)),
                    Step::GiveUp(_) => {}
                }
                for (cost, place) in held.extract_if(.., |(_, place)| place.at() <= now) {
                    passed.push((place.at().as_nanos(), cost));
                    place.pass();
                }
            }
            passed.extend(held.iter().map(|(cost, place)| (place.at().as_nanos(), *cost)));
            passed.sort_unstable();
            for pair in passed.windows(2) {
                prop_assert!(pair[1].0 - pair[0].0 >= pair[1].1, "{pair:?}");
            }
        }
    }
}
