//! Errors of the crate `mongodb`.

use mongodb::error::{Error, ErrorKind, WriteFailure};

use super::worst::worst;
use crate::{
    admit::{Classify, Outcome},
    classify::{Diagnose, Diagnosis, Io, Mongo, MongoError, MongoLabels},
};

impl Diagnose<Error> for Mongo {
    fn diagnose(&self, error: &Error) -> Diagnosis {
        let labels = MongoLabels::of(error.labels().iter().map(String::as_str));
        let of = |(code, message): (i32, &str)| {
            self.diagnose(&MongoError { code, labels, message: message.as_bytes() })
        };
        let said = match &*error.kind {
            ErrorKind::Command(error) => Some(of((error.code, &error.message))),
            ErrorKind::Write(WriteFailure::WriteError(error)) => {
                Some(of((error.code, &error.message)))
            }
            ErrorKind::Write(WriteFailure::WriteConcernError(error)) => {
                Some(of((error.code, &error.message)))
            }
            ErrorKind::InsertMany(error) => {
                let writes = error.write_errors.iter().flatten();
                let writes = writes.map(|error| (error.code, &*error.message));
                let concern = error.write_concern_error.iter();
                let concern = concern.map(|error| (error.code, &*error.message));
                worst(writes.chain(concern).map(of))
            }
            ErrorKind::BulkWrite(error) => {
                let writes = error.write_errors.values();
                let writes = writes.map(|error| (error.code, &*error.message));
                let concerns = error.write_concern_errors.iter();
                let concerns = concerns.map(|error| (error.code, &*error.message));
                worst(writes.chain(concerns).map(of))
            }
            kind => Some(of_driver(kind, labels)),
        };
        let source = source(error).map(|source| self.diagnose(source));
        let said = match (&*error.kind, said, source) {
            // What the server said of a login, before anything else was sent.
            (ErrorKind::Authentication { .. }, _, Some(source)) => source.unprocessed(),
            // Why a transaction was given up.
            (ErrorKind::Transaction { .. }, _, Some(source)) => source,
            (_, Some(said), None) => said,
            // What cut a write of many off, be there errors of its parts or not.
            (_, said, source) => {
                worst(said.into_iter().chain(source)).unwrap_or(self.unknown.into())
            }
        };
        // The driver puts this label on whatever fails before there is a connection.
        let unsent = labels.overloaded && matches!(&*error.kind, ErrorKind::Io(_));
        Diagnosis { unprocessed: said.unprocessed || unsent, ..said }
    }
}

impl Classify<Error> for Mongo {
    fn classify(&self, error: &Error) -> Outcome {
        self.diagnose(error).outcome
    }
}

/// The error of this crate behind another one.
fn source(error: &Error) -> Option<&Error> {
    let source = std::error::Error::source(error)?;
    let boxed = source.downcast_ref::<Box<Error>>().map(|boxed| &**boxed);
    boxed.or_else(|| source.downcast_ref())
}

/// What never came from the server as an error of its own.
fn of_driver(kind: &ErrorKind, labels: MongoLabels) -> Diagnosis {
    let unsent = Diagnosis::of(Outcome::Cancelled).unprocessed();
    match kind {
        ErrorKind::Io(error) => Io.diagnose(error),
        // Who waits for a connection when the pool is cleared has sent nothing. Who has one
        // is interrupted when the server is silent, and may have.
        ErrorKind::ConnectionPoolCleared { message, .. }
            if !message.starts_with("Connection pool for ") =>
        {
            Outcome::Failure.into()
        }
        ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::ServerSelection { .. }
        | ErrorKind::DnsResolve { .. } => Diagnosis::of(Outcome::Failure).unprocessed(),
        ErrorKind::InvalidResponse { .. } => Outcome::Failure.into(),
        ErrorKind::Authentication { .. } => Diagnosis::of(Outcome::Ignore).alarm().unprocessed(),
        ErrorKind::InvalidTlsConfig { .. } => unsent.alarm(),
        ErrorKind::Shutdown
        | ErrorKind::InvalidArgument { .. }
        | ErrorKind::Transaction { .. }
        | ErrorKind::SessionsNotSupported
        | ErrorKind::IncompatibleServer { .. } => unsent,
        ErrorKind::Custom(_) => Outcome::Cancelled.into(),
        // Kinds of features that are off here. Only those of the network have this label.
        _ if labels.retryable_write => Outcome::Failure.into(),
        // Values of an answer.
        _ => Outcome::Ignore.into(),
    }
}
