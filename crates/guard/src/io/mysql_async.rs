//! Errors of the crate `mysql_async`.

use mysql_async::{DriverError, Error, IoError};
use mysql_common::proto::codec::error::PacketCodecError;

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
            Error::Io(IoError::Io(error)) if is_packet_too_large(error) => Outcome::Ignore.into(),
            Error::Io(IoError::Io(error)) => Io.diagnose(error),
            // TLS, in builds that have it.
            #[allow(unreachable_patterns, reason = "depends on features of mysql_async")]
            Error::Io(_) => Outcome::Failure.into(),
            Error::Driver(error) => of_driver(error),
            Error::Url(_) => Diagnosis::of(Outcome::Cancelled).alarm().unprocessed(),
            Error::Other(_) => Outcome::Cancelled.into(),
        }
    }
}

impl Classify<Error> for MySql {
    fn classify(&self, error: &Error) -> Outcome {
        self.diagnose(error).outcome
    }
}

/// What only the connection or the other side can have done is a failure. What was found
/// out before anything was sent says nothing of the server; the rest is about its answer.
fn of_driver(error: &DriverError) -> Diagnosis {
    let unsent = Diagnosis::of(Outcome::Cancelled).unprocessed();
    match error {
        DriverError::ConnectionClosed
        | DriverError::PacketOutOfOrder
        | DriverError::UnexpectedPacket { .. }
        | DriverError::BadCompressedPacketHeader
        | DriverError::CantParseServerVersion { .. }
        | DriverError::InvalidParsecSalt => Outcome::Failure.into(),
        DriverError::PoolDisconnected
        | DriverError::Params(_)
        | DriverError::MixedParams
        | DriverError::NestedTransaction
        | DriverError::ReadOnlyTransNotSupported
        | DriverError::StmtParamsMismatch { .. }
        | DriverError::StmtParamsNumberExceedsLimit { .. }
        | DriverError::BulkExecute(_) => unsent,
        DriverError::NoKeyFound | DriverError::NamedPipesDisabled => unsent.alarm(),
        DriverError::UnknownAuthPlugin { .. }
        | DriverError::MysqlOldPasswordDisabled
        | DriverError::CleartextPluginDisabled
        | DriverError::NoClientSslFlagFromServer => {
            Diagnosis::of(Outcome::Ignore).alarm().unprocessed()
        }
        DriverError::FromValue { .. }
        | DriverError::FromRow { .. }
        | DriverError::PacketTooLarge
        | DriverError::LocalInfile(_) => Outcome::Ignore.into(),
    }
}

/// The client wraps what its codec refuses, which is one statement's own, in an I/O error
/// of no kind.
fn is_packet_too_large(error: &std::io::Error) -> bool {
    let codec = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(codec, Some(PacketCodecError::PacketTooLarge))
}
