//! A [`Rejection`] in each protocol's own words: plain fields and bytes for the doors
//! that speak it, nothing of any framework.
//!
//! What a client library does by itself with an error decides between two that would
//! both be true. Nothing here makes one close a connection that works or ask again at
//! once, as that turns an overload into a storm of connections or of retries.
//!
//! Every refusal says that it is ours, over HTTP and gRPC in the header
//! [`REJECTED`] and elsewhere by [`MARK`] before its text, so that the next hop's
//! classifiers (see [`classify`](crate::classify)) never count it against this one.

mod grpc;
mod http;
mod message;
mod mongo;
mod mysql;
mod redis;

pub use grpc::{GrpcRejection, write_status};
pub use http::HttpRejection;
pub use message::{MARK, Message, REJECTED};
pub use mongo::MongoRejection;
pub use mysql::{Moment, MySqlRejection};
pub use redis::write_line;

use crate::{
    admit::{Rejected, Rejection},
    retry::wire::Pushback,
};

/// What a refusal says of another attempt.
pub fn pushback(rejection: &Rejection) -> Pushback {
    match rejection.reason {
        Rejected::DeadlinePassed | Rejected::NotAllowed | Rejected::RetryBudgetSpent => {
            Pushback::Never
        }
        _ if rejection.retry_after.is_zero() => Pushback::Unsaid,
        _ => Pushback::After(rejection.retry_after),
    }
}

#[cfg(test)]
mod tests;
