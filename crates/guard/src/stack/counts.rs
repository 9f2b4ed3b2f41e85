//! What a guard has seen.

use crate::{
    admit::{Outcome, Rejected},
    stat::Striped,
};

const REJECTIONS: usize = Rejected::ALL.len();
const OUTCOMES: usize = Outcome::ALL.len();
const COUNTS: usize = REJECTIONS + OUTCOMES + REJECTIONS;

/// Counters of a guard's requests, on stripes.
#[derive(Debug, Default)]
pub(super) struct Counters(Striped<COUNTS>);

impl Counters {
    pub(super) fn rejected(&self, reason: Rejected) {
        self.0.add(reason as usize, 1);
    }

    pub(super) fn ended(&self, outcome: Outcome) {
        self.0.add(REJECTIONS + outcome as usize, 1);
    }

    pub(super) fn would_have_rejected(&self, reason: Rejected) {
        self.0.add(REJECTIONS + OUTCOMES + reason as usize, 1);
    }

    pub(super) fn read(&self) -> GuardCounts {
        GuardCounts(self.0.sum())
    }
}

/// How many requests ended how since the guard was built. For a metric, use
/// [`Rejected::name`] and [`Outcome::name`] as labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuardCounts([u64; COUNTS]);

impl GuardCounts {
    /// How many were refused for this reason.
    pub fn rejected(&self, reason: Rejected) -> u64 {
        self.0.get(reason as usize).copied().unwrap_or_default()
    }

    /// How many were admitted and ended so.
    pub fn outcome(&self, outcome: Outcome) -> u64 {
        self.0.get(REJECTIONS + outcome as usize).copied().unwrap_or_default()
    }

    /// How many were let pass in a dry run that would have been refused for this reason.
    pub fn would_have_rejected(&self, reason: Rejected) -> u64 {
        self.0.get(REJECTIONS + OUTCOMES + reason as usize).copied().unwrap_or_default()
    }

    /// How many were refused, whatever the reason.
    pub fn rejections(&self) -> u64 {
        self.0.iter().take(REJECTIONS).sum()
    }

    /// How many were let pass in a dry run that would have been refused, whatever the
    /// reason.
    pub fn would_be_rejections(&self) -> u64 {
        self.0.iter().skip(REJECTIONS + OUTCOMES).sum()
    }

    /// How many were admitted and have ended.
    pub fn ended(&self) -> u64 {
        self.0.iter().skip(REJECTIONS).take(OUTCOMES).sum()
    }
}
