//! Contents: a bounded cache over the store.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use quick_cache::{Weighter, sync::Cache};
use ring::rand::SystemRandom;
use seawall_store::{Unavailable, Value};

use super::core::Core;
use crate::{
    Answer, ConfigKey, ConfigMeta, Md5, PublishError,
    content::cipher,
    model::meta::ContentVersion,
    stored::{
        convert::{StoredContent, decode_content, encode_content},
        keys,
    },
};

/// What an answer takes beside its content, in bytes, roughly.
const ANSWER_BYTES: u64 = 256;
/// A guess at the usual weight of an answer, to size the cache's tables.
const USUAL_BYTES: u64 = 4_096;

/// The commit that wrote an item, and its content: together they name an answer.
type AnswerId = (u64, u64);

/// A content that is not known to be stored yet.
type ComingId = (ConfigKey, ContentVersion, Md5);

#[derive(Clone)]
struct ByBytes;

impl Weighter<AnswerId, Arc<Answer>> for ByBytes {
    fn weight(&self, _: &AnswerId, answer: &Arc<Answer>) -> u64 {
        // Twice, because the wire may keep its encoded form with it.
        ANSWER_BYTES + 2 * answer.content.len() as u64
    }
}

/// Answers read or published lately.
pub(super) struct Contents {
    cache: Cache<AnswerId, Arc<Answer>, ByBytes>,
    /// Contents on their way into the store, so that they are in the cache before
    /// anybody hears of them. Another node may be writing another content under the
    /// same version of the same item, so the fingerprint is part of the name.
    coming: Mutex<HashMap<ComingId, Arc<str>>>,
}

fn answer_id(meta: &ConfigMeta) -> AnswerId {
    (meta.revision.get(), meta.version.0)
}

fn coming_id(meta: &ConfigMeta) -> ComingId {
    (meta.key.clone(), meta.version, meta.md5)
}

impl Contents {
    pub(super) fn new(bytes: u64) -> Self {
        let items = usize::try_from(bytes / USUAL_BYTES).unwrap_or(usize::MAX).clamp(16, 1 << 20);
        Self { cache: Cache::with_weighter(items, bytes, ByBytes), coming: Mutex::default() }
    }

    pub(super) fn get(&self, meta: &ConfigMeta) -> Option<Arc<Answer>> {
        self.cache.get(&answer_id(meta))
    }

    /// Remembers a content that is about to be committed; [`Coming`] forgets it.
    pub(super) fn coming(&self, meta: &ConfigMeta, content: Arc<str>) -> Coming<'_> {
        let id = coming_id(meta);
        self.coming.lock().insert(id.clone(), content);
        Coming { contents: self, id }
    }

    /// An item was written: caches its answer if the content is at hand.
    pub(super) fn written(&self, meta: &Arc<ConfigMeta>, before: Option<&Arc<ConfigMeta>>) {
        let coming = self.coming.lock().get(&coming_id(meta)).cloned();
        let unchanged = || {
            let before = before.filter(|before| before.version == meta.version)?;
            self.cache.peek(&answer_id(before)).map(|answer| Arc::clone(&answer.content))
        };
        if let Some(content) = coming.or_else(unchanged) {
            self.cache.insert(answer_id(meta), Arc::new(Answer::new(Arc::clone(meta), content)));
        }
    }

    /// An item was overwritten or removed: its answer is of no use any more.
    pub(super) fn outdated(&self, meta: &ConfigMeta) {
        self.cache.remove(&answer_id(meta));
    }
}

/// A content on its way; dropping this forgets it.
pub(super) struct Coming<'a> {
    contents: &'a Contents,
    id: ComingId,
}

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        self.contents.coming.lock().remove(&self.id);
    }
}

impl Core {
    /// The answer for `meta`, read from the store if need be. Callers that want the
    /// same one at once wait for one read. `None` if the content is gone: `meta` is
    /// no longer current.
    pub(super) async fn answer(
        &self,
        meta: &Arc<ConfigMeta>,
    ) -> Result<Option<Arc<Answer>>, Unavailable> {
        if let Some(answer) = self.contents.get(meta) {
            return Ok(Some(answer));
        }
        match self.contents.cache.get_value_or_guard_async(&answer_id(meta)).await {
            Ok(answer) => Ok(Some(answer)),
            Err(guard) => {
                let Some(content) = self.content(&meta.key, meta.version).await? else {
                    return Ok(None);
                };
                let answer = Arc::new(Answer::new(Arc::clone(meta), content));
                // Refused only if it became outdated meanwhile; then it is not cached.
                let _ = guard.insert(Arc::clone(&answer));
                Ok(Some(answer))
            }
        }
    }

    /// One content from the store, as clients get it; `None` if it is not there.
    pub(super) async fn content(
        &self,
        key: &ConfigKey,
        version: ContentVersion,
    ) -> Result<Option<Arc<str>>, Unavailable> {
        self.metrics.content_loads.inc();
        let place = keys::content(key, version);
        let Some(pair) = self.store.snapshot().await?.get(&place).await? else { return Ok(None) };
        let unreadable = |reason: String| {
            tracing::error!(%key, reason, "a stored content cannot be read");
            Unavailable { reason }
        };
        let stored = decode_content(&pair.value).map_err(|error| unreadable(error.to_string()))?;
        let plain = match stored {
            StoredContent::Plain(plain) => plain,
            StoredContent::Sealed(sealed) => {
                let master = self.settings.master_key.as_ref();
                let master = master.ok_or_else(|| unreadable("no master key".to_owned()))?;
                cipher::open(master, place.as_bytes(), &sealed)
                    .map_err(|error| unreadable(error.to_string()))?
            }
        };
        Ok(Some(plain.into()))
    }

    /// The stored form of a new content: sealed if the item's name asks for it and
    /// the client has not encrypted it already.
    pub(super) fn seal(&self, meta: &ConfigMeta, content: &str) -> Result<Value, PublishError> {
        if !meta.key.data_id.is_cipher() || !meta.encrypted_data_key.is_empty() {
            return Ok(encode_content(StoredContent::Plain(content.to_owned())));
        }
        let master = self.settings.master_key.as_ref().ok_or(PublishError::NoMasterKey)?;
        let place = keys::content(&meta.key, meta.version);
        cipher::seal(master, &SystemRandom::new(), place.as_bytes(), content)
            .map(|sealed| encode_content(StoredContent::Sealed(sealed)))
            .map_err(|error| PublishError::Unavailable(Unavailable { reason: error.to_string() }))
    }
}
