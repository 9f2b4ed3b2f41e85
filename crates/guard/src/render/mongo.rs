//! A refusal in MongoDB's protocol.

use crate::{
    admit::{Rejected, Rejection},
    retry::wire::Pushback,
};

use super::pushback;

/// What to answer to a client of MongoDB, beside `ok: 0` and `errmsg`, which is the
/// [`Message`](super::Message).
///
/// Drivers that know overloaded servers (mongodb/specifications,
/// `client-backpressure.md`) wait before they ask again. Those that do not ask again at
/// once after the numbers that mean a lost member or network, so none of those is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MongoRejection {
    /// `code`.
    pub code: i32,
    /// `codeName`, as `src/mongo/base/error_codes.yml` of mongodb/mongo has it.
    pub code_name: &'static str,
    /// `errorLabels`.
    pub labels: &'static [&'static str],
    /// `baseBackoffMS`: what a driver's waiting begins with; `None` to leave it out.
    pub base_backoff_ms: Option<u32>,
}

/// The server has too much to do, and nothing was done: ask again, but later.
const OVERLOADED: &[&str] = &["SystemOverloadedError", "RetryableError"];

impl MongoRejection {
    /// What to answer for `rejection`.
    pub fn of(rejection: &Rejection) -> Self {
        let (code, code_name, labels): (_, _, &[&str]) = match rejection.reason {
            Rejected::NotAllowed => (13, "Unauthorized", &[]),
            Rejected::DeadlinePassed => (50, "MaxTimeMSExpired", &[]),
            Rejected::BreakerOpen | Rejected::NoEndpoint => {
                (133, "FailedToSatisfyReadPreference", &[])
            }
            Rejected::RetryBudgetSpent => (433, "AdmissionQueueOverflow", &[]),
            Rejected::RateLimited => (462, "IngressRequestRateLimitExceeded", OVERLOADED),
            _ => (433, "AdmissionQueueOverflow", OVERLOADED),
        };
        let base_backoff_ms = match pushback(rejection) {
            Pushback::After(wait) if !labels.is_empty() => {
                u32::try_from(wait.as_nanos().div_ceil(1_000_000)).ok()
            }
            _ => None,
        };
        Self { code, code_name, labels, base_backoff_ms }
    }
}
