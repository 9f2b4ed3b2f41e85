//! Everything about an item but its content.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use seawall_clock::WallTime;
use seawall_store::Revision;

use crate::{ConfigKey, ContentType, GrayRule, Md5};

/// Number of an item, given when it is created and kept until it is removed; a
/// gray release has its own. Below 2^53, so that JavaScript can hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConfigId(u64);

impl ConfigId {
    /// The item with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ConfigId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of one content of an item; a content never changes, a publish makes a
/// new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ContentVersion(pub(crate) u64);

/// Who did something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Author {
    /// Name of the user; empty when nobody logged in.
    pub user: String,
    /// Address the request came from; empty if it came from the inside.
    pub ip: String,
}

/// What people wrote about an item. Empty text means nothing was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// Name of the application the item belongs to.
    pub app_name: Box<str>,
    /// What the item is for, at most 256 characters.
    pub description: Box<str>,
    /// Tags to find it by, at most 5 of at most 64 characters.
    pub tags: Box<[Box<str>]>,
    /// Schema of the content, at most 32,768 characters.
    pub schema: Box<str>,
    /// Nacos' `use`, at most 32 characters.
    pub usage: Box<str>,
    /// Nacos' `effect`, at most 32 characters.
    pub effect: Box<str>,
}

/// Most items say nothing about themselves: they share this.
static NOTHING: LazyLock<Arc<Description>> = LazyLock::new(Arc::default);

impl Description {
    /// The description for an item to keep; takes no memory if nothing was written.
    pub(crate) fn shared(self) -> Arc<Self> {
        if self == **NOTHING { Arc::clone(&NOTHING) } else { Arc::new(self) }
    }
}

/// A configuration item, or one gray release of it, without the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigMeta {
    /// The item's number.
    pub id: ConfigId,
    /// Its name.
    pub key: ConfigKey,
    /// Fingerprint of the content as clients get it.
    pub md5: Md5,
    /// Length of that content in bytes.
    pub bytes: u64,
    /// Form of the content.
    pub content_type: ContentType,
    /// Nacos' `encryptedDataKey`: not empty if the client encrypted the content
    /// itself; then the content is cipher text to us.
    pub encrypted_data_key: Box<str>,
    /// What people wrote about it.
    pub about: Arc<Description>,
    /// When it was created.
    pub created: WallTime,
    /// When it was last published; survives restart and restore, never goes back.
    pub modified: WallTime,
    /// Who created it.
    pub created_by: Arc<Author>,
    /// Who published it last.
    pub modified_by: Arc<Author>,
    /// For a gray release: whom it is for. `None` for the item itself.
    pub gray: Option<Arc<GrayRule>>,
    /// The commit that last wrote it.
    pub revision: Revision,
    pub(crate) version: ContentVersion,
}

/// An item with this data id and the fingerprint of `content`, for tests.
#[cfg(test)]
pub(crate) fn sample(data_id: &str, content: &str) -> ConfigMeta {
    ConfigMeta {
        id: ConfigId::new(1),
        key: ConfigKey::parse("", "", data_id).unwrap(),
        md5: Md5::of(content),
        bytes: content.len() as u64,
        content_type: ContentType::Text,
        encrypted_data_key: "".into(),
        about: Description::default().shared(),
        created: WallTime::from_millis(1),
        modified: WallTime::from_millis(2),
        created_by: Arc::default(),
        modified_by: Arc::default(),
        gray: None,
        revision: Revision::new(1),
        version: ContentVersion(1),
    }
}
