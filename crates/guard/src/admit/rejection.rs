//! Why a request was not admitted, and what to do next.

use std::{fmt, time::Duration};

/// A refusal of this crate's own. It is `Copy` and holds no text, because at ten times
/// the capacity nine answers in ten are this one; a door renders it in its own protocol.
///
/// It never came from the protected server, so no breaker, no ejection and no latency
/// estimate may count it (go-zero's breaker counts its own and its shedder's refusals,
/// which keeps it open: go-zero#3837).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rejection {
    /// What was in the way.
    pub reason: Rejected,
    /// What it was that refused.
    pub scope: Scope,
    /// How long to wait before asking again; zero when nobody can say.
    pub retry_after: Duration,
}

/// What was in the way of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rejected {
    /// Nobody waits for the answer any more: do not ask again.
    DeadlinePassed,
    /// The caller is not on the list of those allowed, or is on that of those refused.
    NotAllowed,
    /// More requests a second than a rule allows: wait.
    RateLimited,
    /// As many requests in flight as there may be: ask another or wait.
    ConcurrencyLimited,
    /// The machine has too much to do: ask another or wait.
    Overloaded,
    /// There is room, but for requests that matter more: ask another or wait.
    LowPriority,
    /// The queue in front is full, or the wait in it was too long.
    QueueFull,
    /// The server behind failed too often lately: use a fallback or wait.
    BreakerOpen,
    /// Too many of the latest requests were retries: give the first answer back.
    RetryBudgetSpent,
    /// There is no endpoint that could be asked.
    NoEndpoint,
}

impl Rejected {
    /// Each of them, in the order of their definition.
    pub const ALL: [Self; 10] = [
        Self::DeadlinePassed,
        Self::NotAllowed,
        Self::RateLimited,
        Self::ConcurrencyLimited,
        Self::Overloaded,
        Self::LowPriority,
        Self::QueueFull,
        Self::BreakerOpen,
        Self::RetryBudgetSpent,
        Self::NoEndpoint,
    ];

    /// A short name for metrics and logs, in snake case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeadlinePassed => "deadline_passed",
            Self::NotAllowed => "not_allowed",
            Self::RateLimited => "rate_limited",
            Self::ConcurrencyLimited => "concurrency_limited",
            Self::Overloaded => "overloaded",
            Self::LowPriority => "low_priority",
            Self::QueueFull => "queue_full",
            Self::BreakerOpen => "breaker_open",
            Self::RetryBudgetSpent => "retry_budget_spent",
            Self::NoEndpoint => "no_endpoint",
        }
    }
}

/// What it was that refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// This process or machine.
    Node,
    /// One resource: a route, a method, a store.
    Resource,
    /// One endpoint of a resource.
    Endpoint,
    /// One key or parameter value of a resource.
    Key,
    /// One calling service or tenant.
    Caller,
}

impl Rejection {
    /// A refusal of `scope` that says nothing of when to come back.
    pub const fn new(reason: Rejected, scope: Scope) -> Self {
        Self { reason, scope, retry_after: Duration::ZERO }
    }

    /// With a time to wait.
    pub const fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = wait;
        self
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.reason {
            Rejected::DeadlinePassed => "the deadline has passed; nobody waits for the answer",
            Rejected::NotAllowed => "the caller is not allowed here; ask whoever keeps the rules",
            Rejected::RateLimited => "more requests than the rule allows",
            Rejected::ConcurrencyLimited => "too many requests in flight; ask another endpoint",
            Rejected::Overloaded => "overloaded; ask another endpoint",
            Rejected::LowPriority => "busy with requests that matter more; ask another endpoint",
            Rejected::QueueFull => "the queue is full; ask another endpoint",
            Rejected::BreakerOpen => "what is behind failed too often lately; use a fallback",
            Rejected::RetryBudgetSpent => "too many retries lately; use the answer there is",
            Rejected::NoEndpoint => "there is no endpoint that could be asked",
        })?;
        if self.retry_after.is_zero() {
            Ok(())
        } else {
            write!(f, "; try again after {} ms", self.retry_after.as_millis().max(1))
        }
    }
}

impl std::error::Error for Rejection {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_reasons_and_outcomes_stand_at_their_own_numbers() {
        let reasons = Rejected::ALL.iter().map(|&reason| reason as usize);
        assert!(reasons.eq(0..Rejected::ALL.len()));
        let outcomes = crate::Outcome::ALL.iter().map(|&outcome| outcome as usize);
        assert!(outcomes.eq(0..crate::Outcome::ALL.len()));
    }

    #[test]
    fn a_rejection_is_small_and_says_what_to_do() {
        assert!(size_of::<Rejection>() <= 24);
        let rejection = Rejection::new(Rejected::RateLimited, Scope::Key)
            .retry_after(Duration::from_micros(300));
        assert_eq!(
            rejection.to_string(),
            "more requests than the rule allows; try again after 1 ms"
        );
    }
}
