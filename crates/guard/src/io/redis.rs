//! Errors of the crate `redis`.

use redis::{ErrorKind, RedisError, ServerError};

use super::worst::worst;
use crate::{
    admit::{Classify, Outcome},
    classify::{Diagnose, Diagnosis, Redis},
};

impl Diagnose<RedisError> for Redis {
    fn diagnose(&self, error: &RedisError) -> Diagnosis {
        // A pipeline may have failed in several ways. The copy is one of a pointer.
        if let Some(errors) = error.clone().into_server_errors() {
            let said = worst(errors.iter().map(|(_, error)| self.diagnose(error)));
            return said.unwrap_or(self.unknown.into());
        }
        match error.kind() {
            ErrorKind::Io if error.is_timeout() => Outcome::Timeout.into(),
            ErrorKind::Io if error.is_connection_refusal() => {
                Diagnosis::of(Outcome::Failure).unprocessed()
            }
            ErrorKind::Io | ErrorKind::Parse => Outcome::Failure.into(),
            ErrorKind::AuthenticationFailed => Diagnosis::of(Outcome::Ignore).alarm().unprocessed(),
            // Nobody to ask: no node of a cluster, no master that a sentinel knows.
            ErrorKind::ClusterConnectionNotFound
            | ErrorKind::MasterNameNotFoundBySentinel
            | ErrorKind::NoValidReplicasFoundBySentinel => {
                Diagnosis::of(Outcome::Failure).unprocessed()
            }
            ErrorKind::Server(_) => self.unknown.into(),
            // Types, arguments and settings.
            _ => Outcome::Ignore.into(),
        }
    }
}

impl Diagnose<ServerError> for Redis {
    fn diagnose(&self, error: &ServerError) -> Diagnosis {
        let text = error.details().unwrap_or_default();
        self.diagnose_parts(error.code().as_bytes(), text.as_bytes())
    }
}

impl Classify<RedisError> for Redis {
    fn classify(&self, error: &RedisError) -> Outcome {
        self.diagnose(error).outcome
    }
}
