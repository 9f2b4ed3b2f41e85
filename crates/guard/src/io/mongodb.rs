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
            kind => Some(of_driver(kind)),
        };
        let said = said.unwrap_or(self.unknown.into());
        // The driver labels what happens before there is a connection.
        if labels.overloaded && said.outcome.is_failure() {
            return Diagnosis { outcome: Outcome::Overload, unprocessed: labels.retryable, ..said };
        }
        said
    }
}

impl Classify<Error> for Mongo {
    fn classify(&self, error: &Error) -> Outcome {
        self.diagnose(error).outcome
    }
}

/// What never came from the server as an error of its own.
fn of_driver(kind: &ErrorKind) -> Diagnosis {
    match kind {
        ErrorKind::Io(error) => Io.diagnose(error),
        ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::ServerSelection { .. }
        | ErrorKind::DnsResolve { .. } => Diagnosis::of(Outcome::Failure).unprocessed(),
        ErrorKind::InvalidResponse { .. } => Outcome::Failure.into(),
        ErrorKind::Authentication { .. } => Diagnosis::of(Outcome::Ignore).alarm().unprocessed(),
        ErrorKind::Shutdown => Diagnosis::of(Outcome::Cancelled).unprocessed(),
        // Arguments, values, transactions and settings.
        _ => Outcome::Ignore.into(),
    }
}
