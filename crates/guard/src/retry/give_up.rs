//! Why there is no further attempt.

use super::wire::Pushback;
use crate::admit::Rejection;

/// Why a request that failed is not tried again: its last answer is the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GiveUp {
    /// The server may have acted on it, and must not twice.
    NotRepeatable,
    /// Nothing is retried here.
    Off,
    /// Somebody further out retries it already.
    OuterRetries,
    /// It was tried as often as it may be.
    AttemptsSpent,
    /// The server asked not to, or to wait for longer than it is worth.
    PushedBack(Pushback),
    /// No time is left for another attempt.
    DeadlineNear,
    /// Too much of what is asked of the server fails.
    Throttled,
    /// Too many of the latest requests were retries.
    BudgetSpent,
    /// It was refused on this side, and would be again.
    Refused(Rejection),
    /// Whoever asked went away.
    Cancelled,
}

impl GiveUp {
    /// A short name for metrics and logs, in snake case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotRepeatable => "not_repeatable",
            Self::Off => "off",
            Self::OuterRetries => "outer_retries",
            Self::AttemptsSpent => "attempts_spent",
            Self::PushedBack(_) => "pushed_back",
            Self::DeadlineNear => "deadline_near",
            Self::Throttled => "throttled",
            Self::BudgetSpent => "budget_spent",
            Self::Refused(_) => "refused",
            Self::Cancelled => "cancelled",
        }
    }

    /// What to tell one's own caller of another attempt. Where retries have been tried
    /// here, or would overload who is behind, it is [`Pushback::Never`]: were every layer
    /// to retry, three layers of three attempts would make 27 of one (Google's SRE book,
    /// "Addressing Cascading Failures", asks for one layer that retries and for an answer
    /// that says not to).
    pub const fn pushback(self) -> Pushback {
        match self {
            Self::AttemptsSpent | Self::Throttled | Self::BudgetSpent => Pushback::Never,
            Self::PushedBack(pushback) => pushback,
            Self::Refused(rejection) if !rejection.retry_after.is_zero() => {
                Pushback::After(rejection.retry_after)
            }
            _ => Pushback::Unsaid,
        }
    }
}
