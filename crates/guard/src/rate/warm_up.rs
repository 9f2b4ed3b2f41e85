//! Fewer requests at first.

use std::time::Duration;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::{
    LeakyQueue, LeakyQueueSettings, RateLimit, RateLimitSettings, Reservation, warmth::WarmUpCurve,
};
use crate::{
    admit::Rejection,
    settings::InvalidSetting,
    stat::{Striped, Tick},
    time::Instant,
};

/// How slowly a resource is warmed up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WarmUpSettings {
    /// From cold to warm with as many requests as may pass, in milliseconds; default 10,000;
    /// 1 s to an hour.
    #[serde(rename = "warm_up_ms", with = "crate::time::millis")]
    pub warm_up: Duration,
    /// A cold resource gets the full rate divided by this; default 3; more than 1, at most
    /// 100.
    pub cold_factor: f64,
}

impl Default for WarmUpSettings {
    fn default() -> Self {
        Self { warm_up: Duration::from_secs(10), cold_factor: 3.0 }
    }
}

impl WarmUpSettings {
    /// Whether they can be used.
    ///
    /// # Errors
    /// The first field that is outside of its range.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        if !(Duration::from_secs(1)..=Duration::from_hours(1)).contains(&self.warm_up) {
            return Err(InvalidSetting { field: "warm_up_ms", allowed: "1 s to an hour" });
        }
        if !(self.cold_factor > 1.0 && self.cold_factor <= 100.0) {
            let allowed = "more than 1 and at most 100";
            return Err(InvalidSetting { field: "cold_factor", allowed });
        }
        Ok(())
    }

    /// Sentinel looks once a second; a short warm-up needs it more often.
    fn look_every(&self) -> Duration {
        (self.warm_up / 10).min(Duration::from_secs(1))
    }

    fn curve(&self, permits: u32, period: Duration) -> WarmUpCurve {
        let per_second = f64::from(permits) / period.as_secs_f64();
        WarmUpCurve::new(per_second, self.warm_up, self.cold_factor)
    }
}

/// A [`RateLimit`] that starts at a fraction of its rate and comes to the whole of it while
/// it is used, so that caches fill and connections open before all requests come. Left
/// alone, it cools down: Sentinel's warm-up, after Guava's `SmoothWarmingUp`.
///
/// Its burst is that of the limit, and smaller by as much as the rate is.
#[derive(Debug)]
pub struct WarmUpLimit {
    limit: RateLimit,
    warmth: Warmth<RateLimitSettings>,
}

impl WarmUpLimit {
    /// A cold limit.
    ///
    /// # Errors
    /// See [`RateLimitSettings::validate`] and [`WarmUpSettings::validate`].
    pub fn new(
        settings: &RateLimitSettings,
        warm_up: &WarmUpSettings,
        now: Instant,
    ) -> Result<Self, InvalidSetting> {
        let limit = RateLimit::new(settings)?;
        warm_up.validate()?;
        let curve = warm_up.curve(settings.permits, settings.period);
        let warmth = Warmth::new(curve, warm_up, settings.clone(), now);
        let this = Self { limit, warmth };
        this.warmth.with(|state| this.apply(now, state));
        Ok(this)
    }

    /// Takes `cost` permits, all or none.
    ///
    /// # Errors
    /// As [`RateLimit::try_acquire_n`].
    pub fn try_acquire_n(&self, now: Instant, cost: u32) -> Result<(), Rejection> {
        self.warmth.look(now, |state| self.apply(now, state));
        let taken = self.limit.try_acquire_n(now, cost);
        self.warmth.count(cost, taken.is_ok());
        taken
    }

    /// Takes one permit.
    ///
    /// # Errors
    /// As [`RateLimit::try_acquire`].
    pub fn try_acquire(&self, now: Instant) -> Result<(), Rejection> {
        self.try_acquire_n(now, 1)
    }

    /// Permits a second at present.
    pub fn per_second(&self) -> f64 {
        self.warmth.with(|state| state.curve.per_second(state.tokens))
    }

    /// Other settings from now on; it stays as warm as it is.
    ///
    /// # Errors
    /// As [`WarmUpLimit::new`]; the old settings stay.
    pub fn reconfigure(
        &self,
        now: Instant,
        settings: &RateLimitSettings,
        warm_up: &WarmUpSettings,
    ) -> Result<(), InvalidSetting> {
        settings.validate()?;
        warm_up.validate()?;
        let curve = warm_up.curve(settings.permits, settings.period);
        self.warmth.with(|state| {
            state.change(curve, settings.clone());
            self.apply(now, state);
        });
        Ok(())
    }

