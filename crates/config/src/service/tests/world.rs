//! A service on a store in memory, and short ways to speak to it.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use seawall_clock::{ManualClock, WallTime};
use seawall_store::{KeyRange, MemoryStore, Store};
use tokio::sync::Notify;

use crate::{
    Answer, Author, Caller, ChangeSink, Changed, ConfigKey, ConfigService, ConfigSettings,
    FuzzyChange, FuzzySink, Listen, ListenerId, MasterKey, NamespaceSpelling, PageOf, Publish,
    PublishError, Published,
};

/// When the clock of a new world starts.
pub(super) const START: WallTime = WallTime::from_millis(1_750_000_000_000);

pub(super) struct World {
    pub(super) clock: Arc<ManualClock>,
    pub(super) store: Arc<MemoryStore>,
    pub(super) configs: Arc<ConfigService>,
    pub(super) settings: ConfigSettings,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(set: impl FnOnce(&mut ConfigSettings)) -> Self {
        let mut settings = ConfigSettings {
            master_key: Some(MasterKey::from_bytes([7; 32])),
            ..ConfigSettings::default()
        };
        set(&mut settings);
        let clock = Arc::new(ManualClock::at(START));
        let store = MemoryStore::new(clock.clone());
        let configs = open(&store, &clock, &settings).await;
        Self { clock, store, configs, settings }
    }

    /// The same store behind a new process.
    pub(super) async fn restarted(&self) -> Self {
        let store = self.store.restarted();
        let configs = open(&store, &self.clock, &self.settings).await;
        let (clock, settings) = (self.clock.clone(), self.settings.clone());
        Self { clock, store, configs, settings }
    }

    /// A second node on the same store.
    pub(super) async fn second_node(&self) -> Self {
        let configs = open(&self.store, &self.clock, &self.settings).await;
        let (clock, store) = (self.clock.clone(), self.store.clone());
        Self { clock, store, configs, settings: self.settings.clone() }
    }

    pub(super) async fn publish(
        &self,
        data_id: &str,
        content: &str,
    ) -> Result<Published, PublishError> {
        self.configs.publish(request(data_id, content)).await
    }

    pub(super) async fn get(&self, data_id: &str) -> Option<Arc<Answer>> {
        self.configs.get(&key(data_id), &caller()).await.unwrap()
    }

    pub(super) async fn content(&self, data_id: &str) -> Option<String> {
        self.get(data_id).await.map(|answer| answer.content.to_string())
    }

    pub(super) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Everything in the store, as one text, to look for secrets in.
    pub(super) async fn bytes_at_rest(&self) -> Vec<u8> {
        let snapshot = self.store.snapshot().await.unwrap();
        let page = snapshot.scan(&KeyRange::all(), 10_000).await.unwrap();
        assert!(page.rest.is_none());
        page.pairs.iter().flat_map(|pair| pair.value.to_vec()).collect()
    }

    /// Number of contents in the store.
    pub(super) async fn contents_at_rest(&self) -> usize {
        let snapshot = self.store.snapshot().await.unwrap();
        let prefix = seawall_store::Key::of_parts(["config-content"]);
        snapshot.scan(&KeyRange::prefix(&prefix), 10_000).await.unwrap().pairs.len()
    }
}

async fn open(
    store: &Arc<MemoryStore>,
    clock: &Arc<ManualClock>,
    settings: &ConfigSettings,
) -> Arc<ConfigService> {
    let configs =
        ConfigService::open(store.clone(), clock.clone(), settings.clone()).await.unwrap();
    configs.warmed().await;
    configs
}

pub(super) fn key(data_id: &str) -> ConfigKey {
    ConfigKey::parse("", "", data_id).unwrap()
}

pub(super) fn caller() -> Caller {
    Caller::from_ip("10.0.0.1".parse().unwrap())
}

pub(super) fn author() -> Author {
    Author { user: "ann".to_owned(), ip: "10.0.0.7".to_owned() }
}

pub(super) fn request(data_id: &str, content: &str) -> Publish {
    Publish { author: author(), ..Publish::new(key(data_id), content) }
}

pub(super) fn listen(data_id: &str, md5: &str) -> Listen {
    Listen { key: key(data_id), md5: md5.into(), spelling: NamespaceSpelling::Blank }
}

pub(super) const FIRST_PAGE: PageOf = PageOf { number: 1, size: 100 };
pub(super) const LISTENER: ListenerId = ListenerId(1);

/// Remembers news and can be waited for.
#[derive(Default)]
pub(super) struct Heard {
    changed: Mutex<Vec<Changed>>,
    fuzzy: Mutex<Vec<FuzzyChange>>,
    news: Notify,
}

impl Heard {
    pub(super) fn changed(&self) -> Vec<String> {
        let taken = std::mem::take(&mut *self.changed.lock());
        taken.into_iter().map(|changed| changed.key.data_id.to_string()).collect()
    }

    pub(super) fn fuzzy(&self) -> Vec<FuzzyChange> {
        std::mem::take(&mut *self.fuzzy.lock())
    }

    pub(super) async fn news(&self) {
        self.news.notified().await;
    }
}

impl ChangeSink for Heard {
    fn changed(&self, changed: Changed) {
        self.changed.lock().push(changed);
        self.news.notify_one();
    }
}

impl FuzzySink for Heard {
    fn fuzzy_changed(&self, change: FuzzyChange) {
        self.fuzzy.lock().push(change);
        self.news.notify_one();
    }
}
