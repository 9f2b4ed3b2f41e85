//! When a queue is a burst, and when it is an overload.

use std::time::Duration;

use super::ShedSettings;
use crate::{stat::Ewma, time::Instant};

/// How often to look at the queue.
pub(super) const LOOK: Duration = Duration::from_millis(20);

/// A burst is up to three times what the service answers, so its queue grows by twice
/// that; one that grows faster is not waited for. This much comes by chance.
const GROWS_BY: f64 = 2.0;
const GROWS_FROM: Duration = Duration::from_millis(50);

/// A smaller share of refusals than this is hardly any.
const REFUSED_CALM: f64 = 0.05;

/// What a service that is not busy answered at most is believed for this long.
const BEST_TAU: Duration = Duration::from_secs(30);
/// What one that is busy answers is what it can, after this long.
const BUSY_TAU: Duration = Duration::from_millis(500);

/// Tells a burst from an overload. A burst is worked off before long, so it may queue; in
/// an overload a queue only makes everybody wait.
#[derive(Debug)]
pub(super) struct Burst {
    settings: ShedSettings,
    is_shedding: bool,
    /// Which share of requests is refused.
    refused: Ewma,
    /// Answers a second of which the service is believed to be capable, 0 before any.
    capacity: f64,
    capacity_at: Instant,
    /// When there last was no queue.
    idle: Instant,
    /// The most in flight since then.
    in_flight_max: u32,
    /// Since when the queue is not worked off, and the most in flight since then.
    stands_since: Instant,
    stands_at: u32,
}

impl Burst {
    pub(super) fn new(settings: &ShedSettings, now: Instant) -> Self {
        Self {
            settings: settings.clone(),
            is_shedding: settings.burst.is_zero(),
            refused: Ewma::new(settings.calm / 2),
            capacity: 0.0,
            capacity_at: now,
            idle: now,
            in_flight_max: 0,
            stands_since: now,
            stands_at: 0,
        }
    }

    pub(super) fn is_shedding(&self) -> bool {
        self.is_shedding
    }

    /// Looks at the queue, every [`LOOK`]: how many are in flight, and how many of them
    /// are not queueing.
    pub(super) fn look(&mut self, now: Instant, in_flight: u32, limit: f64) {
        let queue = f64::from(in_flight) - limit;
        if queue <= 0.0 {
            (self.idle, self.in_flight_max) = (now, 0);
            (self.stands_since, self.stands_at) = (now, 0);
            return;
        }
        let grows = in_flight > self.in_flight_max;
        self.in_flight_max = self.in_flight_max.max(in_flight);
        self.stands_at = self.stands_at.max(in_flight);
        let is_tolerated = queue <= self.capacity * self.settings.tolerance.as_secs_f64();
        if is_tolerated || in_flight <= self.stands_at / 2 {
            (self.stands_since, self.stands_at) = (now, in_flight);
        }
        let still_grows = grows && now - self.idle >= self.settings.burst * 2;
        if still_grows || now - self.stands_since >= self.settings.patience {
            self.shed(now);
        }
    }

    /// The queue is as long as a burst may make it.
    pub(super) fn shed(&mut self, now: Instant) {
        if !self.is_shedding {
            self.is_shedding = true;
            self.refused = Ewma::new(self.settings.calm / 2);
            self.refused.add(now, 1.0);
        }
    }

    /// Learns how many answers there were a second in the last `lasted`.
    pub(super) fn learn(&mut self, now: Instant, answers: f64, lasted: Duration) {
        let passed = (now - self.capacity_at).as_secs_f64();
        let kept = |tau: Duration| (-passed / tau.as_secs_f64()).exp();
        self.capacity = if now - self.idle > lasted {
            answers + (self.capacity - answers) * kept(BUSY_TAU)
        } else {
            answers.max(self.capacity * kept(BEST_TAU))
        };
        self.capacity_at = now;
    }

    /// Ends a window in which this share of requests was refused.
    pub(super) fn end_window(&mut self, now: Instant, refused: f64) {
        if self.is_shedding {
            self.refused.add(now, refused);
            let is_calm = self.refused.value().is_none_or(|refused| refused < REFUSED_CALM);
            self.is_shedding = !is_calm || self.settings.burst.is_zero();
        } else if refused >= REFUSED_CALM {
            self.shed(now);
        }
    }

    /// Answers a second of which the service is believed to be capable.
    pub(super) fn capacity(&self) -> f64 {
        self.capacity
    }

    /// How many may be in flight while not shedding.
    pub(super) fn room(&self, now: Instant, limit: u32) -> u32 {
        // Until somebody looks again.
        let grown = GROWS_FROM + (now + LOOK - self.idle).mul_f64(GROWS_BY);
        let burst = self.settings.burst;
        let queue = if self.capacity > 0.0 {
            self.capacity * burst.min(grown).as_secs_f64()
        } else if burst.is_zero() {
            0.0
        } else {
            // Nothing is known yet: as many again as is believed of the limit.
            f64::from(limit)
        };
        limit.saturating_add(queue.round() as u32).min(self.settings.in_flight_max)
    }

