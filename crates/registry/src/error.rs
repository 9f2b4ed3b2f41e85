//! Why the registry refused, by what the caller can do next.

use seawall_store::{CommitError, Unavailable, record::RecordError};

use crate::{ClientId, InstanceError, ServiceKey};

/// Why the registry could not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store cannot answer; try again.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The store refused a write.
    #[error("the registry cannot write its start: {0}")]
    Commit(#[from] CommitError),
    /// What is stored cannot be read, perhaps written by a newer version.
    #[error("what the registry stored cannot be read: {0}")]
    Record(#[from] RecordError),
    /// A setting contradicts another or is out of range.
    #[error("registry setting {setting}: {reason}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
}

/// Why a registration, subscription or watch was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// The client is not connected (any more): connect again, then repeat.
    #[error("client {client} is not connected; connect again")]
    NotConnected {
        /// Who.
        client: ClientId,
    },
    /// The service's instances are of the other kind; its first registration
    /// decided. Register the same kind, or under another name.
    #[error("service {service} holds {} instances only; the request was for {} ones", kind(*ephemeral), kind(!*ephemeral))]
    Kind {
        /// Which service.
        service: ServiceKey,
        /// What the service's instances are.
        ephemeral: bool,
    },
    /// The instance itself is wrong: change it.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// A limit of this node is reached: raise the setting or remove something.
    #[error("there are already {max} {what}, the limit")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        max: usize,
    },
}

/// Why a fuzzy watch was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FuzzyWatchError {
    /// The client is not connected (any more).
    #[error("client {client} is not connected; connect again")]
    NotConnected {
        /// Who.
        client: ClientId,
    },
    /// The client watches as many patterns as it may.
    #[error("the client watches {max} patterns already; cancel one first")]
    Patterns {
        /// The limit.
        max: usize,
    },
    /// More services match than a watch may have: make the pattern narrower.
    #[error("the pattern matches {matches} services; at most {max} are watched")]
    Matches {
        /// How many match.
        matches: usize,
        /// The limit.
        max: usize,
    },
}

/// Why a stored change was not acknowledged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WriteError {
    /// There is no such service.
    #[error("service {service} does not exist")]
    NoService {
        /// Which service.
        service: ServiceKey,
    },
    /// There is no such instance.
    #[error("service {service} has no such instance")]
    NoInstance {
        /// Which service.
        service: ServiceKey,
    },
    /// The instance's health is found out by its client or by checks, not set.
    #[error("health in service {service} is not set by hand; declare its cluster's check as none")]
    Checked {
        /// Which service.
        service: ServiceKey,
    },
    /// The service is there already.
    #[error("service {service} exists already")]
    Exists {
        /// Which service.
        service: ServiceKey,
    },
    /// The service has instances: remove them first.
    #[error("service {service} still has {instances} instances")]
    NotEmpty {
        /// Which service.
        service: ServiceKey,
        /// How many.
        instances: usize,
    },
    /// The protect threshold is not between 0 and 1.
    #[error("protect threshold {value} is not between 0 and 1")]
    Threshold {
        /// What was given.
        value: f32,
    },
    /// The request itself is wrong, or a limit is reached.
    #[error(transparent)]
    Refused(#[from] RegisterError),
    /// Somebody else changed the same thing at the same time, again and again: try again.
    #[error("service {service} is being changed by others; try again")]
    Conflict {
        /// Which service.
        service: ServiceKey,
    },
    /// The store refused or does not know: see the reason inside.
    #[error(transparent)]
    Store(#[from] CommitError),
    /// The store cannot be read now: try again.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// What is stored of the service cannot be read.
    #[error("what is stored of the service cannot be read: {0}")]
    Record(#[from] RecordError),
}

impl From<InstanceError> for WriteError {
    fn from(error: InstanceError) -> Self {
        Self::Refused(error.into())
    }
}

fn kind(ephemeral: bool) -> &'static str {
    if ephemeral { "ephemeral" } else { "persistent" }
}
