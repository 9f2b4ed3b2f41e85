//! How late tasks run that are ready to.

use std::time::Duration;

use super::SignalSettings;
use crate::{
    sync::{AtomicU64, Ordering},
    time::{Instant, instant::nanos_of},
};

/// No moment at all.
const NEVER: u64 = u64::MAX;
/// A sample in one atomic: when, in milliseconds from 1 on, above how late, in steps of
/// 10 us up to 167 s.
const LATENESS_BITS: u32 = 24;
const LATENESS_STEP_NANOS: u64 = 10_000;

/// The lateness of one canary: a task or thread that does nothing but sleep for a moment
/// and see how late it was woken. What delays the canary delays every request of its
/// runtime, whether it is a full CPU, a quota that is used up, or a handler that blocks.
///
/// A canary that is late by many of its sleeps has missed those in between, each of which
/// would have been late as well: they count, or one long stall would be one sample among
/// many good ones. One that is overdue right now counts as late as it is by now, so a
/// runtime that stands still shows too.
///
/// It takes no lock. Several canaries want one of these each.
#[derive(Debug)]
pub struct SchedDelay {
    slots: Box<[AtomicU64]>,
    next: AtomicU64,
    /// When the canary should wake that sleeps now.
    due: AtomicU64,
    every: Duration,
    window: Duration,
    quantile: f64,
}

impl SchedDelay {
    /// Without a sample. Keeps as many as fall into the window when all are on time.
    pub fn new(settings: &SignalSettings) -> Self {
        let every = settings.canary.max(Duration::from_millis(1));
        let count = settings.delay_window.as_nanos() / every.as_nanos();
        let count = usize::try_from(count).unwrap_or(usize::MAX).clamp(10, 60_000);
        Self {
            slots: (0..count).map(|_| AtomicU64::new(0)).collect(),
            next: AtomicU64::new(0),
            due: AtomicU64::new(NEVER),
            every,
            window: settings.delay_window,
            quantile: settings.delay_quantile,
        }
    }

    /// How long a canary sleeps.
    pub const fn every(&self) -> Duration {
        self.every
    }

    /// Notes that a task that was ready ran this late.
    pub fn observe(&self, now: Instant, lateness: Duration) {
        let steps = nanos_of(lateness) / LATENESS_STEP_NANOS;
        let sample = (millis_of(now) << LATENESS_BITS) | steps.min((1 << LATENESS_BITS) - 1);
        let number = self.next.fetch_add(1, Ordering::Relaxed) as usize % self.slots.len().max(1);
        if let Some(slot) = self.slots.get(number) {
            slot.store(sample, Ordering::Relaxed);
        }
    }

    /// The canary goes to sleep and is due then.
    pub fn expect(&self, due: Instant) {
        self.due.store(due.as_nanos(), Ordering::Relaxed);
    }

    /// The canary is awake. Says nothing when it was not expected.
    pub fn woke(&self, now: Instant) {
        let due = self.due.swap(NEVER, Ordering::Relaxed);
        if due != NEVER {
            self.observe(now, now - Instant::from_nanos(due));
        }
    }

    /// The canary sleeps no more and is not due.
    pub fn forget(&self) {
        self.due.store(NEVER, Ordering::Relaxed);
    }

    /// The lateness at the quantile of the settings over their window, `None` when there
    /// was no canary.
    pub fn lateness(&self, now: Instant) -> Option<Duration> {
        let window_millis = u64::try_from(self.window.as_millis()).unwrap_or(u64::MAX);
        let oldest = millis_of(now).saturating_sub(window_millis);
        let mut all = Vec::with_capacity(self.slots.len() * 2);
        for slot in &self.slots {
            let sample = slot.load(Ordering::Relaxed);
            if sample != 0 && sample >> LATENESS_BITS >= oldest {
                self.add_with_missed(
                    &mut all,
                    (sample & ((1 << LATENESS_BITS) - 1)) * LATENESS_STEP_NANOS,
                );
            }
        }
        let due = self.due.load(Ordering::Relaxed);
        if due < now.as_nanos() {
            self.add_with_missed(&mut all, now.as_nanos() - due);
        }
        let rank = (all.len() as f64 * self.quantile).ceil() as usize;
        let rank = rank.min(all.len()).checked_sub(1)?;
        let (_, at_quantile, _) = all.select_nth_unstable(rank);
        Some(Duration::from_nanos(*at_quantile))
    }

