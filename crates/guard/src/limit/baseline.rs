//! What the server does without a queue.

use crate::stat::Ring;

use super::WindowSample;

/// What the server does without a queue, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Base {
    /// The mean latency, seconds.
    pub(super) latency: f64,
    /// The most answers a second.
    pub(super) throughput: f64,
}

impl Base {
    /// How many are in flight when the server is busy and nobody waits: the product of
    /// bandwidth and delay, which is Little's law.
    pub(super) fn in_flight(self) -> f64 {
        self.latency * self.throughput
    }
}

/// Windows in a row, as one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stretch {
    windows: u32,
    seconds: f64,
    answered: f64,
    latency_sum: f64,
}

impl Stretch {
    pub(super) fn add(&mut self, window: &WindowSample, latency: f64) {
        let answered = window.answered as f64;
        self.windows += 1;
        self.seconds += window.lasted.as_secs_f64();
        self.answered += answered;
        self.latency_sum += answered * latency;
    }

    pub(super) fn answered(&self) -> f64 {
        self.answered
    }

    pub(super) fn throughput(&self) -> f64 {
        self.answered / self.seconds.max(1e-9)
    }

    pub(super) fn latency(&self) -> f64 {
        self.latency_sum / self.answered.max(1.0)
    }

    /// Whether it says something of the server.
    ///
    /// Two reasons against one window. Forty latencies average to a sixth up or down, and
    /// the lowest of 300 such averages is half of the truth. And those of a second each
    /// that are over in the first 100 ms are the fastest, not the usual: only after
    /// several times their own mean do they stand for all.
    fn is_whole(&self) -> bool {
        self.windows >= 5 && self.seconds >= 6.0 * self.latency()
    }
}

/// The lowest latency and the highest throughput of the last stretches.
#[derive(Debug)]
pub(super) struct Baseline {
    past: Ring<Option<Base>>,
    current: Stretch,
}

/// Each is half a second or longer, so this is 30 s or more in which there was traffic.
const STRETCHES: usize = 60;

impl Baseline {
    pub(super) fn new() -> Self {
        Self { past: Ring::new(STRETCHES), current: Stretch::default() }
    }

    /// Learns from a window whose mean latency was so many seconds.
    pub(super) fn learn(&mut self, window: &WindowSample, latency: f64) {
        self.current.add(window, latency);
        if self.current.is_whole() {
            let base =
                Base { latency: self.current.latency(), throughput: self.current.throughput() };
            self.past.push(Some(base), 0);
            self.current = Stretch::default();
        }
    }

    /// Forgets everything for what was just measured on purpose.
    pub(super) fn replace(&mut self, base: Base) {
        self.past.clear();
        self.past.push(Some(base), 0);
        self.current = Stretch::default();
    }

    /// `None` before the first whole stretch.
    pub(super) fn base(&self) -> Option<Base> {
        self.past.iter().flatten().copied().reduce(|base, stretch| Base {
            latency: base.latency.min(stretch.latency),
            throughput: base.throughput.max(stretch.throughput),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn learn(baseline: &mut Baseline, answered: u64, millis: u64, windows: u32) {
        let latency = Duration::from_millis(millis);
        for _ in 0..windows {
            let window = WindowSample::of(100, 50, answered, latency);
            baseline.learn(&window, latency.as_secs_f64());
        }
    }

    #[test]
    fn it_remembers_the_lowest_latency_and_the_highest_throughput_of_thirty_seconds() {
        let mut baseline = Baseline::new();
        learn(&mut baseline, 40, 10, 4);
        assert_eq!(baseline.base(), None, "no whole stretch yet");
        learn(&mut baseline, 40, 10, 1);
        learn(&mut baseline, 60, 30, 5);
        let base = baseline.base().unwrap();
        assert!((base.latency - 0.01).abs() < 1e-9 && (base.throughput - 600.0).abs() < 1e-6);
        assert!((base.in_flight() - 6.0).abs() < 1e-6);
        learn(&mut baseline, 20, 20, 59 * 5);
        let base = baseline.base().unwrap();
        assert!((base.latency - 0.02).abs() < 1e-9 && (base.throughput - 600.0).abs() < 1e-6);
    }

    #[test]
    fn of_slow_requests_those_that_end_first_are_not_taken_for_all() {
        // Given requests of up to a second, of which after 100 ms only those are over that
        // took 50 ms, and so on
        let mut baseline = Baseline::new();
        for window in 1..=20 {
            learn(&mut baseline, 10, (window * 50).min(500), 1);
            assert_eq!(baseline.base(), None, "after {window} windows");
        }
        learn(&mut baseline, 10, 500, 10);
        let base = baseline.base().unwrap();
        assert!(base.latency > 0.35, "{base:?}");
    }
}
