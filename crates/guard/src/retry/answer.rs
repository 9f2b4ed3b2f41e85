//! What a request may bear, and what an attempt of it came to.

use super::wire::Pushback;
use crate::admit::{Outcome, Rejection};

/// Whether a server may act on a request twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Repeat {
    /// It may: reads, and writes of which the second changes nothing.
    Safe,
    /// It must not. Repeated only when the server certainly did not act on it.
    Unsafe,
}

impl Repeat {
    /// What HTTP says of a method, which is safe to repeat if it is idempotent (RFC 9110,
    /// section 9.2.2).
    pub fn of_method(method: &str) -> Self {
        match method {
            "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PUT" | "DELETE" => Self::Safe,
            _ => Self::Unsafe,
        }
    }
}

/// What a server answered to an attempt, or that it did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Answer {
    /// How it counts.
    pub outcome: Outcome,
    /// What the server says of another attempt.
    pub pushback: Pushback,
    /// Whether the server certainly did not act on the request: the connection was
    /// refused, HTTP/2 said REFUSED_STREAM or left it out of its GOAWAY, or it was turned
    /// away at the door. False when nobody knows.
    pub unprocessed: bool,
}

impl Answer {
    /// One of which nothing else is known.
    pub const fn new(outcome: Outcome) -> Self {
        Self { outcome, pushback: Pushback::Unsaid, unprocessed: false }
    }

    /// With what the server says of another attempt.
    pub const fn pushback(mut self, pushback: Pushback) -> Self {
        self.pushback = pushback;
        self
    }

    /// To a request on which the server certainly did not act.
    pub const fn unprocessed(mut self) -> Self {
        self.unprocessed = true;
        self
    }
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The server answered, or should have.
    Answered(Answer),
    /// It was refused on this side before it was sent.
    Refused(Rejection),
}

impl From<Outcome> for Verdict {
    fn from(outcome: Outcome) -> Self {
        Self::Answered(Answer::new(outcome))
    }
}

impl From<Answer> for Verdict {
    fn from(answer: Answer) -> Self {
        Self::Answered(answer)
    }
}

impl From<Rejection> for Verdict {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(rejection)
    }
}
