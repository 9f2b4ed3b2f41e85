//! Errors of the crate `sqlx` from MySQL and MariaDB.

use sqlx::{Error, mysql::MySqlDatabaseError};

use crate::{
    admit::{Classify, Outcome},
    classify::{Diagnose, Diagnosis, Io, MySql, MySqlError},
};

impl Diagnose<Error> for MySql {
    fn diagnose(&self, error: &Error) -> Diagnosis {
        match error {
            Error::Database(error) => match error.try_downcast_ref::<MySqlDatabaseError>() {
                Some(error) => self.diagnose(&MySqlError {
                    code: error.number(),
                    sqlstate: error.code().unwrap_or_default().as_bytes(),
                    message: error.message().as_bytes(),
                }),
                // Another database's.
                None => self.unknown.into(),
            },
            Error::Io(error) => Io.diagnose(error),
            Error::Tls(_) | Error::Protocol(_) => Outcome::Failure.into(),
            // No connection was free or could be made in time: a server that does not
            // answer shows as nothing else.
            Error::PoolTimedOut => Diagnosis::of(Outcome::Timeout).unprocessed(),
            Error::PoolClosed => Diagnosis::of(Outcome::Cancelled).unprocessed(),
            Error::WorkerCrashed => Outcome::Cancelled.into(),
            // Nothing was sent.
            Error::InvalidArgument(_) | Error::Encode(_) | Error::InvalidSavePointStatement => {
                Diagnosis::of(Outcome::Cancelled).unprocessed()
            }
            Error::Configuration(_) => Diagnosis::of(Outcome::Cancelled).alarm().unprocessed(),
            // Rows, columns and values of an answer, and a `begin_with` that began nothing.
            _ => Outcome::Ignore.into(),
        }
    }
}

impl Classify<Error> for MySql {
    fn classify(&self, error: &Error) -> Outcome {
        self.diagnose(error).outcome
    }
}
