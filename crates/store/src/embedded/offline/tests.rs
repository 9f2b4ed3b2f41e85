//! Checking, copying and restoring folders of stores.

use std::{fs, path::Path};

use super::{CheckReport, OfflineError, backup, check, restore};
use crate::{
    OpenError, Store,
    embedded::tests::fixture::{Home, count, key, put},
};

fn checked(home: &Home) -> Result<CheckReport, OfflineError> {
    check(home.path(), home.settings.clone(), home.clock.clone(), &mut |_| ())
}

async fn closed_with(count: usize) -> Home {
    let home = Home::new();
    let store = home.open().unwrap();
    for number in 0..count {
        put(&store, number).await;
    }
    store.commit(crate::Batch::new().put(key("long"), vec![7; 30_000])).await.unwrap();
    store.close().await;
    home
}

#[tokio::test]
async fn a_whole_store_is_found_whole_and_can_be_used_afterwards() {
    let home = closed_with(30).await;
    let report = checked(&home).unwrap();
    assert_eq!((report.revision.get(), report.history_from.get(), report.damaged), (31, 1, 0));
    assert!(report.bytes > 60_000, "values and log: {report:?}");
    assert_eq!(count(&home.open().unwrap()).await, 31);
}

#[tokio::test]
async fn a_damaged_commit_in_the_log_is_told_with_what_to_do() {
    let home = closed_with(30).await;
    let log = fs::read_dir(home.path().join("log")).unwrap().map(|entry| entry.unwrap().path());
    let file = log.filter(|path| path.extension().is_some_and(|e| e == "raftlog")).min().unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let place = bytes.windows(6).position(|six| six == b"\0\0\0\0\0\0").unwrap().min(400);
    let place = bytes.windows(4).skip(place).position(|four| four == b"test").unwrap() + place;
    bytes[place] ^= 1;
    fs::write(&file, bytes).unwrap();
    let report = checked(&home).unwrap();
    assert!(report.damaged > 0);
    assert!(report.places.iter().any(|place| place.contains("backup")), "{report:?}");
}

#[tokio::test]
async fn a_backup_is_restored_with_everything_and_goes_on() {
    let home = closed_with(40).await;
    fs::write(home.path().join("master.key"), "secret").unwrap();
    let outside = tempfile::tempdir().unwrap();
    let copy = outside.path().join("backups/monday");
    let mut told = Vec::new();
    let made = backup(home.path(), &copy, &["master.key"], &mut |at| told.push(at)).unwrap();
    let last = told.last().unwrap();
    assert_eq!(last.total_bytes, Some(last.done_bytes));
    assert_eq!(last.done_bytes, made.bytes);
    assert!(!copy.join("master.key").exists() && !copy.join("LOCK").exists());

    let store = home.open().unwrap();
    put(&store, "after").await;
    store.close().await;
    let mut other = Home::new();
    other.settings = home.settings.clone();
    let restored = restore(&copy, other.path(), &mut |_| ()).unwrap();
    assert_eq!(restored, made);
    let store = other.open().unwrap();
    assert_eq!(count(&store).await, 41, "as of the backup");
    assert_eq!(put(&store, "new").await.get(), 42);
    store.close().await;
    assert_eq!(checked(&other).unwrap().damaged, 0);
}

#[tokio::test]
async fn what_is_in_use_not_empty_or_no_store_is_refused_and_not_touched() {
    let home = closed_with(3).await;
    let outside = tempfile::tempdir().unwrap();
    let copy = outside.path().join("copy");
    let store = home.open().unwrap();
    for refused in
        [checked(&home).map(drop), backup(home.path(), &copy, &[], &mut |_| ()).map(drop)]
    {
        let refused = refused.unwrap_err();
        assert!(matches!(refused, OfflineError::Open(OpenError::InUse { .. })), "{refused}");
        assert!(refused.is_refusal());
    }
    assert!(!copy.exists());
    store.close().await;
    backup(home.path(), &copy, &[], &mut |_| ()).unwrap();
    let again = backup(home.path(), &copy, &[], &mut |_| ()).unwrap_err();
    assert!(matches!(again, OfflineError::NotEmpty { .. }), "{again}");
    let over = restore(&copy, home.path(), &mut |_| ()).unwrap_err();
    assert!(matches!(over, OfflineError::NotEmpty { .. }), "{over}");
    let nothing = Path::new("/nowhere/at/all");
    let none = backup(nothing, &outside.path().join("x"), &[], &mut |_| ()).unwrap_err();
    assert!(matches!(none, OfflineError::NotAStore { .. }), "{none}");
    let none = restore(home.path(), &outside.path().join("x"), &mut |_| ()).unwrap_err();
    assert!(matches!(none, OfflineError::NotABackup { .. }), "{none}");
}

#[tokio::test]
async fn a_backup_with_a_flipped_bit_or_a_missing_file_is_refused_and_nothing_is_left() {
    let home = closed_with(3).await;
    let outside = tempfile::tempdir().unwrap();
    for turn in 0..3 {
        let copy = outside.path().join(format!("copy-{turn}"));
        backup(home.path(), &copy, &[], &mut |_| ()).unwrap();
        let file = copy.join(["FORMAT", "state/READY", "BACKUP"][turn]);
        match turn {
            0 => fs::write(&file, "7\n").unwrap(),
            1 => fs::remove_file(&file).unwrap(),
            _ => fs::write(&file, "seawall-backup 1\n").unwrap(),
        }
        let target = outside.path().join("restored");
        let refused = restore(&copy, &target, &mut |_| ()).unwrap_err();
        assert!(matches!(refused, OfflineError::Damaged { .. }), "{refused}");
        assert!(!target.exists() && !outside.path().join("restored.unfinished").exists());
    }
}
