//! Errors of the crate `mysql_async`.

use mysql_async::{DriverError, Error, IoError};

use crate::{
    admit::{Classify, Outcome},
    classify::{Diagnose, Diagnosis, Io, MySql, MySqlError},
};

impl Diagnose<Error> for MySql {
    fn diagnose(&self, error: &Error) -> Diagnosis {
        match error {
            Error::Server(error) => self.diagnose(&MySqlError {
                code: error.code,
                sqlstate: error.state.as_bytes(),
                message: error.message.as_bytes(),
            }),
            Error::Io(IoError::Io(error)) => Io.diagnose(error),
            // TLS, in builds that have it.
            #[allow(unreachable_patterns, reason = "depends on features of mysql_async")]
            Error::Io(_) => Outcome::Failure.into(),
            Error::Driver(error) => of_driver(error).into(),
            Error::Url(_) => Diagnosis::of(Outcome::Cancelled).unprocessed(),
            Error::Other(_) => Outcome::Cancelled.into(),
        }
    }
}

impl Classify<Error> for MySql {
    fn classify(&self, error: &Error) -> Outcome {
        self.diagnose(error).outcome
    }
}

/// What only the connection or the other side can have done is a failure; the rest is
/// about values and settings of the caller.
fn of_driver(error: &DriverError) -> Outcome {
    match error {
        DriverError::ConnectionClosed
        | DriverError::PacketOutOfOrder
        | DriverError::UnexpectedPacket { .. }
        | DriverError::BadCompressedPacketHeader
        | DriverError::CantParseServerVersion { .. }
        | DriverError::InvalidParsecSalt => Outcome::Failure,
        DriverError::PoolDisconnected => Outcome::Cancelled,
        _ => Outcome::Ignore,
    }
}
