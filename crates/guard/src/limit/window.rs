//! What a window measured.

use std::time::Duration;

use crate::{
    admit::Outcome,
    stat::{Histogram, Striped, StripedHistogram},
    time::Instant,
};

/// What was measured from one update of the limit to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindowSample {
    /// How many windows there were before this one.
    pub number: u64,
    /// When it ended.
    pub ended: Instant,
    /// How long it took.
    pub lasted: Duration,
    /// The limit while it lasted.
    pub limit: u32,
    /// Whether the limit holds for everybody, for most, or just now for nobody.
    pub holds: Holds,
    /// The most that were in flight.
    pub in_flight_max: u32,
    /// How many were answered, well or badly but by the server:
    /// [`Outcome::is_latency_sample`].
    pub answered: u64,
    /// How many ended as [`Outcome::Timeout`].
    pub timeouts: u64,
    /// How many ended as [`Outcome::Overload`].
    pub overloads: u64,
    /// How many ended as [`Outcome::Failure`] or [`Outcome::Topology`].
    pub failures: u64,
    /// How many ended as [`Outcome::Cancelled`], most of them by being dropped.
    pub cancelled: u64,
    /// How many were not admitted.
    pub rejected: u64,
    /// The time from admission to answer, `None` when nobody was answered.
    pub latency: Option<Latency>,
}

/// For whom a limit holds. Alone it holds for everybody; a
/// [`Shedder`](crate::shed::Shedder) lets some in beyond it, and in a burst all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// For everybody.
    Everybody,
    /// For most: a few more in flight than the limit mean nothing.
    Most,
    /// For nobody.
    Nobody,
}

/// How long answers took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    /// The fastest, at most an eighth too high.
    pub min: Duration,
    /// The mean, at most a sixteenth off.
    pub mean: Duration,
    /// Half of them took no longer; at most an eighth too high.
    pub p50: Duration,
    /// Nine in ten took no longer; at most an eighth too high.
    pub p90: Duration,
}

impl Latency {
    fn of(histogram: &Histogram) -> Option<Self> {
        Some(Self {
            min: histogram.quantile(0.0)?,
            mean: histogram.mean()?,
            p50: histogram.quantile(0.5)?,
            p90: histogram.quantile(0.9)?,
        })
    }
}

impl WindowSample {
    /// Answers a second.
    pub fn throughput(&self) -> f64 {
        self.answered as f64 / self.lasted.as_secs_f64().max(1e-9)
    }

    /// Whether more than half of all ends were timeouts or the server's own word that it
    /// has too much to do. A latency says little then: that of a timeout is the caller's
    /// patience, always the same, however overloaded the server
    /// (Netflix/concurrency-limits#137).
    pub fn is_drop(&self) -> bool {
        let dropped = self.timeouts + self.overloads;
        dropped > self.answered + self.failures
    }

    /// Whether load reached the limit, so that the limit is what holds load down.
    pub fn is_limited(&self) -> bool {
        self.holds != Holds::Nobody && f64::from(self.in_flight_max) >= 0.8 * f64::from(self.limit)
    }

    /// Whether load stayed so far below the limit that latency is the server's own and no
    /// queue that the limit let in.
    pub fn is_unloaded(&self) -> bool {
        self.holds != Holds::Nobody && self.in_flight_max <= self.limit / 2
    }
}

/// What is counted beside latencies.
#[derive(Debug, Clone, Copy)]
enum Count {
    Timeout,
    Overload,
    Failure,
    Cancelled,
    Rejected,
}

const COUNTS: usize = Count::Rejected as usize + 1;

/// Where requests leave what they measured until a tick collects it. The path of most
/// requests is one load and one uncontended addition.
#[derive(Debug)]
pub(super) struct Samples {
    latencies: StripedHistogram,
    counts: Striped<COUNTS>,
}

impl Samples {
    pub(super) fn new() -> Self {
        Self { latencies: StripedHistogram::new(), counts: Striped::new() }
    }

