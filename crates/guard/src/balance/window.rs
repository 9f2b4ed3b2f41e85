//! The requests of the last so many seconds.

use std::time::Duration;

use super::endpoint::Counts;
use crate::{stat::Ring, time::Instant};

/// The window is cut into so many parts, each of which leaves it at once.
const PARTS: u32 = 20;
/// The latest parts, besides the one that is not over.
const LATEST: usize = 2;

/// Successes and failures of a window that moves on.
#[derive(Debug)]
pub(super) struct Window {
    part: Duration,
    past: Ring<Tally>,
    now: Tally,
    sum: Tally,
    next: Instant,
}

/// Requests and how many of them were served.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) requests: u64,
    pub(super) served: u64,
}

impl Window {
    pub(super) fn new(now: Instant, length: Duration) -> Self {
        let part = length / PARTS;
        Self {
            part,
            past: Ring::new(PARTS as usize - 1),
            now: Tally::default(),
            sum: Tally::default(),
            next: now + part,
        }
    }

    /// Adds what came in lately.
    pub(super) fn add(&mut self, now: Instant, counts: Counts) {
        if now >= self.next {
            let parts = now.nanos_since(self.next) / self.part.as_nanos().max(1) as u64;
            self.past.push(std::mem::take(&mut self.now), 0);
            if parts > 0 {
                self.past.push(Tally::default(), parts - 1);
            }
            self.next = now + self.part;
            self.sum = Tally::default();
            for past in self.past.iter() {
                self.sum.requests += past.requests;
                self.sum.served += past.served;
            }
        }
        self.now.requests += counts.total();
        self.now.served += counts.successes;
    }

    /// All of the window.
    pub(super) const fn tally(&self) -> Tally {
        Tally {
            requests: self.sum.requests + self.now.requests,
            served: self.sum.served + self.now.served,
        }
    }

    /// The last twentieth or two of the window: what is new, without what was before.
    pub(super) fn latest(&self) -> Tally {
        let mut latest = self.now;
        for past in self.past.iter().rev().take(LATEST) {
            latest.requests += past.requests;
            latest.served += past.served;
        }
        latest
    }

    pub(super) fn clear(&mut self) {
        self.past.clear();
        self.now = Tally::default();
        self.sum = Tally::default();
    }
}

impl Tally {
    /// The share that was served; `None` when there are fewer than `least` requests.
    pub(super) fn success(self, least: u32) -> Option<f64> {
        let enough = self.requests >= u64::from(least.max(1));
        enough.then(|| self.served as f64 / self.requests as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_part_is_not_outweighed_by_what_was_before() {
        let at = |millis| Instant::START + Duration::from_millis(millis);
        let mut window = Window::new(at(0), Duration::from_secs(10));
        for tenth in 1..=90 {
            window.add(at(tenth * 100), Counts { successes: 10, ..Counts::default() });
        }
        for tenth in 91..=105 {
            window.add(at(tenth * 100), Counts { failures: 10, ..Counts::default() });
        }
        assert!(window.tally().success(20).unwrap() > 0.8);
        assert_eq!(window.latest().success(20), Some(0.0));
    }

    #[test]
    fn it_forgets_what_is_older_than_the_window() {
        let at = |millis| Instant::START + Duration::from_millis(millis);
        let mut window = Window::new(at(0), Duration::from_secs(10));
        let failures = Counts { failures: 30, ..Counts::default() };
        let successes = Counts { successes: 10, ..Counts::default() };
        window.add(at(100), failures);
        window.add(at(5_000), successes);
        assert_eq!(window.tally().success(20), Some(0.25));
        assert_eq!(window.tally().success(41), None);
        window.add(at(9_900), Counts::default());
        assert_eq!(window.tally().requests, 40);
        window.add(at(10_600), Counts::default());
        assert_eq!(window.tally().success(1), Some(1.0), "the failures are gone");
        window.add(at(60_000), Counts::default());
        assert_eq!(window.tally().requests, 0);
    }
}