    fn apply(&self, now: Instant, state: &State<RateLimitSettings>) {
        let per_second = state.curve.per_second(state.tokens);
        let share = per_second / state.curve.per_second(0.0);
        let burst = (f64::from(state.settings.burst) * share).round().max(1.0);
        self.limit.set_rate(now, per_second, burst as u32);
    }
}

/// A [`LeakyQueue`] that starts at a fraction of its rate; see [`WarmUpLimit`].
#[derive(Debug)]
pub struct WarmUpQueue {
    queue: LeakyQueue,
    warmth: Warmth<()>,
}

impl WarmUpQueue {
    /// A cold queue.
    ///
    /// # Errors
    /// See [`LeakyQueueSettings::validate`] and [`WarmUpSettings::validate`].
    pub fn new(
        settings: &LeakyQueueSettings,
        warm_up: &WarmUpSettings,
        now: Instant,
    ) -> Result<Self, InvalidSetting> {
        let queue = LeakyQueue::new(settings)?;
        warm_up.validate()?;
        let curve = warm_up.curve(settings.permits, settings.period);
        let this = Self { queue, warmth: Warmth::new(curve, warm_up, (), now) };
        this.warmth.with(|state| this.apply(state));
        Ok(this)
    }

    /// Takes the next place.
    ///
    /// # Errors
    /// As [`LeakyQueue::try_reserve`].
    pub fn try_reserve(
        &self,
        now: Instant,
        cost: u32,
        deadline: Option<Instant>,
    ) -> Result<Reservation<&LeakyQueue>, Rejection> {
        self.warmth.look(now, |state| self.apply(state));
        let reserved = self.queue.try_reserve(now, cost, deadline);
        self.warmth.count(cost, reserved.is_ok());
        reserved
    }

    /// Requests a second at present.
    pub fn per_second(&self) -> f64 {
        self.warmth.with(|state| state.curve.per_second(state.tokens))
    }

    /// Other settings from now on; it stays as warm as it is, and who has a place keeps it.
    ///
    /// # Errors
    /// As [`WarmUpQueue::new`]; the old settings stay.
    pub fn reconfigure(
        &self,
        settings: &LeakyQueueSettings,
        warm_up: &WarmUpSettings,
    ) -> Result<(), InvalidSetting> {
        warm_up.validate()?;
        self.queue.reconfigure(settings)?;
        let curve = warm_up.curve(settings.permits, settings.period);
        self.warmth.with(|state| {
            state.change(curve, ());
            self.apply(state);
        });
        Ok(())
    }

    fn apply(&self, state: &State<()>) {
        self.queue.set_rate(state.curve.per_second(state.tokens));
    }
}

const PASSED: usize = 0;
const REFUSED: usize = 1;

/// How warm something is: what passes it is counted, and looked at now and then.
#[derive(Debug)]
struct Warmth<T> {
    tick: Tick,
    counts: Striped<2>,
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    curve: WarmUpCurve,
    tokens: f64,
    looked_at: Instant,
    settings: T,
}

impl<T> Warmth<T> {
    fn new(curve: WarmUpCurve, warm_up: &WarmUpSettings, settings: T, now: Instant) -> Self {
        let tokens = curve.cold();
        Self {
            tick: Tick::new(warm_up.look_every(), now),
            counts: Striped::new(),
            state: Mutex::new(State { curve, tokens, looked_at: now, settings }),
        }
    }

    fn count(&self, cost: u32, is_passed: bool) {
        self.counts.add(if is_passed { PASSED } else { REFUSED }, u64::from(cost));
    }

    /// Once a tick, folds what was counted and has the new rate applied.
    fn look(&self, now: Instant, apply: impl FnOnce(&State<T>)) {
        let periods = self.tick.due(now);
        if periods == 0 {
            return;
        }
        let Some(mut state) = self.state.try_lock() else { return };
        let [passed, refused] = self.counts.take();
        // All of it was in the first period: somebody who came in another would have looked.
        let elapsed = now - state.looked_at;
        let busy = elapsed / u32::try_from(periods).unwrap_or(u32::MAX);
        let tokens = state.curve.after(state.tokens, busy, passed, refused > 0);
        state.tokens = state.curve.after(tokens, elapsed - busy, 0, false);
        state.looked_at = now;
        apply(&state);
    }

    fn with<A>(&self, act: impl FnOnce(&mut State<T>) -> A) -> A {
        act(&mut self.state.lock())
    }
}

