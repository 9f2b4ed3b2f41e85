//! Where news of changes go.

use std::{net::IpAddr, sync::Arc};

use compact_str::CompactString;

use crate::{ConfigKey, Md5};

/// Who listens: a connection, a long poll. The wire chooses numbers that are
/// unique in the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListenerId(pub u64);

/// How the client wrote the public namespace. News must repeat it, or the client
/// does not recognise its own key (T6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NamespaceSpelling {
    /// By its id, also `public`.
    #[default]
    Named,
    /// By an empty text.
    Blank,
    /// By leaving it out.
    Missing,
}

impl NamespaceSpelling {
    /// How `sent` spells a namespace.
    pub fn of(sent: Option<&str>) -> Self {
        match sent {
            None => Self::Missing,
            Some(text) if text.trim().is_empty() => Self::Blank,
            Some(_) => Self::Named,
        }
    }

    /// The namespace of `key` as the client wrote it.
    pub fn spell<'a>(&self, key: &'a ConfigKey) -> Option<&'a str> {
        match self {
            Self::Named => Some(key.namespace.as_str()),
            Self::Blank => Some(""),
            Self::Missing => None,
        }
    }
}

/// One item to listen to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// The item.
    pub key: ConfigKey,
    /// Fingerprint of the content the client has; empty if it has none.
    pub md5: CompactString,
    /// How the client wrote the namespace.
    pub spelling: NamespaceSpelling,
}

/// An item that is not what the client has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The item.
    pub key: ConfigKey,
    /// How the client wrote the namespace.
    pub spelling: NamespaceSpelling,
}

/// Takes news for one listener. Called from the task that follows the store, so
/// it must not block; it queues within its own bound or drops the connection.
pub trait ChangeSink: Send + Sync + 'static {
    /// `changed` is for this caller no longer what it has. The news carries no content.
    fn changed(&self, changed: Changed);
}

/// What a listener has, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerView {
    /// Who listens.
    pub listener: ListenerId,
    /// Its address.
    pub ip: IpAddr,
    /// The item.
    pub key: Arc<ConfigKey>,
    /// Fingerprint the client said it has; `None` if it has nothing.
    pub md5: Option<Md5>,
}
