//! Taking over items from elsewhere.

use seawall_clock::WallTime;

use super::world::{World, author, key, request};
use crate::{HistoryOperation, PageOf, Restore, Restored, RestoredEntry};

fn at(millis: u64) -> WallTime {
    WallTime::from_millis(millis)
}

fn entry(content: &str, operation: HistoryOperation, millis: u64) -> RestoredEntry {
    RestoredEntry {
        content: content.into(),
        encrypted_data_key: String::new(),
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
