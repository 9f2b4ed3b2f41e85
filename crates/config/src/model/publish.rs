//! What a publisher says and hears.

use std::sync::Arc;

use seawall_clock::WallTime;
use seawall_store::Revision;

use crate::{Author, ConfigKey, ConfigMeta, ContentType, GrayRule, Md5};

/// A request to give an item, or a gray release of it, a new content.
///
/// What is `None` stays as it is; an empty text clears it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// The item.
    pub key: ConfigKey,
    /// Its new content; must not be blank.
    pub content: Arc<str>,
    /// Publish only if the present content has this fingerprint. `None` and the
    /// empty text: publish in any case, as in Nacos.
    pub cas_md5: Option<String>,
    /// Publish only if there is no such item yet.
    pub only_new: bool,
    /// A program publishes, through a door for clients; otherwise a person does.
    pub from_client: bool,
    /// Form of the content; checked (see [`crate::validate`]) as the settings say.
    pub content_type: Option<ContentType>,
    /// Nacos' `encryptedDataKey`, empty if the client did not encrypt.
    pub encrypted_data_key: String,
    /// Name of the application.
    pub app_name: Option<String>,
    /// What the item is for.
    pub description: Option<String>,
    /// Tags to find it by.
    pub tags: Option<Vec<String>>,
    /// Schema of the content.
    pub schema: Option<String>,
    /// Nacos' `use`.
    pub usage: Option<String>,
    /// Nacos' `effect`.
    pub effect: Option<String>,
    /// Publish as a gray release for these callers instead of for everybody.
    pub gray: Option<GrayRule>,
    /// Who publishes.
    pub author: Author,
}

impl Publish {
    /// A publish of `content` for everybody, saying nothing else.
    pub fn new(key: ConfigKey, content: impl Into<Arc<str>>) -> Self {
        Self {
            key,
            content: content.into(),
            cas_md5: None,
            only_new: false,
            from_client: false,
            content_type: None,
            encrypted_data_key: String::new(),
            app_name: None,
            description: None,
            tags: None,
            schema: None,
            usage: None,
            effect: None,
            gray: None,
            author: Author::default(),
        }
    }
}

impl Publish {
    /// A publish of `content` for everybody, with everything else as `meta` has it.
    pub(crate) fn like(key: ConfigKey, meta: &ConfigMeta, content: Arc<str>) -> Self {
        let about = &meta.about;
        Self {
            content_type: Some(meta.content_type),
            encrypted_data_key: meta.encrypted_data_key.to_string(),
            app_name: Some(about.app_name.to_string()),
            description: Some(about.description.to_string()),
            tags: Some(about.tags.iter().map(ToString::to_string).collect()),
            schema: Some(about.schema.to_string()),
            usage: Some(about.usage.to_string()),
            effect: Some(about.effect.to_string()),
            ..Self::new(key, content)
        }
    }
}

/// An acknowledged publish: on disk, readable, and on its way to listeners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Fingerprint of the new content.
    pub md5: Md5,
    /// When it was published.
    pub modified: WallTime,
    /// Whether there was no such item before.
    pub created: bool,
    /// The commit.
    pub revision: Revision,
}

/// An acknowledged removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// Whether there was something to remove.
    pub existed: bool,
}

/// New words about an item; the content stays. `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Describe {
    /// What the item is for.
    pub description: Option<String>,
    /// Tags to find it by.
    pub tags: Option<Vec<String>>,
}
