//! How long calls usually take.

use std::time::Duration;

use crate::{
    stat::{Ewma, Histogram, StripedHistogram},
    time::Instant,
};

/// A lasting slowdown becomes the usual over this time: something three times too slow
/// for good is no longer so after 0.41 times that, a minute, however much slower it got
/// (the logarithm of 1.5). Without this a breaker would stay open for ever on a server
/// that got slower with its last release.
const RISE: Duration = Duration::from_secs(150);
/// A server that got faster is believed sooner.
const FALL: Duration = Duration::from_secs(30);
/// Each of these counts the same, however many calls it had: an open breaker learns from
/// a probe a second, and before it opened there may have been thousands of calls.
const PERIOD: Duration = Duration::from_secs(5);
/// Fewer calls say nothing of what is usual.
const LEAST_CALLS: u64 = 20;

/// How long good answers of a server usually take. Half of them take `usual`, nine in ten
/// take `long` at most: two numbers, because many resources have fast calls and slow
/// ones, and neither says when the other should give up.
#[derive(Debug)]
pub(super) struct Latency {
    period: Histogram,
    ends: Instant,
    usual: Ewma,
    long: Ewma,
    longest: Ewma,
}

impl Latency {
    pub(super) fn new(now: Instant) -> Self {
        let unknown = Ewma::new(RISE);
        let (usual, long, longest) = (unknown, unknown, unknown);
        Self { period: Histogram::default(), ends: now + PERIOD, usual, long, longest }
    }

    /// Takes what was measured.
    pub(super) fn learn(&mut self, now: Instant, measured: &StripedHistogram) {
        measured.take_into(&mut self.period);
        let is_known = self.usual.value().is_some();
        if now < self.ends || (!is_known && self.period.count() < LEAST_CALLS) {
            return;
        }
        self.ends = now + PERIOD;
        follow(&mut self.usual, now, self.period.quantile(0.5));
        follow(&mut self.long, now, self.period.quantile(0.9));
        follow(&mut self.longest, now, self.period.quantile(0.99));
        self.period.clear();
    }

    /// What half of the answers take at most; `None` while too few were seen.
    pub(super) fn usual(&self) -> Option<Duration> {
        time(&self.usual)
    }

    /// What nine answers in ten take at most; `None` while too few were seen.
    pub(super) fn long(&self) -> Option<Duration> {
        time(&self.long)
    }

    /// What 99 answers in 100 take at most; `None` while too few were seen.
    pub(super) fn longest(&self) -> Option<Duration> {
        time(&self.longest)
    }
}

fn time(average: &Ewma) -> Option<Duration> {
    average.value().map(|nanos| Duration::from_nanos(nanos as u64))
}

fn follow(average: &mut Ewma, now: Instant, sample: Option<Duration>) {
    if let Some(sample) = sample {
        let sample = sample.as_nanos() as f64;
        let rises = average.value().is_some_and(|value| sample > value);
        average.set_tau(if rises { RISE } else { FALL });
        average.add(now, sample);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    struct Server {
        latency: Latency,
        measured: StripedHistogram,
        now: Instant,
    }

    impl Server {
        fn new() -> Self {
            let now = Instant::START;
            Self { latency: Latency::new(now), measured: StripedHistogram::new(), now }
        }

        /// `seconds` of `calls` a second of this latency each.
        fn answers(&mut self, seconds: u64, calls: u32, latency: Duration) {
            for _ in 0..seconds * 4 {
                (0..calls / 4).for_each(|_| self.measured.add(latency));
                self.now = self.now + MS * 250;
                self.latency.learn(self.now, &self.measured);
            }
        }
    }

    #[test]
    fn nothing_is_usual_before_twenty_answers_and_five_seconds() {
        let mut server = Server::new();
        server.answers(4, 4, MS);
        assert_eq!((server.latency.usual(), server.latency.longest()), (None, None));
        server.answers(1, 4, MS);
        assert!(server.latency.usual().unwrap() < MS * 2);
    }

    #[test]
    fn a_slowdown_that_lasts_is_usual_after_a_minute_however_large() {
        for slower in [50, 10_000] {
            // Thousands of calls a second before, one a second since.
            let mut server = Server::new();
            server.answers(60, 4_000, MS);
            server.answers(30, 4, MS * slower);
            assert!(server.latency.long().unwrap() * 3 < MS * slower, "not yet: {slower}");
            server.answers(40, 4, MS * slower);
            assert!(server.latency.long().unwrap() * 3 > MS * slower, "by now: {slower}");
        }
    }

    #[test]
    fn a_slowdown_that_passes_is_soon_forgotten() {
        let mut server = Server::new();
        server.answers(60, 100, MS);
        server.answers(30, 100, MS * 100);
        server.answers(120, 100, MS);
        assert!(server.latency.long().unwrap() < MS * 3);
    }

    #[test]
    fn slow_calls_among_fast_ones_do_not_change_what_is_usual() {
        let mut server = Server::new();
        for _ in 0..100 {
            server.answers(4, 100, MS);
            server.answers(1, 100, MS * 1_000);
        }
        assert!(server.latency.usual().unwrap() < MS * 2);
        assert!(server.latency.long().unwrap() > MS * 900);
    }
}
