use std::{sync::Arc, time::Duration};

use seawall_clock::ManualClock;
use seawall_store::{Batch, Key, MemoryStore, Store};

use super::world::{Heard, LISTENER, START, World, author, caller, key, listen, request};
use crate::{
    ConfigService, ConfigSettings, FuzzyError, FuzzyPattern, HistoryError, MasterKey, Md5,
    OpenError, PageOf, PublishError, Search, stored::keys,
};

#[tokio::test]
async fn t05_before_everything_is_loaded_nothing_is_called_absent() {
    let clock = Arc::new(ManualClock::at(START));
    let store = MemoryStore::new(clock.clone());
    let configs = ConfigService::open(store, clock, ConfigSettings::default()).await.unwrap();
    // The loading task had no chance to run yet.
    assert!(!configs.ready());
    let heard = Arc::new(Heard::default());
    assert!(configs.get(&key("a"), &caller()).await.is_err());
    assert!(configs.md5(&key("a"), &caller()).is_err());
    assert!(configs.meta(&key("a")).is_err());
    assert!(configs.listen(LISTENER, &caller(), vec![listen("a", "")], heard.clone()).is_err());
    let none = Duration::ZERO;
    assert!(configs.wait_changed(1, &caller(), vec![listen("a", "")], none).await.is_err());
    let everything = Search::everything("".parse().unwrap(), PageOf { number: 1, size: 1 });
    assert!(configs.search(&everything).await.is_err());
    let refused = configs.publish(request("a", "x")).await;
    assert!(matches!(refused, Err(PublishError::Unavailable(_))));
    let pattern: FuzzyPattern = "public>>*>>*".parse().unwrap();
    let refused = configs.fuzzy_watch(LISTENER, &pattern, &Default::default(), heard, |_| ());
    assert!(matches!(refused, Err(FuzzyError::Unavailable(_))));
    configs.warmed().await;
    assert!(configs.ready());
    assert!(configs.get(&key("a"), &caller()).await.unwrap().is_none());
}

#[tokio::test]
async fn t05_with_the_store_away_reads_go_on_and_writes_say_so() {
    let world = World::new().await;
    world.publish("a", "cached").await.unwrap();
    world.store.set_unavailable(Some("majority lost"));
    assert_eq!(world.content("a").await.as_deref(), Some("cached"));
    assert_eq!(world.content("absent").await, None);
    let refused = world.publish("a", "new").await;
    assert!(matches!(refused, Err(PublishError::Unavailable(_))));
    let refused = world.configs.history(&key("a"), super::world::FIRST_PAGE).await;
    assert!(refused.is_err());
    world.store.set_unavailable(None);
    world.publish("a", "new").await.unwrap();
    assert_eq!(world.content("a").await.as_deref(), Some("new"));
}

#[tokio::test]
async fn t05_a_content_that_cannot_be_read_is_not_absent() {
    let world = World::new().await;
    world.publish("a", "x").await.unwrap();
    let restarted = world.restarted().await;
    restarted.store.set_unavailable(Some("moving"));
    assert!(restarted.configs.get(&key("a"), &caller()).await.is_err());
    restarted.store.set_unavailable(None);
    assert_eq!(restarted.content("a").await.as_deref(), Some("x"));
}

#[tokio::test]
async fn a_record_that_cannot_be_read_does_not_take_the_item_away() {
    let world = World::new().await;
    world.publish("a", "x").await.unwrap();
    world.store.commit(Batch::new().put(keys::item(&key("a")), &b"\xffgarbage"[..])).await.unwrap();
    world.publish("b", "y").await.unwrap();
    assert_eq!(world.content("a").await.as_deref(), Some("x"), "the last good one is served");
}

#[tokio::test]
async fn a_lost_content_is_an_error_not_an_absence() {
    let world = World::new().await;
    world.publish("a", "x").await.unwrap();
    let meta = world.configs.meta(&key("a")).unwrap().unwrap();
    let lost = Batch::new().delete(keys::content(&key("a"), meta.version));
    world.store.commit(lost).await.unwrap();
    let restarted = world.restarted().await;
    assert!(restarted.configs.get(&key("a"), &caller()).await.is_err());
    let entry = restarted.configs.history(&key("a"), super::world::FIRST_PAGE).await.unwrap();
    let detail = restarted.configs.history_detail(&key("a"), entry.items[0].id).await;
    assert_eq!(detail, Err(HistoryError::NotFound));
}

