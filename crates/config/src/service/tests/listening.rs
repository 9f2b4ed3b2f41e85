use std::{collections::HashSet, sync::Arc, time::Duration};

use super::world::{Heard, LISTENER, World, author, caller, key, listen, request};
use crate::{
    Caller, ChangeSink, Changed, ConfigService, FuzzyChange, FuzzyKind, FuzzyPattern, GrayRule,
    ListenError, ListenerId, Md5, NamespaceSpelling,
};

#[tokio::test]
async fn a_publish_is_told_to_its_listeners_by_the_time_it_is_acknowledged() {
    let world = World::new().await;
    let heard = Arc::new(Heard::default());
    let items = vec![listen("a", ""), listen("b", "")];
    let changed = world.configs.listen(LISTENER, &caller(), items, heard.clone()).unwrap();
    assert_eq!(changed, []);
    world.publish("a", "1").await.unwrap();
    assert_eq!(heard.changed(), ["a"]);
    world.publish("a", "1").await.unwrap();
    assert_eq!(heard.changed(), [""; 0], "the same content is no news");
    world.configs.remove(&key("a"), None, author()).await.unwrap();
    assert_eq!(heard.changed(), ["a"]);
    world.configs.unlisten(LISTENER, &[key("a")]);
    world.publish("a", "2").await.unwrap();
    assert_eq!(heard.changed(), [""; 0]);
    assert_eq!(world.configs.listeners_of(&key("b")).len(), 1);
    assert_eq!(world.configs.listened_by(caller().ip).len(), 1);
    world.configs.drop_listener(LISTENER);
    assert!(world.configs.listened_by(caller().ip).is_empty());
}

/// Reads the item at the moment the news arrives, as a client would.
struct ReadsAtOnce {
    configs: Arc<ConfigService>,
    seen: tokio::sync::mpsc::UnboundedSender<String>,
}

impl ChangeSink for ReadsAtOnce {
    fn changed(&self, changed: Changed) {
        let (configs, seen) = (Arc::clone(&self.configs), self.seen.clone());
        tokio::spawn(async move {
            let answer = configs.get(&changed.key, &caller()).await.unwrap().unwrap();
            seen.send(answer.content.to_string()).unwrap();
        });
    }
}

#[tokio::test]
async fn t20_the_herd_after_a_publish_is_served_from_memory() {
    let world = World::new().await;
    let (seen, mut contents) = tokio::sync::mpsc::unbounded_channel();
    for listener in 0..500 {
        let sink =
            Arc::new(ReadsAtOnce { configs: Arc::clone(&world.configs), seen: seen.clone() });
        let items = vec![listen("hot", "")];
        world.configs.listen(ListenerId(listener), &caller(), items, sink).unwrap();
    }
    let loads = || world.configs.core.metrics.content_loads.get();
    let before = loads();
    world.publish("hot", "new").await.unwrap();
    for _ in 0..500 {
        assert_eq!(contents.recv().await.as_deref(), Some("new"));
    }
    assert_eq!(loads(), before, "no read of the store");
}

#[tokio::test]
async fn t20_a_herd_on_a_cold_cache_reads_the_store_once() {
    let world = World::new().await;
    world.publish("hot", "cold").await.unwrap();
    let restarted = world.restarted().await;
    let reads: Vec<_> = (0..100)
        .map(|_| {
            let configs = Arc::clone(&restarted.configs);
            tokio::spawn(async move { configs.get(&key("hot"), &caller()).await })
        })
        .collect();
    for read in reads {
        assert_eq!(&*read.await.unwrap().unwrap().unwrap().content, "cold");
    }
    assert_eq!(restarted.configs.core.metrics.content_loads.get(), 1);
}

#[tokio::test]
async fn a_listener_is_compared_with_what_it_is_to_see() {
    let world = World::new().await;
    world.publish("app", "stable").await.unwrap();
    let heard = Arc::new(Heard::default());
    let stable = Md5::of("stable").to_string();
    let items = || vec![listen("app", &stable)];
    let chosen = caller();
    let other = Caller::from_ip("10.0.0.2".parse().unwrap());
    world.configs.listen(ListenerId(1), &chosen, items(), heard.clone()).unwrap();
    let not_chosen = Arc::new(Heard::default());
    world.configs.listen(ListenerId(2), &other, items(), not_chosen.clone()).unwrap();
    let mut beta = request("app", "beta");
    beta.gray = Some(GrayRule::beta("10.0.0.1").unwrap());
    world.configs.publish(beta).await.unwrap();
    assert_eq!(heard.changed(), ["app"]);
    assert_eq!(not_chosen.changed(), [""; 0]);
    world.publish("app", "stable 2").await.unwrap();
    assert_eq!(heard.changed(), [""; 0], "still on beta");
    assert_eq!(not_chosen.changed(), ["app"]);
    let name = GrayRule::beta_name().unwrap();
    world.configs.remove(&key("app"), Some(&name), author()).await.unwrap();
    assert_eq!(heard.changed(), ["app"], "back to the item itself");
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_returns_at_the_change_or_when_its_time_is_over() {
    let world = World::new().await;
    let (caller, wait) = (caller(), Duration::from_secs(30));
    let (changed, ()) = tokio::join!(
        world.configs.wait_changed(1, &caller, vec![listen("a", ""), listen("b", "")], wait),
        async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            world.publish("b", "x").await.unwrap();
        }
    );
    let changed = changed.unwrap();
    assert_eq!(changed, [Changed { key: key("b"), spelling: NamespaceSpelling::Blank }]);
    let begun = tokio::time::Instant::now();
    let same = vec![listen("b", &Md5::of("x").to_string())];
    assert_eq!(world.configs.wait_changed(1, &caller, same, wait).await.unwrap(), []);
    assert_eq!(begun.elapsed().as_secs(), 30);
    let stale = vec![listen("b", "")];
    assert_eq!(world.configs.wait_changed(1, &caller, stale, wait).await.unwrap().len(), 1);
    assert_eq!(world.configs.core.listeners.lock().size(), (0, 0), "polls leave nothing behind");
}