    /// Adds a sample, and one for each sleep that was missed meanwhile, as many as the
    /// window has.
    fn add_with_missed(&self, all: &mut Vec<u64>, lateness_nanos: u64) {
        let every = nanos_of(self.every).max(1);
        let missed = lateness_nanos / every;
        let missed = missed.min(self.slots.len() as u64);
        all.extend((0..=missed).map(|number| lateness_nanos.saturating_sub(number * every)));
    }
}

/// From 1 on, so that no sample is 0; 34 years fit beside a lateness.
fn millis_of(now: Instant) -> u64 {
    (now.as_nanos() / 1_000_000 + 1) & (u64::MAX >> LATENESS_BITS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn delay() -> SchedDelay {
        SchedDelay::new(&SignalSettings::default())
    }

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    /// A canary that runs for `millis`, each time as late as `lateness` says.
    fn run(delay: &SchedDelay, from: u64, millis: u64, lateness: impl Fn(u64) -> u64) -> u64 {
        let mut now = from;
        while now < from + millis {
            delay.expect(at(now + 20));
            now += 20 + lateness(now);
            delay.woke(at(now));
        }
        now
    }

    #[test]
    fn nothing_is_known_without_a_canary_nor_after_it_is_gone() {
        let delay = delay();
        assert_eq!(delay.lateness(at(5_000)), None);
        delay.woke(at(5_000));
        assert_eq!(delay.lateness(at(5_000)), None, "it was not expected");
        let now = run(&delay, 5_000, 2_000, |_| 3);
        assert_eq!(delay.lateness(at(now)), Some(3 * MS));
        assert_eq!(delay.lateness(at(now + 1_002)), None);
    }

    #[test]
    fn steady_lateness_is_told_as_it_is_and_for_how_long_it_lasts() {
        for late in [0, 1, 19, 22, 45] {
            let delay = delay();
            let now = run(&delay, 0, 3_000, |_| late);
            assert_eq!(delay.lateness(at(now)), Some(late.try_into().unwrap_or(0) * MS), "{late}");
        }
        let delay = delay();
        let now = run(&delay, 0, 3_000, |_| 30);
        let now = run(&delay, now, 1_000, |_| 0);
        assert_eq!(delay.lateness(at(now)), Some(Duration::ZERO));
    }

    #[test]
    fn one_short_stall_is_no_overload_and_one_long_stall_is() {
        let stalled = |millis| {
            let delay = delay();
            let now = run(&delay, 0, 2_000, |_| 0);
            let now = run(&delay, now, 1, |_| millis);
            delay.lateness(at(run(&delay, now, 100, |_| 0))).unwrap()
        };
        assert!(stalled(90) <= 20 * MS, "{:?}", stalled(90));
        assert!(stalled(250) > 20 * MS, "{:?}", stalled(250));
    }

    #[test]
    fn a_runtime_that_stands_still_shows_while_it_does() {
        let delay = delay();
        let now = run(&delay, 0, 2_000, |_| 0);
        delay.expect(at(now + 20));
        assert_eq!(delay.lateness(at(now + 20)), Some(Duration::ZERO));
        let stalled = delay.lateness(at(now + 520)).unwrap();
        assert!(stalled > 300 * MS, "{stalled:?}");
        delay.forget();
        assert_eq!(delay.lateness(at(now + 520)), Some(Duration::ZERO));
    }

    proptest! {
        #[test]
        fn the_quantile_is_between_the_smallest_and_the_largest(
            late in prop::collection::vec(0_u64..500, 1..200),
        ) {
            let delay = delay();
            let mut now = 0;
            for late in &late {
                now = run(&delay, now, 1, |_| *late);
            }
            let found = delay.lateness(at(now)).unwrap();
            prop_assert!(found <= Duration::from_millis(*late.iter().max().unwrap()));
        }

        #[test]
        fn any_moments_have_an_answer(moments in prop::collection::vec(any::<(u64, u64, bool)>(), 0..50)) {
            let delay = delay();
            for (now, due, is_expected) in moments {
                let now = Instant::from_nanos(now);
                if is_expected {
                    delay.expect(Instant::from_nanos(due));
                }
                let _ = delay.lateness(now);
                delay.woke(now);
            }
        }
    }
}
