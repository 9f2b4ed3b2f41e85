//! Signatures first; bodies follow.
#![expect(clippy::todo, unused_variables, clippy::unused_async, reason = "bodies follow")]

use std::{collections::HashSet, net::IpAddr, sync::Arc, time::Duration};

use seawall_clock::Clock;
use seawall_store::{Store, Unavailable};
use seawall_topology::Namespace;

use crate::*;

/// The configuration of a node.
pub struct ConfigService {}

impl ConfigService {
    /// Opens the service on `store` and starts to load; see [`Self::warmed`].
    pub async fn open(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: ConfigSettings,
    ) -> Result<Arc<Self>, OpenError> {
        todo!()
    }
    /// Whether the names and fingerprints of all items are loaded.
    pub fn ready(&self) -> bool {
        todo!()
    }
    /// Waits until [`Self::ready`].
    pub async fn warmed(&self) {
        todo!()
    }
    /// Ends the background tasks.
    pub fn close(&self) {
        todo!()
    }
    /// The item, or the gray release `caller` is to see.
    pub async fn get(
        &self,
        key: &ConfigKey,
        caller: &Caller,
    ) -> Result<Option<Arc<Answer>>, Unavailable> {
        todo!()
    }
    /// The item itself, whoever asks.
    pub async fn get_formal(&self, key: &ConfigKey) -> Result<Option<Arc<Answer>>, Unavailable> {
        todo!()
    }
    /// A gray release by its name.
    pub async fn get_gray(
        &self,
        key: &ConfigKey,
        gray: &GrayName,
    ) -> Result<Option<Arc<Answer>>, Unavailable> {
        todo!()
    }
    /// The item's metadata.
    pub fn meta(&self, key: &ConfigKey) -> Result<Option<Arc<ConfigMeta>>, Unavailable> {
        todo!()
    }
    /// The item with this number.
    pub fn by_id(&self, id: ConfigId) -> Result<Option<Arc<ConfigMeta>>, Unavailable> {
        todo!()
    }
    /// Fingerprint of what `caller` is to see, empty if there is nothing.
    pub fn md5(&self, key: &ConfigKey, caller: &Caller) -> Result<String, Unavailable> {
        todo!()
    }
    /// Publishes.
    pub async fn publish(&self, publish: Publish) -> Result<Published, PublishError> {
        todo!()
    }
    /// Removes the item (`gray` is `None`) or one of its gray releases.
    pub async fn remove(
        &self,
        key: &ConfigKey,
        gray: Option<&GrayName>,
        author: Author,
    ) -> Result<Removed, PublishError> {
        todo!()
    }
    /// Changes description and tags; the content stays.
    pub async fn describe(
        &self,
        key: &ConfigKey,
        words: Describe,
        author: Author,
    ) -> Result<(), PublishError> {
        todo!()
    }
    /// Listens; gives the items that are not what the client has.
    pub fn listen(
        &self,
        listener: ListenerId,
        caller: &Caller,
        items: Vec<Listen>,
        sink: Arc<dyn ChangeSink>,
    ) -> Result<Vec<Changed>, Unavailable> {
        todo!()
    }
    /// Stops listening to `keys`.
    pub fn unlisten(&self, listener: ListenerId, keys: &[ConfigKey]) {
        todo!()
    }
    /// Forgets a listener with all its items and fuzzy watches.
    pub fn drop_listener(&self, listener: ListenerId) {
        todo!()
    }
    /// Long polling: waits until one of `items` is not what the client has, at most `wait`.
    pub async fn wait_changed(
        &self,
        caller: &Caller,
        items: Vec<Listen>,
        wait: Duration,
    ) -> Result<Vec<Changed>, Unavailable> {
        todo!()
    }
    /// Who listens to an item.
    pub fn listeners_of(&self, key: &ConfigKey) -> Vec<ListenerView> {
        todo!()
    }
    /// What listeners at an address listen to.
    pub fn listened_by(&self, ip: IpAddr) -> Vec<ListenerView> {
        todo!()
    }
    /// Follows all items a pattern names; gives the difference to `received`.
    pub fn fuzzy_watch(
        &self,
        listener: ListenerId,
        pattern: &FuzzyPattern,
        received: &HashSet<ConfigKey>,
        sink: Arc<dyn FuzzySink>,
    ) -> Result<Vec<FuzzyChange>, FuzzyError> {
        todo!()
    }
    /// Stops following a pattern.
    pub fn fuzzy_cancel(&self, listener: ListenerId, pattern: &FuzzyPattern) {
        todo!()
    }
    /// Finds items.
    pub async fn search(&self, search: &Search) -> Result<Paged<Found>, Unavailable> {
        todo!()
    }
    /// Names of all items of a namespace, sorted.
    pub fn keys(&self, namespace: &Namespace) -> Result<Vec<ConfigKey>, Unavailable> {
        todo!()
    }
    /// Number of items in a namespace.
    pub fn count(&self, namespace: &Namespace) -> Result<u64, Unavailable> {
        todo!()
    }
    /// Gray releases of an item, the first to match first.
    pub fn grays(&self, key: &ConfigKey) -> Result<Vec<Arc<ConfigMeta>>, Unavailable> {
        todo!()
    }
    /// History of an item, newest first.
    pub async fn history(
        &self,
        key: &ConfigKey,
        page: PageOf,
    ) -> Result<Paged<HistoryEntry>, Unavailable> {
        todo!()
    }
    /// One change with its content.
    pub async fn history_detail(
        &self,
        key: &ConfigKey,
        id: HistoryId,
    ) -> Result<HistoryDetail, HistoryError> {
        todo!()
    }
    /// The change before one.
    pub async fn history_previous(
        &self,
        key: &ConfigKey,
        id: HistoryId,
    ) -> Result<HistoryDetail, HistoryError> {
        todo!()
    }
    /// What a change changed.
    pub async fn history_diff(&self, key: &ConfigKey, id: HistoryId) -> Result<Diff, HistoryError> {
        todo!()
    }
    /// Undoes up to and including a change.
    pub async fn rollback(
        &self,
        key: &ConfigKey,
        id: HistoryId,
        author: Author,
    ) -> Result<(), HistoryError> {
        todo!()
    }
    /// Exports items.
    pub async fn export(&self, export: &Export) -> Result<Exported, Unavailable> {
        todo!()
    }
    /// Imports an archive.
    pub async fn import(&self, zip: &[u8], import: &Import) -> Result<Imported, ArchiveError> {
        todo!()
    }
    /// Clones items into a namespace.
    pub async fn clone_items(
        &self,
        items: &[CloneItem],
        import: &Import,
    ) -> Result<Imported, Unavailable> {
        todo!()
    }
    /// A quota and its use.
    pub fn quota(&self, scope: &QuotaScope) -> Result<QuotaView, Unavailable> {
        todo!()
    }
    /// Sets a quota.
    pub async fn set_quota(&self, scope: &QuotaScope, quota: Quota) -> Result<(), PublishError> {
        todo!()
    }
    /// Registers the metrics.
    pub fn register_metrics(&self, registry: &mut prometheus_client::registry::Registry) {
        todo!()
    }
}