#[tokio::test(start_paused = true)]
async fn one_client_listens_to_so_many_items_and_no_more() {
    let world = World::with(|settings| settings.listens_per_client_max = 2).await;
    let (configs, heard) = (&world.configs, Arc::new(Heard::default()));
    let listens = |listener, names: &[&str]| {
        let items = names.iter().map(|name| listen(name, "")).collect();
        configs.listen(ListenerId(listener), &caller(), items, heard.clone())
    };
    listens(1, &["a", "b"]).unwrap();
    assert_eq!(listens(1, &["c"]), Err(ListenError::TooMany { max: 2 }));
    listens(1, &["b"]).expect("it has that one already");
    listens(2, &["c"]).expect("another client has room of its own");
    configs.unlisten(ListenerId(1), &[key("a")]);
    listens(1, &["c"]).expect("there is room again");

    let (caller, wait) = (caller(), Duration::from_secs(30));
    let poll = |connection, names: &[&str]| {
        let items = names.iter().map(|name| listen(name, "")).collect();
        configs.wait_changed(connection, &caller, items, wait)
    };
    let both = tokio::join!(poll(1, &["a", "b"]), poll(1, &["c"]), poll(2, &["c"]));
    assert_eq!(both, (Ok(vec![]), Err(ListenError::TooMany { max: 2 }), Ok(vec![])));
    assert_eq!(poll(1, &["a", "b"]).await, Ok(vec![]), "the first poll is over");
}

#[tokio::test(start_paused = true)]
async fn closing_ends_long_polls() {
    let world = World::new().await;
    let (caller, wait) = (caller(), Duration::from_secs(30));
    let (changed, ()) =
        tokio::join!(world.configs.wait_changed(1, &caller, vec![listen("a", "")], wait), async {
            world.configs.close()
        });
    assert_eq!(changed.unwrap(), []);
}

#[tokio::test]
async fn a_fuzzy_watcher_hears_of_every_item_its_pattern_names() {
    let world = World::new().await;
    world.publish("shop-a", "1").await.unwrap();
    let heard = Arc::new(Heard::default());
    let pattern: FuzzyPattern = "public>>*>>shop-*".parse().unwrap();
    let received = HashSet::from([key("shop-gone")]);
    let mut first = Vec::new();
    let begin = |changes: &[FuzzyChange]| {
        first = changes.to_vec();
        let locked = world.configs.core.fuzzy.try_lock().is_none();
        assert!(locked, "no change can be told before the first list is");
    };
    world.configs.fuzzy_watch(LISTENER, &pattern, &received, heard.clone(), begin).unwrap();
    let change = |data_id: &str, kind| FuzzyChange { key: key(data_id), kind };
    assert_eq!(
        first,
        [change("shop-a", FuzzyKind::Added), change("shop-gone", FuzzyKind::Deleted)]
    );
    world.publish("shop-b", "1").await.unwrap();
    world.publish("other", "1").await.unwrap();
    world.publish("shop-a", "2").await.unwrap();
    world.configs.remove(&key("shop-b"), None, author()).await.unwrap();
    heard.news().await;
    assert_eq!(
        heard.fuzzy(),
        [
            change("shop-b", FuzzyKind::Added),
            change("shop-a", FuzzyKind::Changed),
            change("shop-b", FuzzyKind::Deleted),
        ]
    );
    world.configs.fuzzy_cancel(LISTENER, &pattern);
    world.publish("shop-c", "1").await.unwrap();
    assert_eq!(heard.fuzzy(), []);
}

#[tokio::test]
async fn listeners_on_another_node_hear_of_a_publish_too() {
    let world = World::new().await;
    let other = world.second_node().await;
    let heard = Arc::new(Heard::default());
    other.configs.listen(LISTENER, &caller(), vec![listen("a", "")], heard.clone()).unwrap();
    world.publish("a", "1").await.unwrap();
    heard.news().await;
    assert_eq!(other.content("a").await.as_deref(), Some("1"));
}
