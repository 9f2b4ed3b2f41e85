//! Where a breaker stands, and how it got there.

use std::time::Duration;

use crate::time::Instant;

/// Where a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum State {
    /// Every call passes.
    Closed = 0,
    /// A share of the calls is refused: more fail than should, or it comes back from an
    /// outage and lets more pass from one part of the window to the next.
    Throttled = 1,
    /// Every call is refused until it is time for a probe.
    Open = 2,
    /// A few calls pass as probes; how they end decides.
    HalfOpen = 3,
    /// It is not enabled: every call passes and none is counted.
    Disabled = 4,
}

impl State {
    /// A short name for metrics and logs, in snake case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Throttled => "throttled",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::Disabled => "disabled",
        }
    }

    pub(super) const fn of_bits(bits: u64) -> Self {
        match bits {
            0 => Self::Closed,
            1 => Self::Throttled,
            2 => Self::Open,
            3 => Self::HalfOpen,
            _ => Self::Disabled,
        }
    }

    /// Whether calls are judged by their numbers, and not as probes or not at all.
    pub(super) const fn is_counting(self) -> bool {
        matches!(self, Self::Closed | Self::Throttled)
    }
}

/// Why a breaker changed its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Too large a share of the calls failed.
    FailureRatio,
    /// Too many calls failed.
    FailureCount,
    /// Too many calls failed in a row.
    FailureStreak,
    /// Nothing but failures and calls that hang, for some time.
    Outage,
    /// Too large a share of the answers came too slowly.
    SlowRatio,
    /// It was open for as long as it should be, and a call came.
    ProbeDue,
    /// Too many probes failed, or were too slow.
    ProbeFailed,
    /// Enough probes were answered.
    ProbeSucceeded,
    /// Calls are answered as they should be.
    Recovered,
    /// It was given other settings.
    Reconfigured,
}

impl Reason {
    /// A short name for metrics and logs, in snake case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FailureRatio => "failure_ratio",
            Self::FailureCount => "failure_count",
            Self::FailureStreak => "failure_streak",
            Self::Outage => "outage",
            Self::SlowRatio => "slow_ratio",
            Self::ProbeDue => "probe_due",
            Self::ProbeFailed => "probe_failed",
            Self::ProbeSucceeded => "probe_succeeded",
            Self::Recovered => "recovered",
            Self::Reconfigured => "reconfigured",
        }
    }
}

/// A change of state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub at: Instant,
    /// What it was before.
    pub from: State,
    /// What it is since.
    pub to: State,
    /// Why.
    pub reason: Reason,
}

/// A breaker at one moment, for consoles and metrics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Status {
    /// Where it stands.
    pub state: State,
    /// The share of the calls that it refuses, 0 to 1, the probes left out.
    pub refused: f64,
    /// How many changes of state there have been. Whoever wants to tell of them remembers
    /// this number and looks at `last` when it grew.
    pub transitions: u64,
    /// The latest change.
    pub last: Option<Transition>,
    /// From what time on an answer is slow; `None` while that is unknown or of no matter.
    pub slow_call: Option<Duration>,
    /// What a call must have waited at least for its timeout to count as a failure.
    pub patience: Duration,
}
