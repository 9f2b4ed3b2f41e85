//! How a request ended.

use std::time::Duration;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Served while its sender still waited.
    Good,
    /// Told no.
    Refused,
    /// Its sender stopped waiting.
    Abandoned,
    /// Anything else: a broken connection, another status.
    Failed,
    /// There were as many connections as there may be; it was not sent.
    Unsent,
}

/// One request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    /// When it was meant to be sent, from the beginning of its step.
    pub(crate) at: Duration,
    /// From then to its end.
    pub(crate) took: Duration,
    /// How it ended.
    pub(crate) end: End,
}
