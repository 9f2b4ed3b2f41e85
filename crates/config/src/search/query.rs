//! What to look for.

use std::sync::Arc;

use seawall_topology::Namespace;

use crate::{ConfigMeta, ContentType, PageOf, search::glob};

/// How texts are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SearchMode {
    /// Equal.
    #[default]
    Accurate,
    /// `*` stands for any text; without one the whole text must be equal.
    Blur,
}

/// A search in one namespace. Empty texts and lists ask for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Where to look.
    pub namespace: Namespace,
    /// How data id, group and application name are compared.
    pub mode: SearchMode,
    /// The data id.
    pub data_id: String,
    /// The group.
    pub group: String,
    /// The application name.
    pub app_name: String,
    /// The item has at least one of these tags.
    pub tags: Vec<String>,
    /// The item has one of these types.
    pub types: Vec<ContentType>,
    /// The content contains this text, or, with a `*` in it, matches it. Items that
    /// are encrypted are never found by their content.
    pub content: String,
    /// Which part of the list.
    pub page: PageOf,
    /// Whether to give the contents as well.
    pub with_content: bool,
}

/// An item that was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// Everything but the content.
    pub meta: Arc<ConfigMeta>,
    /// The content, if it was asked for.
    pub content: Option<Arc<str>>,
}

impl Search {
    /// Everything in `namespace`, `page` by page.
    pub fn everything(namespace: Namespace, page: PageOf) -> Self {
        Self {
            namespace,
            mode: SearchMode::Accurate,
            data_id: String::new(),
            group: String::new(),
            app_name: String::new(),
            tags: Vec::new(),
            types: Vec::new(),
            content: String::new(),
            page,
            with_content: false,
        }
    }

    /// Whether the item is what is looked for, as far as that shows without its content.
    pub(crate) fn admits(&self, meta: &ConfigMeta) -> bool {
        self.namespace == meta.key.namespace
            && self.text(&self.data_id, meta.key.data_id.as_str())
            && self.text(&self.group, meta.key.group.as_str())
            && self.text(&self.app_name, &meta.about.app_name)
            && (self.types.is_empty() || self.types.contains(&meta.content_type))
            && (self.tags.is_empty() || self.tags.iter().any(|tag| self.tagged(tag, meta)))
    }

    /// Whether the content is what is looked for.
    pub(crate) fn admits_content(&self, content: &str) -> bool {
        if self.content.contains('*') {
            glob::matches(&self.content, content)
        } else {
            content.contains(&self.content)
        }
    }

    fn text(&self, asked: &str, found: &str) -> bool {
        asked.is_empty()
            || match self.mode {
                SearchMode::Accurate => asked == found,
                SearchMode::Blur => glob::matches(asked, found),
            }
    }

    fn tagged(&self, tag: &str, meta: &ConfigMeta) -> bool {
        meta.about.tags.iter().any(|found| self.text(tag, found))
    }
}
