//! What was refused.

use crate::stat::Striped;

/// What a shedder refused since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ShedCounts {
    /// Nobody waited for the answer any more.
    pub deadline_passed: u64,
    /// There was room only for what matters more.
    pub low_priority: u64,
    /// As many were in flight as might be.
    pub in_flight: u64,
}

impl ShedCounts {
    /// What was refused because there was too much to do.
    pub fn shed(self) -> u64 {
        self.low_priority.wrapping_add(self.in_flight)
    }
}

/// Why somebody was refused.
#[derive(Debug, Clone, Copy)]
pub(super) enum Count {
    DeadlinePassed,
    LowPriority,
    InFlight,
}

/// Counters of refusals, which are all that a refusal leaves behind: no line in a log, no
/// report, no allocation. At ten times the capacity nine requests in ten are refused, and
/// what that costs is taken from the tenth.
#[derive(Debug)]
pub(super) struct Counts(Striped<{ Count::InFlight as usize + 1 }>);

impl Counts {
    pub(super) fn new() -> Self {
        Self(Striped::new())
    }

    pub(super) fn add(&self, count: Count) {
        self.0.add(count as usize, 1);
    }

    pub(super) fn sum(&self) -> ShedCounts {
        let [deadline_passed, low_priority, in_flight] = self.0.sum();
        ShedCounts { deadline_passed, low_priority, in_flight }
    }
}
