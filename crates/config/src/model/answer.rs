//! What a reader gets.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::{ConfigMeta, GrayRule};

/// An item, or the gray release that the caller is to see, with its content.
#[derive(Debug)]
pub struct Answer {
    /// Everything but the content.
    pub meta: Arc<ConfigMeta>,
    /// The content as clients get it: plain, unless the client encrypted it.
    pub content: Arc<str>,
    /// A slot for the wire to keep its encoded form in, as long as this answer
    /// is cached. Counted as one more copy of the content.
    pub encoded: OnceLock<Bytes>,
}

/// Lets the content be a body without a copy.
struct Body(Arc<str>);

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Answer {
    pub(crate) fn new(meta: Arc<ConfigMeta>, content: Arc<str>) -> Self {
        Self { meta, content, encoded: OnceLock::new() }
    }

    /// The rule by which this caller got a gray release; `None` for the item itself.
    pub fn gray(&self) -> Option<&GrayRule> {
        self.meta.gray.as_deref()
    }

    /// The content as bytes, without copying it.
    pub fn body(&self) -> Bytes {
        Bytes::from_owner(Body(Arc::clone(&self.content)))
    }
}
