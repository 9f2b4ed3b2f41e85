//! Why there is no answer.

use std::error::Error;

use crate::{
    admit::{Outcome, Rejection},
    classify::{Diagnose as _, Diagnosis, Io},
    retry::Elapsed,
};

/// An error of whatever a client is made of.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why a client has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It was refused on this side and not sent: use a fallback, or wait as it says.
    #[error("not sent")]
    Refused(#[source] Rejection),
    /// No answer came in time. The server may have acted on it.
    #[error(transparent)]
    Elapsed(#[from] Elapsed),
    /// The connection failed, or could not be made.
    #[error("no answer")]
    Failed(#[source] BoxError),
}

impl ClientError {
    /// The refusal, if it is one.
    pub const fn refused(&self) -> Option<&Rejection> {
        match self {
            Self::Refused(rejection) => Some(rejection),
            Self::Elapsed(_) | Self::Failed(_) => None,
        }
    }
}

/// Says what an error of a client says of the server; `None` for no opinion.
pub type DiagnoseError = fn(&(dyn Error + 'static)) -> Option<Diagnosis>;

/// What an error says: what `first` says of it or of one of its causes, or what its socket
/// says, or that the server failed.
pub(super) fn diagnose(error: &BoxError, first: DiagnoseError) -> Diagnosis {
    let found = causes(error).find_map(|cause| {
        first(cause).or_else(|| cause.downcast_ref().map(|error| Io.diagnose(error)))
    });
    found.unwrap_or(Diagnosis::of(Outcome::Failure))
}

/// A refusal of this crate's, of something below this client and still in this process.
pub(super) fn rejection_in(error: &BoxError) -> Option<Rejection> {
    causes(error).find_map(|cause| cause.downcast_ref().copied())
}

/// An error and what caused it; bounded, as nothing keeps a chain from being a circle.
fn causes(error: &BoxError) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = &**error;
    std::iter::successors(Some(first), |&error| error.source()).take(16)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::admit::{Rejected, Scope};

    #[derive(Debug, thiserror::Error)]
    #[error("connect")]
    struct Connect(#[source] BoxError);

    fn within(cause: impl Into<BoxError>) -> BoxError {
        Box::new(Connect(cause.into()))
    }

    #[test]
    fn what_the_socket_says_is_found_below_a_librarys_own_errors() {
        let refused = within(io::Error::from(io::ErrorKind::ConnectionRefused));
        let said = diagnose(&refused, |_| None);
        assert_eq!(said, Diagnosis::of(Outcome::Failure).unprocessed());
        let unknown = diagnose(&within("something"), |_| None);
        assert_eq!(unknown, Diagnosis::of(Outcome::Failure));
    }

    #[test]
    fn the_users_word_counts_first() {
        let connect = |error: &(dyn Error + 'static)| {
            error.is::<Connect>().then_some(Diagnosis::of(Outcome::Failure).unprocessed())
        };
        assert!(diagnose(&within("tls"), connect).unprocessed);
    }

    #[test]
    fn a_refusal_of_a_layer_below_is_found() {
        let busy = Rejection::new(Rejected::QueueFull, Scope::Node);
        assert_eq!(rejection_in(&within(ClientError::Refused(busy))), Some(busy));
        assert_eq!(rejection_in(&within("other")), None);
    }
}
