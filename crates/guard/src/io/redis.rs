//! Errors of the crate `redis`.

use std::{error::Error, io, sync::Arc};

use redis::{ErrorKind, RedisError, ServerError};

use super::worst::worst;
use crate::{
    admit::{Classify, Outcome},
    classify::{Diagnose, Diagnosis, Io, Redis},
};

impl Diagnose<RedisError> for Redis {
    fn diagnose(&self, error: &RedisError) -> Diagnosis {
        // The copies are of a pointer or two.
        if let Ok(error) = ServerError::try_from(error.clone()) {
            return self.diagnose(&error);
        }
        // A pipeline may have failed in several ways.
        if let Some(errors) = error.clone().into_server_errors() {
            let said = worst(errors.iter().map(|(_, error)| self.diagnose(error)));
            return said.unwrap_or(self.unknown.into());
        }
        let unsent = Diagnosis::of(Outcome::Cancelled).unprocessed();
        match error.kind() {
            ErrorKind::Io => io_error(error).map_or(Outcome::Failure.into(), |it| Io.diagnose(it)),
            // Bytes that are no answer, or an answer that is not of the type the caller
            // wants; the parser's own complaints begin so.
            ErrorKind::Parse => match error.detail() {
                Some(text) if text.starts_with("Parse error at") => Outcome::Failure.into(),
                _ => Outcome::Ignore.into(),
            },
            ErrorKind::UnexpectedReturnType => Outcome::Ignore.into(),
            ErrorKind::AuthenticationFailed | ErrorKind::RESP3NotSupported => {
                Diagnosis::of(Outcome::Ignore).alarm().unprocessed()
            }
            // Nobody to ask: no node of a cluster, no master that a sentinel knows.
            ErrorKind::ClusterConnectionNotFound
            | ErrorKind::MasterNameNotFoundBySentinel
            | ErrorKind::NoValidReplicasFoundBySentinel => {
                Diagnosis::of(Outcome::Failure).unprocessed()
            }
            ErrorKind::Client if is_of_server(error) => {
                Diagnosis::of(Outcome::Failure).unprocessed()
            }
            ErrorKind::Client => unsent,
            ErrorKind::InvalidClientConfig | ErrorKind::EmptySentinelList => unsent.alarm(),
            ErrorKind::Server(_) => self.unknown.into(),
            // Values that could not be written.
            _ => Outcome::Ignore.into(),
        }
    }
}

/// The error of the socket inside, which the crate shows to nobody but as a source.
fn io_error(error: &RedisError) -> Option<&io::Error> {
    let held: &Arc<dyn Error + Send + Sync> = error.source()?.downcast_ref()?;
    held.downcast_ref()
}

/// Most errors of this kind are about what the caller asked for. Not so those that hold an
/// error of a TLS library, and two of clusters, which have nothing but their texts.
fn is_of_server(error: &RedisError) -> bool {
    let says = |text: String| {
        text.starts_with("Missing slot coverage") || text.starts_with("Slot refresh error")
    };
    error.source().is_some() || says(error.to_string())
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
