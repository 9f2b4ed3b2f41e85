//! Taking over items from elsewhere.

use seawall_clock::WallTime;

use super::world::{World, author, key, request};
use crate::{
    GrayRule, HistoryEntry, HistoryOperation, PageOf, PublishError, Restore, Restored,
    RestoredEntry,
};

fn at(millis: u64) -> WallTime {
    WallTime::from_millis(millis)
}

fn entry(content: &str, operation: HistoryOperation, millis: u64) -> RestoredEntry {
    RestoredEntry {
        content: content.into(),
        encrypted_data_key: String::new(),
        operation,
        at: at(millis),
        ordinal: 0,
        gray: None,
        author: author(),
    }
}

fn from_elsewhere(content: &str) -> Restore {
    Restore {
        publish: request("a.txt", content),
        created: Some(at(1_000)),
        modified: Some(at(3_000)),
        has_history: true,
    }
}

/// Restores an item after its history.
async fn restore(world: &World, content: &str) -> Restored {
    let item = from_elsewhere(content);
    let entries = [
        entry("first", HistoryOperation::Insert, 1_000),
        entry("first", HistoryOperation::Update, 3_000),
    ];
    world.configs.restore_history(&item, &entries).await.unwrap();
    world.configs.restore(item).await.unwrap()
}

async fn history(world: &World) -> Vec<HistoryEntry> {
    let page = PageOf { number: 1, size: 500 };
    world.configs.history(&key("a.txt"), page).await.unwrap().items
}

#[tokio::test]
async fn an_item_keeps_its_times_its_fingerprint_and_its_past() {
    let world = World::new().await;
    assert_eq!(restore(&world, "second").await, Restored::Copied);
    let meta = world.configs.meta(&key("a.txt")).unwrap().unwrap();
    assert_eq!((meta.created, meta.modified), (at(1_000), at(3_000)));
    let page = PageOf { number: 1, size: 10 };
    let history = world.configs.history(&key("a.txt"), page).await.unwrap();
    let operations: Vec<_> =
        history.items.iter().map(|entry| (entry.operation, entry.at)).collect();
    assert_eq!(
        operations,
        [(HistoryOperation::Update, at(3_000)), (HistoryOperation::Insert, at(1_000))]
    );
    let oldest = world.configs.history_detail(&key("a.txt"), history.items[1].id).await.unwrap();
    assert_eq!(&*oldest.content, "first");
}

#[tokio::test]
async fn a_second_restore_changes_nothing_and_what_is_here_is_kept() {
    let world = World::new().await;
    restore(&world, "second").await;
    assert_eq!(restore(&world, "second").await, Restored::Same);
    assert_eq!(restore(&world, "third").await, Restored::Kept);
    let meta = world.configs.meta(&key("a.txt")).unwrap().unwrap();
    assert_eq!(meta.bytes, "second".len() as u64);
    let page = PageOf { number: 1, size: 10 };
    assert_eq!(world.configs.history(&key("a.txt"), page).await.unwrap().total, 2);
}

#[tokio::test]
async fn an_item_without_a_past_gets_one_entry() {
    let world = World::new().await;
    let bare = Restore { has_history: false, ..from_elsewhere("only") };
    assert_eq!(world.configs.would_restore(&bare).unwrap(), Restored::Copied);
    world.configs.restore(bare).await.unwrap();
    let page = PageOf { number: 1, size: 10 };
    let history = world.configs.history(&key("a.txt"), page).await.unwrap();
    assert_eq!(history.total, 1);
    assert_eq!(history.items[0].operation, HistoryOperation::Insert);
}

#[tokio::test]
async fn a_history_comes_in_parts_and_a_part_that_comes_twice_is_there_once() {
    let world = World::new().await;
    let item = from_elsewhere("last");
    let part = |from: u32| {
        // All in one millisecond, as a source that keeps seconds has them.
        let numbered = (from..from + 10).map(|ordinal| {
            let content = format!("version {ordinal}");
            RestoredEntry { ordinal, ..entry(&content, HistoryOperation::Update, 2_000) }
        });
        numbered.collect::<Vec<_>>()
    };
    for from in [0, 10, 10, 20] {
        assert!(world.configs.restore_history(&item, &part(from)).await.unwrap());
    }
    assert_eq!(world.configs.restore(item.clone()).await.unwrap(), Restored::Copied);
    let restored = history(&world).await;
    assert_eq!(restored.len(), 30);
    let newest = world.configs.history_detail(&key("a.txt"), restored[0].id).await.unwrap();
    assert_eq!(&*newest.content, "version 29");

    let late = world.configs.restore_history(&item, &part(30)).await.unwrap();
    assert!(!late, "an item that is here keeps its own history");
    assert_eq!(history(&world).await.len(), 30);
}

#[tokio::test]
async fn a_gray_release_is_taken_over_beside_its_item() {
    let world = World::with(|settings| settings.gray_releases_max = 1).await;
    let of = |rule: GrayRule, content: &str| {
        let mut gray = from_elsewhere(content);
        gray.publish.gray = Some(rule);
        gray
    };
    let beta = || GrayRule::beta("10.0.0.7").unwrap();
    let recorded =
        RestoredEntry { gray: Some(beta()), ..entry("b", HistoryOperation::Insert, 2_500) };
    world.configs.restore_history(&from_elsewhere("all"), &[recorded]).await.unwrap();
    let first = world.configs.restore(of(beta(), "some")).await.unwrap();
    assert_eq!(first, Restored::Copied);
    assert_eq!(world.configs.restore(of(beta(), "some")).await.unwrap(), Restored::Same);
    assert_eq!(world.configs.restore(of(beta(), "other")).await.unwrap(), Restored::Kept);
    let others = GrayRule::beta("10.0.0.8").unwrap();
    assert_eq!(world.configs.restore(of(others, "some")).await.unwrap(), Restored::Kept);
    let refused = world.configs.restore(of(GrayRule::tag("t").unwrap(), "x")).await;
    assert_eq!(refused, Err(PublishError::TooManyGrays { max: 1 }));
    assert_eq!(world.configs.restore(from_elsewhere("all")).await.unwrap(), Restored::Copied);

    let name = GrayRule::beta_name().unwrap();
    let gray = world.configs.get_gray(&key("a.txt"), &name).await.unwrap().unwrap();
    assert_eq!((&*gray.content, gray.meta.modified), ("some", at(3_000)));
    assert_eq!(history(&world).await[0].gray, Some(name));
}
