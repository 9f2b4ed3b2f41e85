use std::{sync::Arc, time::Duration};

use super::world::{START, World, author, caller, key, request};
use crate::{
    Caller, ConfigId, ContentType, Describe, Found, GrayRule, Md5, PageOf, PublishError, Quota,
    QuotaScope, Search, SearchMode,
};

#[tokio::test]
async fn what_is_acknowledged_can_be_read_at_once() {
    let world = World::new().await;
    assert_eq!(world.content("app.yaml").await, None);
    let published = world.publish("app.yaml", "a: 1").await.unwrap();
    assert!(published.created);
    let answer = world.get("app.yaml").await.unwrap();
    assert_eq!(&*answer.content, "a: 1");
    assert_eq!(answer.body(), "a: 1");
    assert_eq!(answer.meta.modified, START);
    assert_eq!(*answer.meta.modified_by, author());
    assert_eq!(answer.meta.revision, published.revision);
    let again = world.publish("app.yaml", "a: 2").await.unwrap();
    assert!(!again.created && again.md5 == Md5::of("a: 2"));
    assert_eq!(world.content("app.yaml").await.as_deref(), Some("a: 2"));
    assert!(world.configs.remove(&key("app.yaml"), None, author()).await.unwrap().existed);
    assert_eq!(world.content("app.yaml").await, None);
    assert!(!world.configs.remove(&key("app.yaml"), None, author()).await.unwrap().existed);
}

#[tokio::test]
async fn t07_md5_of_what_is_absent_is_empty() {
    let world = World::new().await;
    let md5 = || world.configs.md5(&key("app.yaml"), &caller()).unwrap();
    assert_eq!(md5(), "");
    world.publish("app.yaml", "hello").await.unwrap();
    assert_eq!(md5(), "5d41402abc4b2a76b9719d911017c592");
    world.configs.remove(&key("app.yaml"), None, author()).await.unwrap();
    assert_eq!(md5(), "");
}

#[tokio::test]
async fn of_many_writers_with_the_same_md5_exactly_one_wins() {
    let world = World::new().await;
    let other = world.second_node().await;
    world.publish("counter", "0").await.unwrap();
    let compare_and_set = |node: &World, value: u32| {
        let mut publish = request("counter", &value.to_string());
        publish.cas_md5 = Some(Md5::of("0").to_string());
        let configs = Arc::clone(&node.configs);
        tokio::spawn(async move { configs.publish(publish).await })
    };
    let tries: Vec<_> =
        (1..=20).map(|n| compare_and_set(if n % 2 == 0 { &world } else { &other }, n)).collect();
    let mut won = Vec::new();
    for one in tries {
        match one.await.unwrap() {
            Ok(published) => won.push(published.md5),
            Err(refused) => assert!(matches!(refused, PublishError::Md5Mismatch { .. })),
        }
    }
    assert_eq!(won.len(), 1);
    assert_eq!(world.get("counter").await.unwrap().meta.md5, won[0]);
}

#[tokio::test]
async fn writers_of_one_item_on_two_nodes_all_get_through() {
    let world = World::new().await;
    let other = world.second_node().await;
    let writes: Vec<_> = (0..40)
        .map(|n| {
            let configs = Arc::clone(if n % 2 == 0 { &world.configs } else { &other.configs });
            tokio::spawn(async move { configs.publish(request("busy", &n.to_string())).await })
        })
        .collect();
    for write in writes {
        write.await.unwrap().unwrap();
    }
    let history = world.configs.history(&key("busy"), super::world::FIRST_PAGE).await.unwrap();
    assert_eq!(history.total, 40, "every publish is in history");
}

#[tokio::test]
async fn t22_md5_and_modified_survive_a_restart() {
    let world = World::new().await;
    world.publish("app.yaml", "a: 1").await.unwrap();
    world.advance(Duration::from_secs(5));
    let published = world.publish("app.yaml", "a: 2").await.unwrap();
    let before = world.get("app.yaml").await.unwrap();
    world.advance(Duration::from_secs(3_600));
    let restarted = world.restarted().await;
    let after = restarted.get("app.yaml").await.unwrap();
    assert_eq!(after.meta, before.meta);
    assert_eq!((after.meta.md5, after.meta.modified), (published.md5, published.modified));
    assert_eq!(after.content, before.content);
}

#[tokio::test]
async fn a_number_given_after_a_restart_is_new_though_the_clock_went_back() {
    let world = World::new().await;
    world.publish("a", "1").await.unwrap();
    world.clock.set_wall(seawall_clock::WallTime::from_millis(1));
    let restarted = world.restarted().await;
    restarted.publish("b", "1").await.unwrap();
    let id = |world: &World, name| world.configs.meta(&key(name)).unwrap().unwrap().id;
    assert!(id(&restarted, "b") > id(&restarted, "a"));
    let found = restarted.configs.by_id(id(&restarted, "b")).unwrap().unwrap();
    assert_eq!(found.key, key("b"));
    assert!(restarted.configs.by_id(ConfigId::new(1)).unwrap().is_none());
}