    pub(super) fn add(&self, admitted: Instant, now: Instant, outcome: Outcome) {
        let count = match outcome {
            Outcome::Success | Outcome::Ignore | Outcome::Slow => {
                return self.latencies.add(now - admitted);
            }
            Outcome::Timeout => Count::Timeout,
            Outcome::Overload => Count::Overload,
            Outcome::Failure | Outcome::Topology => Count::Failure,
            Outcome::Cancelled => Count::Cancelled,
        };
        self.counts.add(count as usize, 1);
    }

    pub(super) fn add_cancelled(&self) {
        self.counts.add(Count::Cancelled as usize, 1);
    }

    pub(super) fn add_rejected(&self) {
        self.counts.add(Count::Rejected as usize, 1);
    }
}

/// The window that is being measured: what ticks collected so far.
#[derive(Debug)]
pub(super) struct Window {
    number: u64,
    began: Instant,
    latencies: Histogram,
    counts: [u64; COUNTS],
    in_flight_max: u32,
}

impl Window {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            number: 0,
            began: now,
            latencies: Histogram::default(),
            counts: [0; COUNTS],
            in_flight_max: 0,
        }
    }

    /// Takes in what requests measured since the last time.
    pub(super) fn collect(&mut self, samples: &Samples, in_flight_max: u32) {
        samples.latencies.take_into(&mut self.latencies);
        for (sum, count) in self.counts.iter_mut().zip(samples.counts.take()) {
            *sum += count;
        }
        self.in_flight_max = self.in_flight_max.max(in_flight_max);
    }

    /// Ends the window when it has `samples_min` ends that say something of the server,
    /// and begins the next. A window with too few goes on: a limit that moves on three
    /// requests moves at random.
    pub(super) fn end(
        &mut self,
        now: Instant,
        (limit, holds): (u32, Holds),
        samples_min: u64,
    ) -> Option<WindowSample> {
        let [timeouts, overloads, failures, cancelled, rejected] = self.counts;
        let answered = self.latencies.count();
        if answered + timeouts + overloads + failures < samples_min {
            return None;
        }
        let window = WindowSample {
            number: self.number,
            ended: now,
            lasted: now - self.began,
            limit,
            holds,
            in_flight_max: self.in_flight_max,
            answered,
            timeouts,
            overloads,
            failures,
            cancelled,
            rejected,
            latency: Latency::of(&self.latencies),
        };
        self.latencies.clear();
        self.number += 1;
        (self.began, self.counts, self.in_flight_max) = (now, [0; COUNTS], 0);
        Some(window)
    }
}

#[cfg(test)]
impl WindowSample {
    /// A window of 100 ms, for tests of algorithms.
    pub(super) fn of(limit: u32, in_flight_max: u32, answered: u64, latency: Duration) -> Self {
        Self {
            number: 0,
            ended: Instant::START,
            lasted: Duration::from_millis(100),
            limit,
            holds: Holds::Everybody,
            in_flight_max,
            answered,
            timeouts: 0,
            overloads: 0,
            failures: 0,
            cancelled: 0,
            rejected: 0,
            latency: Some(Latency { min: latency, mean: latency, p50: latency, p90: latency }),
        }
    }

    /// One in which nobody was answered in time.
    pub(super) fn of_timeouts(limit: u32, timeouts: u64) -> Self {
        let window = Self::of(limit, limit, 0, Duration::ZERO);
        Self { timeouts, latency: None, ..window }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_holds_for_nobody_neither_holds_load_down_nor_leaves_room() {
        let window = |in_flight_max, holds| WindowSample {
            holds,
            ..WindowSample::of(10, in_flight_max, 10, Duration::ZERO)
        };
        for holds in [Holds::Everybody, Holds::Most] {
            assert!(window(8, holds).is_limited() && window(5, holds).is_unloaded());
        }
        let free = [5, 8, 100].map(|in_flight_max| window(in_flight_max, Holds::Nobody));
        assert!(free.iter().all(|window| !window.is_limited() && !window.is_unloaded()));
    }
}
