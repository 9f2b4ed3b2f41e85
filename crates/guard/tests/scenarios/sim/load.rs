//! How many requests come when.

use std::time::Duration;

use seawall_guard::{Instant, stat::Rng};

use super::draw::exponential;

/// Arrivals that do not wait for answers (an open loop): a Poisson process whose rate
/// changes at given moments.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    /// Each rate a second and since when, in order.
    steps: Vec<(Instant, f64)>,
}

impl Load {
    /// The same rate a second from the start on.
    pub(crate) fn steady(rate: f64) -> Self {
        Self { steps: vec![(Instant::START, rate)] }
    }

    /// Another rate from `at` on, which is after all changes so far.
    pub(crate) fn then(mut self, at: Instant, rate: f64) -> Self {
        self.steps.push((at, rate));
        self
    }

    /// `rate` for `length` from `at` on, and then what it was before.
    pub(crate) fn burst(self, at: Instant, length: Duration, rate: f64) -> Self {
        let before = self.rate(at);
        self.then(at, rate).then(at + length, before)
    }

    fn rate(&self, at: Instant) -> f64 {
        self.steps.iter().rev().find(|step| step.0 <= at).map_or(0.0, |step| step.1)
    }

    /// When the next request after `now` comes; `None` if none will.
    pub(crate) fn next(&self, now: Instant, rng: &Rng) -> Option<Instant> {
        let mut from = now;
        // In units of "one request is expected": what is left of it after each step.
        let mut left = exponential(rng);
        loop {
            let rate = self.rate(from);
            let until = self.steps.iter().map(|step| step.0).find(|at| *at > from);
            let Some(until) = until else {
                return (rate > 0.0).then(|| from + Duration::from_secs_f64(left / rate));
            };
            let expected = (until - from).as_secs_f64() * rate;
            if left < expected {
                return Some(from + Duration::from_secs_f64(left / rate));
            }
            left -= expected;
            from = until;
        }
    }
}

#[test]
fn arrivals_follow_the_steps() {
    let second = |at: u64| Instant::START + Duration::from_secs(at);
    let load = Load::steady(100.0)
        .burst(second(10), Duration::from_secs(1), 5_000.0)
        .then(second(20), 0.0);
    let rng = Rng::seeded(1);
    let mut counts = [0_u32; 20];
    let mut now = Instant::START;
    while let Some(next) = load.next(now, &rng) {
        now = next;
        counts[(next - Instant::START).as_secs() as usize] += 1;
    }
    assert!((4_800..5_200).contains(&counts[10]), "{counts:?}");
    counts[10] = 100;
    assert!(counts.iter().all(|count| (60..140).contains(count)), "{counts:?}");
}
