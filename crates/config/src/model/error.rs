//! Why something was refused, by what the caller can do next.

use seawall_store::Unavailable;

use crate::{ContentError, GrayRuleError, QuotaScope};

/// Why a write was not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The present content has another fingerprint than `cas_md5`, or there is
    /// none. Read it again and decide.
    #[error("the content was changed by another: its md5 is `{found}` now")]
    Md5Mismatch {
        /// Fingerprint of the present content, empty if there is none.
        found: String,
    },
    /// The item exists and only a new one was to be published.
    #[error("the configuration exists already")]
    Exists,
    /// There is no such item.
    #[error("there is no such configuration")]
    NotFound,
    /// A field is missing, too long or otherwise not acceptable. Mend it.
    #[error("{field} {reason}")]
    Invalid {
        /// Name of the field.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The content is not of the type it is said to be. Mend it.
    #[error(transparent)]
    BadContent(#[from] ContentError),
    /// The gray rule is not acceptable. Mend it.
    #[error(transparent)]
    BadGray(#[from] GrayRuleError),
    /// The item has as many gray releases as allowed. Remove one.
    #[error("the configuration has {max} gray releases, the most allowed; remove one")]
    TooManyGrays {
        /// The limit.
        max: usize,
    },
    /// The content is larger than the server takes from anybody. Make it smaller.
    #[error("the content has {bytes} bytes; at most {max} are allowed")]
    TooLarge {
        /// Length of the content in bytes.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// The content is larger than the quota of its namespace or group allows.
    #[error("the content has {bytes} bytes; the quota of {scope} allows {max}")]
    OverSizeQuota {
        /// Whose quota.
        scope: QuotaScope,
        /// Length of the content in bytes.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// The namespace or group has as many items as its quota allows. Remove some.
    #[error("{scope} has {max} configurations, all its quota allows")]
    OverCountQuota {
        /// Whose quota.
        scope: QuotaScope,
        /// The limit.
        max: u64,
    },
    /// A `cipher-` item cannot be kept because the server has no master key.
    #[error("cipher- configurations need a master key; give the server one")]
    NoMasterKey,
    /// Others wrote the same item each time it was tried. Try again later.
    #[error("others keep writing the same configuration; try again")]
    Contended,
    /// It is not known whether the write took place: read before trying again.
    #[error("it is not known whether the write took place ({reason}); read before trying again")]
    Unknown {
        /// What went wrong.
        reason: String,
    },
    /// The store does not take writes now; nothing was changed. Try again later.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why somebody cannot listen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListenError {
    /// The client listens to as many items as it may. End some of it, or raise the
    /// setting.
    #[error("one client may listen to {max} configurations at once, the most allowed")]
    TooMany {
        /// The limit.
        max: usize,
    },
    /// The items are not loaded yet. Try again.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why there is no [`crate::ConfigService`].
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store cannot be read now. Try again.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// What is stored cannot be read: written by a newer version, or damaged.
    #[error("the configuration in the store cannot be read: {reason}")]
    Unreadable {
        /// What is wrong with it.
        reason: String,
    },
    /// The store's `cipher-` items were encrypted under another master key. Give
    /// back the key file that belongs to this store.
    #[error("the master key is not the one this store was encrypted with; restore that key file")]
    WrongMasterKey,
}