#[tokio::test]
async fn a_gray_release_is_seen_by_those_it_is_for() {
    let world = World::new().await;
    world.publish("app.yaml", "stable").await.unwrap();
    let mut beta = request("app.yaml", "new");
    beta.gray = Some(GrayRule::beta("10.0.0.1").unwrap());
    world.configs.publish(beta).await.unwrap();
    let content = async |caller: &Caller| {
        let answer = world.configs.get(&key("app.yaml"), caller).await.unwrap().unwrap();
        (answer.content.to_string(), answer.gray().map(|rule| rule.name.to_string()))
    };
    let other = Caller::from_ip("10.0.0.2".parse().unwrap());
    assert_eq!(content(&caller()).await, ("new".to_owned(), Some("beta".to_owned())));
    assert_eq!(content(&other).await, ("stable".to_owned(), None));
    assert_eq!(world.configs.get_formal(&key("app.yaml")).await.unwrap().unwrap().gray(), None);
    let wider = GrayRule::beta("10.0.0.1,10.0.0.2").unwrap();
    world.configs.put_gray_rule(&key("app.yaml"), wider, author()).await.unwrap();
    assert_eq!(content(&other).await.0, "new");
    let name = GrayRule::beta_name().unwrap();
    assert!(world.configs.get_gray(&key("app.yaml"), &name).await.unwrap().is_some());
    world.configs.remove(&key("app.yaml"), Some(&name), author()).await.unwrap();
    assert_eq!(content(&caller()).await.0, "stable");
    assert!(world.configs.grays(&key("app.yaml")).unwrap().is_empty());
}

#[tokio::test]
async fn a_malformed_content_is_refused_with_its_place_unless_checks_are_off() {
    let world = World::new().await;
    let mut broken = request("app.json", "{\n  \"a\": }");
    broken.content_type = Some(ContentType::Json);
    let refused = world.configs.publish(broken.clone()).await.unwrap_err();
    let PublishError::BadContent(error) = refused else { panic!("{refused}") };
    assert_eq!((error.position.line, error.position.column), (2, 8));
    assert_eq!(world.content("app.json").await, None);
    let lenient = World::with(|settings| settings.check_content = false).await;
    lenient.configs.publish(broken.clone()).await.unwrap();

    // A program's content is another matter.
    broken.from_client = true;
    world.configs.publish(broken.clone()).await.unwrap();
    let strict = World::with(|settings| settings.check_client_content = true).await;
    let refused = strict.configs.publish(broken).await;
    assert!(matches!(refused, Err(PublishError::BadContent(_))), "{refused:?}");
}

#[tokio::test]
async fn cipher_items_are_unreadable_at_rest_and_plain_for_clients() {
    let world = World::new().await;
    let secret = "password=correct horse";
    world.publish("cipher-aes-db", secret).await.unwrap();
    world.publish("plain", "visible everywhere").await.unwrap();
    let at_rest = world.bytes_at_rest().await;
    let contains = |text: &str| at_rest.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(!contains("correct horse") && contains("visible everywhere"));
    let restarted = world.restarted().await;
    let answer = restarted.get("cipher-aes-db").await.unwrap();
    assert_eq!((&*answer.content, answer.meta.md5), (secret, Md5::of(secret)));
    assert_eq!(&*answer.meta.encrypted_data_key, "");
    let history = world.configs.history(&key("cipher-aes-db"), super::world::FIRST_PAGE).await;
    let id = history.unwrap().items[0].id;
    let detail = world.configs.history_detail(&key("cipher-aes-db"), id).await.unwrap();
    assert_eq!(&*detail.content, secret);
}

#[tokio::test]
async fn what_the_client_encrypted_is_kept_as_it_is() {
    let world = World::with(|settings| settings.master_key = None).await;
    let mut publish = request("cipher-aes-db", "bm90IGpzb24=");
    publish.encrypted_data_key = "wrapped".to_owned();
    publish.content_type = Some(ContentType::Json);
    world.configs.publish(publish).await.expect("cipher text is not checked as JSON");
    let answer = world.get("cipher-aes-db").await.unwrap();
    assert_eq!((&*answer.content, &*answer.meta.encrypted_data_key), ("bm90IGpzb24=", "wrapped"));
    let refused = world.publish("cipher-aes-other", "plain").await;
    assert_eq!(refused, Err(PublishError::NoMasterKey));
}

