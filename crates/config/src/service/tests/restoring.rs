//! Taking over items from elsewhere.

use seawall_clock::WallTime;

use super::world::{World, author, key, request};
use crate::{
    GrayRule, HistoryOperation, PageOf, Publish, Restore, Restored, RestoredEntry, RestoredGray,
};

fn at(millis: u64) -> WallTime {
    WallTime::from_millis(millis)
}

fn entry(content: &str, operation: HistoryOperation, millis: u64) -> RestoredEntry {
    RestoredEntry {
        content: content.into(),
        encrypted_data_key: String::new(),
        gray: None,
        operation,
        at: at(millis),
        author: author(),
    }
}

fn from_elsewhere(content: &str) -> Restore {
    Restore {
        publish: request("a.txt", content),
        created: Some(at(1_000)),
        modified: Some(at(3_000)),
        history: vec![
            entry("first", HistoryOperation::Insert, 1_000),
            entry("first", HistoryOperation::Update, 3_000),
        ],
    }
}

#[tokio::test]
async fn an_item_keeps_its_times_its_fingerprint_and_its_past() {
    let world = World::new().await;
    let restored = world.configs.restore(from_elsewhere("second")).await.unwrap();
    assert_eq!(restored, Restored::Copied);
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
    world.configs.restore(from_elsewhere("second")).await.unwrap();
    let again = world.configs.restore(from_elsewhere("second")).await.unwrap();
    assert_eq!(again, Restored::Same);
    let other = world.configs.restore(from_elsewhere("third")).await.unwrap();
    assert_eq!(other, Restored::Kept);
    let meta = world.configs.meta(&key("a.txt")).unwrap().unwrap();
    assert_eq!(meta.bytes, "second".len() as u64);
    let page = PageOf { number: 1, size: 10 };
    assert_eq!(world.configs.history(&key("a.txt"), page).await.unwrap().total, 2);
}

#[tokio::test]
async fn an_item_without_a_past_gets_one_entry() {
    let world = World::new().await;
    let bare = Restore { history: Vec::new(), ..from_elsewhere("only") };
    assert_eq!(world.configs.would_restore(&bare).unwrap(), Restored::Copied);
    world.configs.restore(bare).await.unwrap();
    let page = PageOf { number: 1, size: 10 };
    let history = world.configs.history(&key("a.txt"), page).await.unwrap();
    assert_eq!(history.total, 1);
    assert_eq!(history.items[0].operation, HistoryOperation::Insert);
}

fn beta(content: &str) -> RestoredGray {
    let gray = Some(GrayRule::beta("10.0.0.1").unwrap());
    RestoredGray {
        publish: Publish { gray, ..request("a.txt", content) },
        modified: Some(at(4_000)),
        has_history: false,
    }
}

#[tokio::test]
async fn a_gray_release_comes_with_its_rule_and_its_time_unless_there_is_one() {
    let world = World::new().await;
    world.configs.restore(from_elsewhere("second")).await.unwrap();
    assert_eq!(world.configs.would_restore_gray(&beta("for some")), Ok(true));
    assert!(world.configs.restore_gray(beta("for some")).await.unwrap());
    let name = GrayRule::beta_name().unwrap();
    let found = world.configs.get_gray(&key("a.txt"), &name).await.unwrap().unwrap();
    assert_eq!((&*found.content, found.meta.modified), ("for some", at(4_000)));
    assert_eq!(found.gray().unwrap().expression(), "10.0.0.1");
    assert_eq!(world.configs.would_restore_gray(&beta("other")), Ok(false));
    assert!(!world.configs.restore_gray(beta("other")).await.unwrap());
    let found = world.configs.get_gray(&key("a.txt"), &name).await.unwrap().unwrap();
    assert_eq!(&*found.content, "for some");
    let formal = world.configs.meta(&key("a.txt")).unwrap().unwrap();
    assert_eq!(formal.bytes, "second".len() as u64);
}

#[tokio::test]
async fn the_history_of_a_gray_release_says_whose_it_is() {
    let world = World::new().await;
    let tag = GrayRule::tag("blue").unwrap();
    let mut gray = entry("for blue", HistoryOperation::Insert, 2_000);
    gray.gray = Some(tag.clone());
    let mut restore = from_elsewhere("second");
    restore.history.push(gray);
    world.configs.restore(restore).await.unwrap();
    let page = PageOf { number: 1, size: 10 };
    let history = world.configs.history(&key("a.txt"), page).await.unwrap();
    let grays: Vec<_> = history.items.iter().map(|entry| entry.gray.clone()).collect();
    assert_eq!(grays, [None, Some(tag.name), None]);
    assert_eq!(history.items[1].gray_expression, "blue");
    // It brought its past along, so its coming is not told again.
    let release = RestoredGray { has_history: true, ..beta("for some") };
    assert!(world.configs.restore_gray(release).await.unwrap());
    assert_eq!(world.configs.history(&key("a.txt"), page).await.unwrap().total, 3);
}
