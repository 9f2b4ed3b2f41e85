//! The service on the store that writes to disk.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are part of it")]

use std::{path::Path, sync::Arc, time::Duration};

use seawall_clock::{ManualClock, WallTime};
use seawall_config::{
    Author, Caller, ConfigKey, ConfigService, ConfigSettings, GrayRule, MasterKey, PageOf, Publish,
};
use seawall_store::{EmbeddedStore, StoreSettings};

async fn open(dir: &Path, clock: &Arc<ManualClock>) -> (Arc<EmbeddedStore>, Arc<ConfigService>) {
    let store =
        EmbeddedStore::open(&dir.join("store"), StoreSettings::default(), clock.clone()).unwrap();
    let master_key = Some(MasterKey::load_or_create(&dir.join("master.key")).unwrap());
    let settings = ConfigSettings { master_key, ..ConfigSettings::default() };
    let configs = ConfigService::open(store.clone(), clock.clone(), settings).await.unwrap();
    configs.warmed().await;
    (store, configs)
}

fn key(data_id: &str) -> ConfigKey {
    ConfigKey::parse("", "", data_id).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t22_everything_is_the_same_after_a_restart_from_disk() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(WallTime::from_millis(1_750_000_000_000)));
    let (store, configs) = open(dir.path(), &clock).await;
    for n in 0..20 {
        clock.advance(Duration::from_secs(1));
        configs.publish(Publish::new(key("app.yaml"), format!("a: {n}"))).await.unwrap();
    }
    configs.publish(Publish::new(key("cipher-aes-db"), "secret")).await.unwrap();
    configs.publish(Publish::new(key("gone"), "x")).await.unwrap();
    configs.remove(&key("gone"), None, Author::default()).await.unwrap();
    let mut beta = Publish::new(key("app.yaml"), "a: beta");
    beta.gray = Some(GrayRule::beta("10.0.0.1").unwrap());
    configs.publish(beta).await.unwrap();
    let before = configs.get_formal(&key("app.yaml")).await.unwrap().unwrap();
    configs.close();
    drop(configs);
    store.close().await;
    drop(store);

    clock.advance(Duration::from_secs(3_600));
    let (store, configs) = open(dir.path(), &clock).await;
    let after = configs.get_formal(&key("app.yaml")).await.unwrap().unwrap();
    assert_eq!((&after.meta, &after.content), (&before.meta, &before.content));
    let caller = Caller::from_ip("10.0.0.1".parse().unwrap());
    let beta = configs.get(&key("app.yaml"), &caller).await.unwrap().unwrap();
    assert_eq!(&*beta.content, "a: beta");
    let secret = configs.get(&key("cipher-aes-db"), &caller).await.unwrap().unwrap();
    assert_eq!(&*secret.content, "secret");
    assert!(configs.get(&key("gone"), &caller).await.unwrap().is_none());
    let page = PageOf { number: 1, size: 100 };
    assert_eq!(configs.history(&key("app.yaml"), page).await.unwrap().total, 21);
    configs.close();
    store.close().await;
}