impl<T> State<T> {
    /// Another curve, and as warm on it.
    fn change(&mut self, curve: WarmUpCurve, settings: T) {
        let share = self.tokens / self.curve.cold().max(f64::MIN_POSITIVE);
        self.tokens = share * curve.cold();
        self.curve = curve;
        self.settings = settings;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    /// Asks `per_second` times a second, evenly, and counts those who pass in each second.
    fn passes(seconds: u64, per_second: u64, passes: impl Fn(Instant) -> bool) -> Vec<u64> {
        let ask = |second: u64| {
            let moment =
                |ask: u64| at(second * 1_000) + Duration::from_secs(ask) / per_second as u32;
            (0..per_second).filter(|ask| passes(moment(*ask))).count() as u64
        };
        (0..seconds).map(ask).collect()
    }

    #[test]
    fn a_cold_limit_comes_to_its_rate_in_the_warm_up_and_cools_down_at_rest() {
        let settings = RateLimitSettings { permits: 900, burst: 9, ..Default::default() };
        let limit = WarmUpLimit::new(&settings, &WarmUpSettings::default(), at(0)).unwrap();
        let passed = passes(20, 2_000, |now| limit.try_acquire(now).is_ok());
        let ask_once_at = |seconds: u64| {
            limit.try_acquire(at(seconds * 1_000)).unwrap();
            limit.per_second()
        };
        assert!((300..310).contains(&passed[0]), "{passed:?}");
        assert!(passed.windows(2).all(|pair| pair[1] >= pair[0]), "{passed:?}");
        assert!(passed[7] < 890 && passed[12] >= 895 && passed[19] >= 895, "{passed:?}");
        assert_eq!(limit.per_second(), 900.0);
        assert!((ask_once_at(120) - 300.0).abs() < 1e-6);
        // Half warm it cools down too, and although it was refusing when last seen.
        passes(128, 2_000, |now| now > at(121_000) && limit.try_acquire(now).is_ok());
        assert!(limit.per_second() > 400.0);
        assert!((ask_once_at(200) - 300.0).abs() < 1e-6);
    }

    #[test]
    fn a_cold_queue_comes_to_its_rate_in_the_warm_up() {
        let settings = LeakyQueueSettings { permits: 90, ..Default::default() };
        let queue = WarmUpQueue::new(&settings, &WarmUpSettings::default(), at(0)).unwrap();
        let pass = |now| queue.try_reserve(now, 1, None).map(Reservation::pass).is_ok();
        let passed = passes(20, 400, pass);
        // Those of half a second may wait besides.
        assert!((30..=47).contains(&passed[0]), "{passed:?}");
        assert!(passed[14..].iter().all(|passed| (89..=91).contains(passed)), "{passed:?}");
        assert_eq!(queue.per_second(), 90.0);
    }

    /// The sequences of Sentinel's tests of its warm-up with queueing, cold: three a second.
    #[test]
    fn sentinel_known_values_of_warm_up_with_queueing() {
        let settings =
            |max_wait| LeakyQueueSettings { permits: 10, max_wait, ..Default::default() };
        let queue = |max_wait_ms| {
            let settings = settings(Duration::from_millis(max_wait_ms));
            WarmUpQueue::new(&settings, &WarmUpSettings::default(), at(5)).unwrap()
        };
        let patient = queue(1_000);
        patient.try_reserve(at(5), 1, None).unwrap().pass();
        let second = patient.try_reserve(at(5), 1, None).unwrap();
        assert_eq!(second.wait(at(5)).as_millis(), 300);
        let impatient = queue(10);
        impatient.try_reserve(at(5), 1, None).unwrap().pass();
        assert!(impatient.try_reserve(at(5), 1, None).is_err());
    }

    #[test]
    fn other_settings_keep_it_as_warm_as_it_is() {
        let settings = RateLimitSettings { permits: 900, burst: 9, ..Default::default() };
        let warm_up = WarmUpSettings::default();
        let limit = WarmUpLimit::new(&settings, &warm_up, at(0)).unwrap();
        passes(20, 2_000, |now| limit.try_acquire(now).is_ok());
        let faster = RateLimitSettings { permits: 9_000, ..settings };
        limit.reconfigure(at(20_000), &faster, &warm_up).unwrap();
        assert_eq!(limit.per_second(), 9_000.0, "warm stays warm");
        let bad = WarmUpSettings { cold_factor: 1.0, ..warm_up };
        assert_eq!(limit.reconfigure(at(0), &faster, &bad).unwrap_err().field, "cold_factor");
        let bad = WarmUpSettings { warm_up: Duration::ZERO, ..warm_up };
        assert_eq!(bad.validate().unwrap_err().field, "warm_up_ms");
    }
}
