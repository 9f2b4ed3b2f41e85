//! Active checks of stored instances.
//!
//! [`CheckSchedule`] decides what is checked when and what the results mean; it
//! is a plain state machine. [`run`] does the checking, a bounded number at once.

mod http;
mod mysql;
mod runner;
mod schedule;
mod tcp;

pub(crate) use runner::{CheckBoard, run};
pub(crate) use schedule::{CheckId, CheckJob, CheckSchedule, Verdict};

/// Why a check failed, for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
    /// The connection failed.
    #[error("connection: {0}")]
    Io(#[from] std::io::Error),
    /// The HTTP exchange failed.
    #[error("http: {0}")]
    Http(String),
    /// The answer has another status.
    #[error("status {0}")]
    Status(u16),
    /// The log-in or the statement failed.
    #[error("mysql: {0}")]
    Mysql(String),
    /// The server answers but takes no writes.
    #[error("mysql server is read-only")]
    ReadOnly,
}

#[cfg(test)]
mod tests;
