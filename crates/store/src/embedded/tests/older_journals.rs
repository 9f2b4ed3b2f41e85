//! Damage in a journal of the state that is not the newest one (rule 7). fjall would
//! leave out what is behind it, and go on with the next journal without a word.

use std::fs;

use super::{
    crash_images::{copy, end_of_data, files, image, is_whole},
    fixture::{Home, put},
};
use crate::OpenError;

/// The end of a batch in a journal.
const TRAILER: &[u8] = b"FJL\x03";

/// Makes two journals of the only one, as if fjall had begun a second one after about
/// half of what it holds.
fn split_journal(home: &Home) {
    let state = home.path().join("state");
    let [first] = files(&state, "jnl").try_into().unwrap();
    let bytes = fs::read(&first).unwrap();
    let end = end_of_data(&first);
    let ends = bytes[..end].windows(4).enumerate().filter(|(_, four)| *four == TRAILER);
    let split = ends.map(|(at, _)| at + 4).find(|at| *at > end / 2).unwrap();
    assert!(split < end, "something is left for the second");
    fs::write(state.join("1.jnl"), &bytes[split..]).unwrap();
    let mut sealed = bytes[..split].to_vec();
    sealed.resize(bytes.len(), 0);
    fs::write(&first, sealed).unwrap();
}

fn damage(home: &Home, place: impl Fn(usize) -> usize) {
    let sealed = home.path().join("state/0.jnl");
    let mut bytes = fs::read(&sealed).unwrap();
    let place = place(end_of_data(&sealed));
    bytes[place] ^= 0x04;
    fs::write(sealed, bytes).unwrap();
}

fn copied(original: &Home) -> Home {
    let mut home = Home::new();
    home.settings = original.settings.clone();
    copy(original.path(), home.path());
    home
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_7_an_older_journal_that_is_whole_is_nothing_to_see_to() {
    let home = image(60).await;
    split_journal(&home);
    is_whole(&home, 60).await.close().await;
    assert!(!home.path().join("state.uncut-journal").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_7_damage_in_an_older_journal_is_noticed_and_filled_in_from_the_log() {
    let original = image(60).await;
    split_journal(&original);
    for eighth in 0..8 {
        let home = copied(&original);
        damage(&home, |end| end * eighth / 8 + 3);
        let store = is_whole(&home, 60).await;
        assert!(home.path().join("state.uncut-journal").exists(), "a copy is kept");
        assert!(!home.path().join("state/HOLE").exists(), "it is filled");
        put(&store, 60).await;
        store.close().await;
        is_whole(&home, 61).await;
    }
}

/// The traces of the damage are gone once the state has been opened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_7_a_hole_is_filled_also_by_the_start_after_one_that_was_broken_off() {
    let home = image(60).await;
    split_journal(&home);
    damage(&home, |end| end / 2);
    let hole = crate::embedded::hole::find(&home.path().join("state")).unwrap().unwrap();
    hole.cut(&home.path().join("state")).unwrap();
    is_whole(&home, 60).await.close().await;
    assert!(!home.path().join("state/HOLE").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_7_damage_older_than_the_log_is_refused_and_the_rest_of_it_is_not() {
    let mut original = Home::forgetful();
    original.settings.history_commits = 700;
    let store = original.open().unwrap();
    for number in 0..2_000 {
        put(&store, number % 5).await;
    }
    assert!(store.shared().log.first().unwrap() > 500, "the log was compacted");
    store.close().await;
    split_journal(&original);

    let old = copied(&original);
    damage(&old, |_| 300);
    for _ in 0..2 {
        let refused = old.open().err();
        assert!(matches!(refused, Some(OpenError::Damaged { .. })), "{refused:?}");
    }
    // The first journal ends with about commit 1,000, which the log may still have.
    let first = {
        let store = original.open().unwrap();
        store.shared().log.first().unwrap()
    };
    if first < 950 {
        let recent = copied(&original);
        damage(&recent, |end| end - 10);
        let store = recent.open().unwrap();
        assert_eq!(super::fixture::count(&store).await, 5);
    }
}
