//! Why a call has no answer.

use crate::{
    admit::{Outcome, Rejection},
    classify::Diagnosis,
    retry::{Answer, Elapsed, Verdict, wire::Pushback},
};

/// Why a call through [`Guarded`](super::Guarded) has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError<E> {
    /// It was not made: use a fallback, or wait.
    #[error("{0}")]
    Rejected(Rejection),
    /// It was made and dropped at its deadline. Whether the server acted on it is not
    /// known.
    #[error(transparent)]
    Elapsed(#[from] Elapsed),
    /// It was made and failed.
    #[error("{error}")]
    Failed {
        /// The client's error.
        #[source]
        error: E,
        /// What it says. On [`Outcome::Topology`] look the server up again; on an alarm
        /// tell somebody.
        diagnosis: Diagnosis,
    },
}

impl<E> CallError<E> {
    /// How it counts; `None` if nothing was sent.
    pub fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Rejected(_) => None,
            Self::Elapsed(Elapsed) => Some(Outcome::Timeout),
            Self::Failed { diagnosis, .. } => Some(diagnosis.outcome),
        }
    }
}

impl<E> From<Rejection> for CallError<E> {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// What to tell a [`RetryPolicy`](crate::retry::RetryPolicy).
impl<E> From<&CallError<E>> for Verdict {
    fn from(error: &CallError<E>) -> Self {
        match error {
            CallError::Rejected(rejection) => (*rejection).into(),
            CallError::Elapsed(Elapsed) => Answer::new(Outcome::Timeout).into(),
            CallError::Failed { diagnosis, .. } => diagnosis.answer(Pushback::Unsaid).into(),
        }
    }
}
