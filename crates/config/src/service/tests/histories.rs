use std::time::Duration;

use super::world::{FIRST_PAGE, World, author, caller, key, request};
use crate::{
    ContentType, GrayRule, HistoryEntry, HistoryError, HistoryId, HistoryOperation, PageOf,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn entries(world: &World, data_id: &str) -> Vec<HistoryEntry> {
    world.configs.history(&key(data_id), FIRST_PAGE).await.unwrap().items
}

async fn detail(world: &World, entry: &HistoryEntry) -> String {
    world.configs.history_detail(&entry.key, entry.id).await.unwrap().content.to_string()
}

/// An item that was created, published anew and removed.
async fn lived() -> World {
    let world = World::new().await;
    world.publish("a", "one\ntwo\n").await.unwrap();
    world.publish("a", "one\n2\n").await.unwrap();
    world.configs.remove(&key("a"), None, author()).await.unwrap();
    world
}

#[tokio::test]
async fn history_holds_what_every_change_replaced_newest_first() {
    let world = lived().await;
    let all = entries(&world, "a").await;
    let letters: String = all.iter().map(|entry| entry.operation.letter()).collect();
    assert_eq!(letters, "DUI");
    assert_eq!(detail(&world, &all[0]).await, "one\n2\n");
    assert_eq!(detail(&world, &all[1]).await, "one\ntwo\n");
    assert_eq!(detail(&world, &all[2]).await, "one\ntwo\n");
    assert!(all.iter().all(|entry| entry.author == author()));
    let page = PageOf { number: 2, size: 2 };
    let second = world.configs.history(&key("a"), page).await.unwrap();
    assert_eq!((second.total, second.items), (3, vec![all[2].clone()]));
    let previous = world.configs.history_previous(&key("a"), all[0].id).await.unwrap();
    assert_eq!(previous.entry, all[1]);
    let before_all = world.configs.history_previous(&key("a"), all[2].id).await;
    assert_eq!(before_all, Err(HistoryError::NotFound));
    let unknown = world.configs.history_detail(&key("a"), HistoryId::new(1)).await;
    assert_eq!(unknown, Err(HistoryError::NotFound));
}

#[tokio::test]
async fn a_diff_shows_what_a_change_changed() {
    let world = lived().await;
    let all = entries(&world, "a").await;
    let unified =
        async |n: usize| world.configs.history_diff(&key("a"), all[n].id).await.unwrap().unified;
    assert_eq!(unified(1).await, "@@ -1,2 +1,2 @@\n one\n-two\n+2\n");
    assert_eq!(unified(2).await, "@@ -0,0 +1,2 @@\n+one\n+two\n");
    assert_eq!(unified(0).await, "@@ -1,2 +0,0 @@\n-one\n-2\n");
    world.publish("b", "x\n").await.unwrap();
    world.publish("b", "y\n").await.unwrap();
    let last = entries(&world, "b").await[0].id;
    let against_current = world.configs.history_diff(&key("b"), last).await.unwrap();
    assert_eq!((&*against_current.before, &*against_current.after), ("x\n", "y\n"));
}

#[tokio::test]
async fn a_rollback_brings_back_content_and_words_and_is_recorded() {
    let world = World::new().await;
    let mut first = request("a", "{}");
    first.content_type = Some(ContentType::Json);
    first.description = Some("first".to_owned());
    world.configs.publish(first).await.unwrap();
    let mut second = request("a", "text");
    second.content_type = Some(ContentType::Text);
    second.description = Some("second".to_owned());
    world.configs.publish(second).await.unwrap();
    let update = entries(&world, "a").await[0].clone();
    world.configs.rollback(&key("a"), update.id, author()).await.unwrap();
    let answer = world.get("a").await.unwrap();
    assert_eq!((&*answer.content, answer.meta.content_type), ("{}", ContentType::Json));
    assert_eq!(&*answer.meta.about.description, "first");
    let all = entries(&world, "a").await;
    assert_eq!((all.len(), all[0].operation), (3, HistoryOperation::Update));
    world.configs.rollback(&key("a"), all[2].id, author()).await.unwrap();
    assert_eq!(world.content("a").await, None, "undoing the creation removes");
    let removal = entries(&world, "a").await[0].id;
    world.configs.rollback(&key("a"), removal, author()).await.unwrap();
    assert_eq!(world.content("a").await.as_deref(), Some("{}"), "undoing the removal restores");
}

#[tokio::test]
async fn gray_releases_have_their_own_line_of_history() {
    let world = World::new().await;
    world.publish("a", "stable").await.unwrap();
    for content in ["beta 1", "beta 2"] {
        let mut beta = request("a", content);
        beta.gray = Some(GrayRule::beta("10.0.0.1").unwrap());
        world.configs.publish(beta).await.unwrap();
        world.publish("a", &format!("between {content}")).await.unwrap();
    }
    let all = entries(&world, "a").await;
    let gray: Vec<_> = all.iter().filter(|entry| entry.gray.is_some()).collect();
    assert_eq!((gray.len(), gray[0].gray_expression.as_str()), (2, "10.0.0.1"));
    let diff = world.configs.history_diff(&key("a"), gray[0].id).await.unwrap();
    assert_eq!((&*diff.before, &*diff.after), ("beta 1", "beta 2"));
    let name = GrayRule::beta_name().unwrap();
    world.configs.remove(&key("a"), Some(&name), author()).await.unwrap();
    let removal = entries(&world, "a").await[0].id;
    world.configs.rollback(&key("a"), removal, author()).await.unwrap();
    let answer = world.configs.get(&key("a"), &caller()).await.unwrap().unwrap();
    assert_eq!((&*answer.content, answer.gray().is_some()), ("beta 2", true));
}

#[tokio::test]
async fn the_cleaner_forgets_what_is_old_and_keeps_what_is_current() {
    let world = World::new().await;
    world.publish("old", "kept though old").await.unwrap();
    world.publish("busy", "1").await.unwrap();
    world.publish("busy", "2").await.unwrap();
    world.advance(29 * DAY);
    world.publish("busy", "3").await.unwrap();
    assert_eq!(world.configs.core.clean_history().await, Ok(0));
    world.advance(2 * DAY);
    assert_eq!(world.configs.core.clean_history().await, Ok(3));
    assert_eq!(world.contents_at_rest().await, 3, "1 is gone; 2 is before-image, 3 current");
    assert_eq!(entries(&world, "old").await, []);
    let restarted = world.restarted().await;
    assert_eq!(restarted.content("old").await.as_deref(), Some("kept though old"));
    let left = entries(&restarted, "busy").await;
    assert_eq!(left.len(), 1);
    assert_eq!(detail(&restarted, &left[0]).await, "2");
}

#[tokio::test]
async fn the_cleaner_bounds_the_entries_of_one_item() {
    let world = World::with(|settings| settings.history.per_item_max = 3).await;
    for n in 0..10 {
        world.publish("busy", &n.to_string()).await.unwrap();
    }
    world.configs.remove(&key("busy"), None, author()).await.unwrap();
    assert_eq!(world.configs.core.clean_history().await, Ok(8));
    let left = entries(&world, "busy").await;
    assert_eq!(left.len(), 3);
    assert_eq!(detail(&world, &left[2]).await, "7");
    assert_eq!(world.contents_at_rest().await, 3);
}

#[tokio::test(start_paused = true)]
async fn the_cleaner_runs_by_itself() {
    let world = World::with(|settings| settings.history.per_item_max = 1).await;
    for n in 0..5 {
        world.publish("busy", &n.to_string()).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(601)).await;
    assert_eq!(world.configs.core.metrics.history_cleaned.get(), 4);
}
