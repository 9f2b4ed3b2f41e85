//! How many requests may try endpoints that are unwell.

use std::time::Duration;

use crate::time::Instant;

/// One request in so many, because whoever sends it may wait in vain.
const REQUESTS_A_PROBE: u64 = 200;
/// One in this time however few requests there are.
const AT_LEAST_EVERY: Duration = Duration::from_secs(10);
/// Saved up at most.
const MOST: u64 = 3;

/// Earned by requests, spent by probes.
#[derive(Debug, Default)]
pub(super) struct ProbeBudget {
    requests: u64,
    last: Instant,
}

impl ProbeBudget {
    /// Counts requests that were answered.
    pub(super) fn earn(&mut self, requests: u64) {
        self.requests = self.requests.saturating_add(requests).min(MOST * REQUESTS_A_PROBE);
    }

    /// Whether one more may be sent, which then is.
    pub(super) fn spend(&mut self, now: Instant) -> bool {
        if self.requests >= REQUESTS_A_PROBE {
            self.requests -= REQUESTS_A_PROBE;
        } else if now - self.last < AT_LEAST_EVERY {
            return false;
        }
        self.last = now;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_share_of_the_requests_and_a_little_more_when_there_are_few() {
        let at = |seconds| Instant::START + Duration::from_secs(seconds);
        let mut budget = ProbeBudget::default();
        assert!(!budget.spend(at(1)));
        budget.earn(400);
        assert!(budget.spend(at(1)) && budget.spend(at(1)));
        assert!(!budget.spend(at(10)));
        assert!(budget.spend(at(11)), "ten seconds without one");
        budget.earn(1_000_000);
        assert_eq!((0..100).filter(|_| budget.spend(at(12))).count(), 3);
    }
}