#[tokio::test]
async fn quotas_refuse_new_items_also_when_two_nodes_race() {
    let world = World::with(|settings| settings.quota.enforce = true).await;
    let other = world.second_node().await;
    let scope = QuotaScope::Group("public".parse().unwrap(), "DEFAULT_GROUP".parse().unwrap());
    world.configs.set_quota(&scope, Quota { items_max: 5, bytes_max: 20 }).await.unwrap();
    let mut last = other.configs.quota(&scope).unwrap();
    while last.set.items_max != 5 {
        tokio::task::yield_now().await;
        last = other.configs.quota(&scope).unwrap();
    }
    let writes: Vec<_> = (0..12)
        .map(|n| {
            let configs = Arc::clone(if n % 2 == 0 { &world.configs } else { &other.configs });
            tokio::spawn(async move { configs.publish(request(&format!("item{n}"), "x")).await })
        })
        .collect();
    let mut accepted = 0;
    for write in writes {
        match write.await.unwrap() {
            Ok(_) => accepted += 1,
            Err(refused) => {
                assert!(
                    matches!(refused, PublishError::OverCountQuota { max: 5, .. }),
                    "{refused}"
                );
            }
        }
    }
    assert_eq!(accepted, 5);
    assert_eq!(world.configs.quota(&scope).unwrap().items, 5);
    let large = world.publish("item0", &"x".repeat(21)).await;
    assert!(matches!(large, Err(PublishError::OverSizeQuota { bytes: 21, max: 20, .. })));
    world.configs.set_quota(&scope, Quota::default()).await.unwrap();
    assert_eq!(world.configs.quota(&scope).unwrap().in_force.items_max, 200);
    world.publish("one-more", "x").await.expect("there is room again");
}

async fn names(world: &World, search: &Search) -> (usize, Vec<String>) {
    let found = world.configs.search(search).await.unwrap();
    let name = |found: &Found| found.meta.key.data_id.to_string();
    (found.total, found.items.iter().map(name).collect())
}

#[tokio::test]
async fn items_are_found_by_everything_people_know_of_them() {
    let world = World::new().await;
    for n in 0..3 {
        let mut publish = request(&format!("app-{n}.yaml"), &format!("port: 808{n}"));
        publish.app_name = Some("shop".to_owned());
        publish.content_type = Some(ContentType::Yaml);
        publish.tags = Some(vec![format!("tag{n}"), "all".to_owned()]);
        world.configs.publish(publish).await.unwrap();
    }
    world.publish("other.txt", "port: 8081").await.unwrap();
    world.publish("cipher-aes-x", "port: 8081").await.unwrap();
    let base = Search::everything("".parse().unwrap(), PageOf { number: 1, size: 2 });
    assert_eq!(names(&world, &base).await, (5, vec!["app-0.yaml".into(), "app-1.yaml".into()]));
    let second = Search { page: PageOf { number: 2, size: 2 }, ..base.clone() };
    assert_eq!(names(&world, &second).await.1, ["app-2.yaml", "other.txt"]);
    let blur = Search { mode: SearchMode::Blur, data_id: "*.ya*".to_owned(), ..base.clone() };
    assert_eq!(names(&world, &blur).await.0, 3);
    let accurate = Search { data_id: "app-*".to_owned(), ..base.clone() };
    assert_eq!(names(&world, &accurate).await.0, 0);
    let tagged = Search { tags: vec!["tag1".into(), "tag2".into()], ..base.clone() };
    assert_eq!(names(&world, &tagged).await.0, 2);
    let typed = Search { types: vec![ContentType::Text], ..base.clone() };
    assert_eq!(names(&world, &typed).await.1, ["other.txt", "cipher-aes-x"]);
    let by_content = Search { content: "8081".to_owned(), ..base.clone() };
    assert_eq!(names(&world, &by_content).await.1, ["app-1.yaml", "other.txt"]);
    let with_content = Search { app_name: "shop".to_owned(), with_content: true, ..base };
    let found = world.configs.search(&with_content).await.unwrap();
    assert_eq!(found.items[1].content.as_deref(), Some("port: 8081"));
    assert_eq!(world.configs.keys(&"public".parse().unwrap()).unwrap().len(), 5);
    assert_eq!(world.configs.count(&"public".parse().unwrap()), Ok(5));
}

#[tokio::test]
async fn new_words_change_nothing_that_clients_see() {
    let world = World::new().await;
    world.publish("app.yaml", "a: 1").await.unwrap();
    world.advance(Duration::from_secs(1));
    let words = Describe { description: Some("shop".into()), tags: Some(vec!["x".into()]) };
    world.configs.describe(&key("app.yaml"), words, author()).await.unwrap();
    let answer = world.get("app.yaml").await.unwrap();
    assert_eq!(&*answer.meta.about.description, "shop");
    assert_eq!((answer.meta.modified, &*answer.content), (START, "a: 1"));
}

#[tokio::test]
async fn a_tiny_cache_serves_everything_from_the_store() {
    let world = World::with(|settings| settings.content_cache_bytes = 1).await;
    for n in 0..50 {
        world.publish(&format!("item{n}"), &format!("content {n}")).await.unwrap();
    }
    for n in 0..50 {
        assert_eq!(world.content(&format!("item{n}")).await, Some(format!("content {n}")));
    }
}
