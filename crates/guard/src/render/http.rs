//! A refusal over HTTP.

use crate::{
    admit::{Rejected, Rejection, Scope},
    retry::wire::{HeaderText, retry_after},
};

/// What to answer over HTTP.
///
/// ```
/// use std::time::Duration;
/// use seawall_guard::{Rejected, Rejection, Scope, render::HttpRejection};
///
/// let busy = Rejection::new(Rejected::Overloaded, Scope::Node)
///     .retry_after(Duration::from_millis(1_200));
/// let answer = HttpRejection::of(&busy);
/// assert_eq!((answer.status, answer.rejected), (503, "overloaded"));
/// assert_eq!(answer.retry_after.unwrap().as_str(), "2");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpRejection {
    /// The status code: 429 if it is the caller who asks too much (RFC 6585, section 4),
    /// 503 if it is not (RFC 9110, section 15.6.4), 403 if it may not ask at all, 504 if
    /// its deadline has passed.
    pub status: u16,
    /// The value of the header [`REJECTED`](super::REJECTED).
    pub rejected: &'static str,
    /// The value of `Retry-After`: seconds, rounded up; `None` to leave it out.
    pub retry_after: Option<HeaderText>,
}

impl HttpRejection {
    /// What to answer for `rejection`.
    pub fn of(rejection: &Rejection) -> Self {
        let of_caller = matches!(rejection.scope, Scope::Caller | Scope::Key);
        let status = match rejection.reason {
            Rejected::NotAllowed => 403,
            Rejected::DeadlinePassed => 504,
            Rejected::RateLimited => 429,
            Rejected::ConcurrencyLimited | Rejected::QueueFull if of_caller => 429,
            _ => 503,
        };
        let waits = matches!(status, 429 | 503) && !rejection.retry_after.is_zero();
        Self {
            status,
            rejected: rejection.reason.name(),
            retry_after: waits.then(|| retry_after(rejection.retry_after)),
        }
    }
}
