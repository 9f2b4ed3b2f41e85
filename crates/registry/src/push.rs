//! What is pushed to clients.

use std::sync::Arc;

use bytes::Bytes;

use crate::{ServiceKey, ServicePattern, ServiceView};

/// Id of a push, unique in the life of the process; the client's acknowledgement
/// is told with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PushId(u64);

impl PushId {
    /// The push with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// One message to one client. Sent again under a new id if it is not acknowledged.
#[derive(Debug, Clone)]
pub struct Push {
    /// What to acknowledge.
    pub id: PushId,
    /// The message.
    pub body: PushBody,
}

/// What a push says.
#[derive(Debug, Clone)]
pub enum PushBody {
    /// A subscribed service changed; this is all of it. Never [warming].
    ///
    /// [warming]: crate::Completeness::Warming
    Service(Arc<ServiceView>),
    /// Part of what a fuzzy watch matches, told after it began.
    FuzzySync(FuzzySync),
    /// A service appeared or went that fuzzy watches match. Sent once to a client,
    /// however many of its patterns match.
    FuzzyChange {
        /// Which service.
        service: ServiceKey,
        /// What happened to it.
        change: FuzzyChange,
    },
}

/// One batch of the first synchronisation of a fuzzy watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FuzzySync {
    /// Which watch.
    pub pattern: ServicePattern,
    /// What the client lacks or has too much.
    pub changes: Vec<(ServiceKey, FuzzyChange)>,
    /// Number of this batch, from 1.
    pub batch: usize,
    /// How many batches there are; 1 with no changes when there is nothing to tell.
    pub batches: usize,
    /// Whether this follows a registration of the watch (first synchronisation)
    /// rather than a renewal of a watch that exists.
    pub initial: bool,
}

/// What happened to a service, as a fuzzy watch tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FuzzyChange {
    /// It is there now.
    Added,
    /// It is gone.
    Removed,
}

/// A message of the wire. The tail may be shared with other messages.
#[derive(Debug, Clone, Default)]
pub struct EncodedPush {
    /// Sent first.
    pub head: Bytes,
    /// Sent behind it; may be empty.
    pub tail: Bytes,
}

/// Where the pushes of one client go; implemented by the wire.
pub trait PushSink: Send + Sync + 'static {
    /// The message that tells the client of `push`; `None` when there is none to send.
    /// Must not block and must not call back into the registry.
    fn encode(&self, push: &Push) -> Option<EncodedPush>;

    /// Takes the message that [`PushSink::encode`] made of `push`. Must not block and
    /// must not call back into the registry; a sink that cannot take it may drop it,
    /// since what is not acknowledged is sent again.
    fn send(&self, push: &Push, message: EncodedPush);

    /// The client left so many pushes unanswered that no more of them are tried:
    /// close its connection, so that it comes back and asks anew.
    fn stalled(&self);
}