    /// Takes other settings over.
    pub(super) fn reconfigure(&mut self, settings: &ShedSettings) {
        self.settings = settings.clone();
        self.is_shedding |= settings.burst.is_zero();
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: f64 = 10.0;

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Of a service that answers 100 a second.
    fn of_a_hundred_a_second() -> Burst {
        let mut burst = Burst::new(&ShedSettings::default(), at(0));
        burst.learn(at(0), 100.0, ms(100));
        burst
    }

    fn look(burst: &mut Burst, from: u64, until: u64, in_flight: impl Fn(u64) -> u32) {
        for millis in (from..until).step_by(20) {
            burst.look(at(millis), in_flight(millis), LIMIT);
        }
    }

    #[test]
    fn room_for_a_burst_grows_by_twice_what_is_answered_up_to_its_length() {
        let mut burst = of_a_hundred_a_second();
        look(&mut burst, 0, 20, |_| 0);
        // 50 ms of work, and twice the 20 ms until the next look.
        assert_eq!(burst.room(at(0), 10), 10 + 9);
        look(&mut burst, 20, 220, |_| 30);
        assert_eq!(burst.room(at(100), 10), 10 + 29);
        assert_eq!(burst.room(at(1_000), 10), 10 + 50, "500 ms of work");
        let unknown = Burst::new(&ShedSettings::default(), at(0));
        assert_eq!(unknown.room(at(0), 32), 64, "as much again as is believed");
    }

    #[test]
    fn a_queue_that_grows_for_longer_than_a_burst_is_none() {
        let mut burst = of_a_hundred_a_second();
        // Given a tenth more than is answered
        look(&mut burst, 0, 900, |millis| 10 + (millis / 100) as u32);
        assert!(!burst.is_shedding());
        look(&mut burst, 900, 1_300, |millis| 10 + (millis / 100) as u32);
        assert!(burst.is_shedding());
    }

    #[test]
    fn a_queue_that_is_worked_off_is_waited_for_and_one_that_stands_is_not() {
        let mut burst = of_a_hundred_a_second();
        let worked_off = |millis: u64| 10 + (8_000 / (200 + millis)) as u32;
        look(&mut burst, 0, 3_500, worked_off);
        assert!(!burst.is_shedding());
        let mut burst = of_a_hundred_a_second();
        look(&mut burst, 0, 2_900, |_| 14);
        assert!(!burst.is_shedding());
        look(&mut burst, 2_900, 3_200, |_| 14);
        assert!(burst.is_shedding());
        // Two are worked off within 20 ms.
        let mut burst = of_a_hundred_a_second();
        look(&mut burst, 0, 60_000, |_| 12);
        assert!(!burst.is_shedding());
    }

    #[test]
    fn it_is_calm_when_hardly_anybody_was_refused_for_a_second_and_a_half() {
        let mut burst = of_a_hundred_a_second();
        burst.shed(at(0));
        let mut millis = 0;
        while burst.is_shedding() {
            millis += 100;
            burst.end_window(at(millis), 0.0);
        }
        assert!((1_000..2_000).contains(&millis), "{millis}");
        // Given one in ten refused, it is not
        burst.shed(at(0));
        (1..100).for_each(|window| burst.end_window(at(window * 100), 0.1));
        assert!(burst.is_shedding());
    }

    #[test]
    fn refusals_for_want_of_time_begin_it_too() {
        let mut burst = of_a_hundred_a_second();
        burst.end_window(at(100), 0.02);
        assert!(!burst.is_shedding());
        burst.end_window(at(200), 0.2);
        assert!(burst.is_shedding());
    }

    #[test]
    fn what_a_busy_service_answers_is_what_it_can() {
        let mut burst = of_a_hundred_a_second();
        // Given a service that is not busy, the best it did counts.
        look(&mut burst, 0, 1_000, |_| 0);
        burst.learn(at(1_000), 40.0, ms(100));
        assert!((90.0..100.0).contains(&burst.capacity()), "{}", burst.capacity());
        // When it is busy and answers half as many
        look(&mut burst, 1_000, 3_000, |_| 20);
        (11..30).for_each(|window| burst.learn(at(window * 100), 50.0, ms(100)));
        assert!((50.0..55.0).contains(&burst.capacity()), "{}", burst.capacity());
    }

    #[test]
    fn without_a_burst_the_limit_holds_all_the_time() {
        let settings = ShedSettings { burst: Duration::ZERO, ..ShedSettings::default() };
        let mut burst = Burst::new(&settings, at(0));
        (1..50).for_each(|window| burst.end_window(at(window * 100), 0.0));
        assert!(burst.is_shedding());
        assert_eq!(burst.room(at(0), 10), 10);
        burst.reconfigure(&ShedSettings::default());
        burst.end_window(at(5_000), 0.0);
        assert!(!burst.is_shedding());
    }
}
