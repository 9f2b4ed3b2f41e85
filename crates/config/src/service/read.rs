//! Reading items.

use std::{sync::Arc, time::Duration};

use seawall_store::Unavailable;
use seawall_topology::Namespace;

use super::open::ConfigService;
use crate::{
    Answer, Caller, ConfigId, ConfigKey, ConfigMeta, GrayName, QuotaScope, index::slot::Slot,
};

/// How often a read follows an item that is overwritten under its hands.
const READ_ATTEMPTS: usize = 5;
/// How long it waits each time for the copy in memory to catch up.
const CATCH_UP: Duration = Duration::from_millis(50);

impl ConfigService {
    /// The item, or the gray release that `caller` is to see; `None` if there is
    /// neither. Answered from memory unless the content was cached out.
    pub async fn get(
        &self,
        key: &ConfigKey,
        caller: &Caller,
    ) -> Result<Option<Arc<Answer>>, Unavailable> {
        self.read(key, |slot| slot.seen_by(caller)).await
    }

    /// The item itself, whoever asks.
    pub async fn get_formal(&self, key: &ConfigKey) -> Result<Option<Arc<Answer>>, Unavailable> {
        self.read(key, |slot| slot.formal.as_ref()).await
    }

    /// A gray release by its name, whoever asks.
    pub async fn get_gray(
        &self,
        key: &ConfigKey,
        gray: &GrayName,
    ) -> Result<Option<Arc<Answer>>, Unavailable> {
        self.read(key, |slot| slot.gray(gray)).await
    }

    /// Everything about the item but its content.
    pub fn meta(&self, key: &ConfigKey) -> Result<Option<Arc<ConfigMeta>>, Unavailable> {
        self.core.index.check_loaded()?;
        Ok(self.core.index.with(key, |slot| slot.and_then(|slot| slot.formal.clone())))
    }

    /// The item with this number. Looks at every item.
    pub fn by_id(&self, id: ConfigId) -> Result<Option<Arc<ConfigMeta>>, Unavailable> {
        self.core.index.check_loaded()?;
        let wanted = |slot: &Slot| slot.formal.as_ref().filter(|meta| meta.id == id).cloned();
        Ok(self.core.index.collect(wanted).pop())
    }

    /// Fingerprint of what `caller` is to see, in lower hex; empty if there is nothing.
    pub fn md5(&self, key: &ConfigKey, caller: &Caller) -> Result<String, Unavailable> {
        self.core.index.check_loaded()?;
        let md5 = self.core.index.with(key, |slot| slot.and_then(|slot| slot.md5_for(caller)));
        Ok(md5.map(|md5| md5.to_string()).unwrap_or_default())
    }

    /// Gray releases of an item, in the order they are tried.
    pub fn grays(&self, key: &ConfigKey) -> Result<Vec<Arc<ConfigMeta>>, Unavailable> {
        self.core.index.check_loaded()?;
        Ok(self.core.index.slot(key).grays)
    }

    /// Names of all items of a namespace, sorted.
    pub fn keys(&self, namespace: &Namespace) -> Result<Vec<ConfigKey>, Unavailable> {
        self.core.index.check_loaded()?;
        let here = |meta: &&Arc<ConfigMeta>| meta.key.namespace == *namespace;
        let name = |slot: &Slot| slot.formal.as_ref().filter(here).map(|meta| meta.key.clone());
        let mut keys = self.core.index.collect(name);
        keys.sort();
        Ok(keys)
    }

    /// Number of items in a namespace.
    pub fn count(&self, namespace: &Namespace) -> Result<u64, Unavailable> {
        self.core.index.check_loaded()?;
        Ok(self.core.index.count(&QuotaScope::Namespace(namespace.clone())))
    }

    /// Number of all items.
    pub fn total(&self) -> Result<u64, Unavailable> {
        self.core.index.check_loaded()?;
        Ok(self.core.index.total())
    }

    async fn read(
        &self,
        key: &ConfigKey,
        pick: impl Fn(&Slot) -> Option<&Arc<ConfigMeta>>,
    ) -> Result<Option<Arc<Answer>>, Unavailable> {
        let index = &self.core.index;
        index.check_loaded()?;
        for _ in 0..READ_ATTEMPTS {
            let Some(meta) = index.with(key, |slot| slot.and_then(&pick).cloned()) else {
                return Ok(None);
            };
            if let Some(answer) = self.core.answer(&meta).await? {
                return Ok(Some(answer));
            }
            // The content is gone because the item was overwritten or removed: the
            // copy in memory is about to show that.
            let newer = self.core.applied.revision().next();
            let _ = tokio::time::timeout(CATCH_UP, self.core.applied.reached(newer)).await;
        }
        tracing::error!(%key, "the content of a configuration is missing");
        Err(Unavailable { reason: "the content is missing from the store".to_owned() })
    }
}
