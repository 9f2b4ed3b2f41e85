//! What one answer says.

use crate::{
    admit::Outcome,
    retry::{Answer, wire::Pushback},
};

/// What an answer says of the server that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Diagnosis {
    /// How it counts.
    pub outcome: Outcome,
    /// Which requests it is true of.
    pub impact: Impact,
    /// Waiting, retrying and asking another endpoint are all of no use: credentials are
    /// refused, a disk is full, data are damaged. Tell somebody, once and not per answer.
    pub alarm: bool,
    /// The server certainly did not act on the request, so that even one that it must not
    /// act on twice may be sent again. False when that is not known.
    pub unprocessed: bool,
}

/// Which of the requests to a server an answer is true of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Impact {
    /// All of them.
    #[default]
    All,
    /// Those that write. Reads go on: give writes a breaker of their own and count it there.
    Writes,
}

impl Diagnosis {
    pub(crate) const SUCCESS: Self = Self::of(Outcome::Success);
    pub(crate) const IGNORE: Self = Self::of(Outcome::Ignore);
    pub(crate) const FAILURE: Self = Self::of(Outcome::Failure);
    pub(crate) const TIMEOUT: Self = Self::of(Outcome::Timeout);
    pub(crate) const OVERLOAD: Self = Self::of(Outcome::Overload);
    pub(crate) const TOPOLOGY: Self = Self::of(Outcome::Topology);
    pub(crate) const CANCELLED: Self = Self::of(Outcome::Cancelled);

    /// An outcome of which nothing else is known.
    pub const fn of(outcome: Outcome) -> Self {
        Self { outcome, impact: Impact::All, alarm: false, unprocessed: false }
    }

    /// True of writes only.
    pub const fn writes(mut self) -> Self {
        self.impact = Impact::Writes;
        self
    }

    /// A person has to act.
    pub const fn alarm(mut self) -> Self {
        self.alarm = true;
        self
    }

    /// The server certainly did not act on the request.
    pub const fn unprocessed(mut self) -> Self {
        self.unprocessed = true;
        self
    }

    /// What to tell a [`RetryPolicy`](crate::retry::RetryPolicy), with what the answer
    /// said of another attempt.
    pub const fn answer(self, pushback: Pushback) -> Answer {
        Answer { outcome: self.outcome, pushback, unprocessed: self.unprocessed }
    }
}

/// Says what an answer of type `A` says. Every one of this crate's is a
/// [`Classify`](crate::Classify) as well, by the outcome alone.
pub trait Diagnose<A: ?Sized> {
    /// What `answer` says. Must not block.
    fn diagnose(&self, answer: &A) -> Diagnosis;
}

impl From<Outcome> for Diagnosis {
    fn from(outcome: Outcome) -> Self {
        Self::of(outcome)
    }
}