#[tokio::test]
async fn t22_a_reload_after_lost_history_tells_only_what_really_changed() {
    let world = World::new().await;
    world.publish("same", "1").await.unwrap();
    world.publish("gone", "1").await.unwrap();
    let heard = Arc::new(Heard::default());
    let md5 = Md5::of("1").to_string();
    let items = vec![listen("same", &md5), listen("gone", &md5), listen("new", "")];
    world.configs.listen(LISTENER, &caller(), items, heard.clone()).unwrap();
    world.store.set_unavailable(Some("partition"));
    while world.configs.core.metrics.following.get() == 1 {
        tokio::task::yield_now().await;
    }
    // While this node is cut off, another one writes.
    world.store.set_unavailable(None);
    let other = world.second_node().await;
    other.publish("same", "1").await.unwrap();
    other.configs.remove(&key("gone"), None, author()).await.unwrap();
    other.publish("new", "1").await.unwrap();
    let last = other.publish("marker", "1").await.unwrap();
    world.store.compact(last.revision);
    world.configs.core.applied.reached(last.revision).await;
    let mut told = heard.changed();
    told.sort();
    assert_eq!(told, ["gone", "new"]);
    assert_eq!(world.content("gone").await, None);
    assert_eq!(world.content("new").await.as_deref(), Some("1"));
    assert_eq!(world.configs.core.metrics.following.get(), 1);
}

#[tokio::test]
async fn another_master_key_or_none_is_refused_at_the_door() {
    let world = World::new().await;
    let open = async |master_key: Option<MasterKey>| {
        let settings = ConfigSettings { master_key, ..ConfigSettings::default() };
        ConfigService::open(world.store.clone(), world.clock.clone(), settings).await
    };
    let other = MasterKey::from_bytes([8; 32]);
    assert!(matches!(open(Some(other)).await, Err(OpenError::WrongMasterKey)));
    assert!(matches!(open(None).await, Err(OpenError::WrongMasterKey)));
    assert!(open(world.settings.master_key.clone()).await.is_ok());
    world.store.set_unavailable(Some("starting"));
    let refused = open(world.settings.master_key.clone()).await;
    assert!(matches!(refused, Err(OpenError::Unavailable(_))));
}

#[tokio::test]
async fn keys_of_others_in_our_place_are_left_alone() {
    let world = World::new().await;
    let strange = Key::of_parts(["config", "later-version", "x"]);
    world.store.commit(Batch::new().put(strange.clone(), "?")).await.unwrap();
    world.publish("a", "x").await.unwrap();
    let restarted = world.restarted().await;
    assert_eq!(restarted.content("a").await.as_deref(), Some("x"));
    let snapshot = restarted.store.snapshot().await.unwrap();
    assert!(snapshot.get(&strange).await.unwrap().is_some());
}

#[tokio::test]
async fn the_cleaner_never_takes_what_a_racing_writer_still_needs() {
    let world = World::with(|settings| settings.history.per_item_max = 2).await;
    let other = world.second_node().await;
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let node = if writer % 2 == 0 { &world } else { &other };
            let configs = Arc::clone(&node.configs);
            tokio::spawn(async move {
                for n in 0..25 {
                    // Few contents, so that the same one is often published again.
                    configs.publish(request("busy", &(n % 3).to_string())).await.unwrap();
                    if n % 5 == writer {
                        configs.core.clean_history().await.unwrap();
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let restarted = world.restarted().await;
    assert!(restarted.content("busy").await.is_some());
    let left = restarted.configs.history(&key("busy"), super::world::FIRST_PAGE).await.unwrap();
    assert!(left.total >= 2);
    for entry in left.items {
        restarted.configs.history_detail(&key("busy"), entry.id).await.unwrap();
    }
}
