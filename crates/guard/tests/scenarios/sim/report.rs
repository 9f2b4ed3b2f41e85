//! What became of calls.

use std::{ops::Range, time::Duration};

use seawall_guard::{Instant, Outcome, Priority};

/// A call of a client that has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Done {
    /// When the client wanted it, whatever held it up.
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
    pub(crate) outcome: Outcome,
    pub(crate) priority: Priority,
    /// How many attempts were sent for it.
    pub(crate) attempts: u32,
}

impl Done {
    fn is_success(&self) -> bool {
        self.outcome == Outcome::Success
    }
}

/// Calls that have ended.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    done: Vec<Done>,
}

impl Report {
    pub(crate) fn add(&mut self, done: Done) {
        self.done.push(done);
    }

    /// Only those of which `keep` says so.
    pub(crate) fn only(&self, keep: impl Fn(&Done) -> bool) -> Self {
        Self { done: self.done.iter().filter(|done| keep(done)).copied().collect() }
    }

    /// Successes a second among the calls that ended in `time`.
    pub(crate) fn goodput(&self, time: Range<Instant>) -> f64 {
        let seconds = (time.end - time.start).as_secs_f64();
        let ended = self.done.iter().filter(|done| time.contains(&done.ended));
        ended.filter(|done| done.is_success()).count() as f64 / seconds
    }

    /// The share of successes among the calls that began in `time`; 1 without any.
    pub(crate) fn success(&self, time: Range<Instant>) -> f64 {
        self.share(time, Done::is_success)
    }

    /// The share of those that were refused among the calls that began in `time`.
    pub(crate) fn refused(&self, time: Range<Instant>) -> f64 {
        1.0 - self.share(time, |done| done.outcome != Outcome::Overload)
    }

    /// How many calls began in `time`.
    pub(crate) fn calls(&self, time: Range<Instant>) -> usize {
        self.done.iter().filter(|done| time.contains(&done.began)).count()
    }

    /// Attempts for each call that began in `time`.
    pub(crate) fn attempts(&self, time: Range<Instant>) -> f64 {
        let began = self.done.iter().filter(|done| time.contains(&done.began));
        let attempts: u32 = began.map(|done| done.attempts).sum();
        f64::from(attempts) / self.calls(time).max(1) as f64
    }

    /// The latency that a share `quantile` of the successes that began in `time` does not
    /// exceed, exactly; zero without any.
    pub(crate) fn latency(&self, quantile: f64, time: Range<Instant>) -> Duration {
        let began = self.done.iter().filter(|done| time.contains(&done.began));
        let mut latencies: Vec<Duration> =
            began.filter(|done| done.is_success()).map(|done| done.ended - done.began).collect();
        latencies.sort_unstable();
        let rank = (latencies.len() as f64 * quantile).ceil() as usize;
        latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    fn share(&self, time: Range<Instant>, is_part: impl Fn(&Done) -> bool) -> f64 {
        let began: Vec<_> = self.done.iter().filter(|done| time.contains(&done.began)).collect();
        if began.is_empty() {
            return 1.0;
        }
        began.iter().filter(|done| is_part(done)).count() as f64 / began.len() as f64
    }
}
