//! How an admitted request ended.

use serde::{Deserialize, Serialize};

/// How an admitted request ended, as far as protection is concerned. Each primitive
/// says which of them it counts, and as what. In a file its name is in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was answered as it should be.
    Success,
    /// The server did its work; the request itself was at fault (a bad statement, a
    /// duplicate key, 404). Says nothing against the server and is a latency sample.
    Ignore,
    /// The server is at fault.
    Failure,
    /// Nobody answered in time. A failure, but its duration is the caller's patience and
    /// not the server's latency.
    Timeout,
    /// It was answered, and too slowly by the server's own word.
    Slow,
    /// The server says that it has too much to do. Throttles callers and retries, and
    /// is no reason to send its other callers away.
    Overload,
    /// The server is well and no longer the right one (a read-only replica, a slot that
    /// moved). Look the endpoint up again; no breaker counts it.
    Topology,
    /// Whoever asked went away first. Says nothing about the server.
    Cancelled,
}

impl Outcome {
    /// Each of them, in the order of their definition.
    pub const ALL: [Self; 8] = [
        Self::Success,
        Self::Ignore,
        Self::Failure,
        Self::Timeout,
        Self::Slow,
        Self::Overload,
        Self::Topology,
        Self::Cancelled,
    ];

    /// A short name for metrics and logs, in snake case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Ignore => "ignore",
            Self::Failure => "failure",
            Self::Timeout => "timeout",
            Self::Slow => "slow",
            Self::Overload => "overload",
            Self::Topology => "topology",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether its duration says how fast the server is.
    pub const fn is_latency_sample(self) -> bool {
        matches!(self, Self::Success | Self::Ignore | Self::Slow)
    }

    /// Whether it speaks against the health of the server.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failure | Self::Timeout)
    }

    /// Whether the server was well enough to answer.
    pub const fn is_accept(self) -> bool {
        matches!(self, Self::Success | Self::Ignore | Self::Slow | Self::Topology)
    }
}

/// Says how an answer of type `A` counts.
pub trait Classify<A: ?Sized> {
    /// How `answer` counts. Must not block.
    fn classify(&self, answer: &A) -> Outcome;
}

impl<A: ?Sized, F: Fn(&A) -> Outcome> Classify<A> for F {
    fn classify(&self, answer: &A) -> Outcome {
        self(answer)
    }
}
