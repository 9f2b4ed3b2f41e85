use proptest::prelude::*;
use seawall_clock::Timestamp;
use seawall_store::{
    Batch, Change, ChangeSet, Key, KeyValue, Precondition, Revision, Store, Value, record::encode,
};

use super::house::*;
use crate::{
    Actions, Credential, PageRequest, Search, WriteError, directory::Directory, keys, record,
    record::UserRecord,
};

#[tokio::test]
async fn while_the_store_is_away_the_known_stay_known_and_nothing_is_not_found() {
    let house = House::new();
    let node = house.node().await;
    node.with_user("cart").await;
    let token = node.token("cart").await.unwrap();
    house.store.set_unavailable(Some("being moved"));

    assert!(node.authenticate(Credential::Token(&token), HERE).await.is_ok());
    assert!(node.login("cart", "pw-cart", HERE).await.is_ok());
    assert_eq!(node.list_users(PageRequest::new(1, 10), Search::All).total, 1);
    for refused in [
        node.delete_user("nobody").await,
        node.grant_role("shop", "nobody").await,
        node.grant_permission("shop", "dev:*:*", Actions::Read).await,
        node.set_password("cart", &secret("next")).await,
    ] {
        assert!(matches!(refused, Err(WriteError::Unavailable(_))), "{refused:?}");
    }

    house.store.set_unavailable(None);
    node.set_password("cart", &secret("next")).await.unwrap();
    assert!(node.authenticate(Credential::Token(&token), HERE).await.is_err());
}

#[tokio::test]
async fn history_that_was_compacted_is_made_up_for_by_loading_anew() {
    let house = House::new();
    let (here, there) = (house.node().await, house.node().await);
    for n in 0..5 {
        here.with_user(&format!("u{n}")).await;
        house.store.compact(house.store.snapshot().await.unwrap().revision().next());
    }
    there.hears(&here).await;
    assert_eq!(there.list_users(PageRequest::new(1, 10), Search::All).total, 5);
}

#[tokio::test]
async fn a_record_of_a_newer_version_stops_the_start_and_is_skipped_later() {
    let house = House::new();
    let node = house.node().await;
    node.with_user("cart").await;
    let newer = Batch::new().put(keys::user("cart"), &b"\xff"[..]);
    house.store.commit(newer.when(Precondition::Present(keys::user("cart")))).await.unwrap();
    node.with_user("other").await;
    assert!(node.login("cart", "pw-cart", HERE).await.is_ok(), "as last understood");
    let opened = crate::Identity::open(house.store.clone(), house.clock.clone(), settings()).await;
    assert!(matches!(opened.err(), Some(crate::OpenError::Damaged { .. })));
}

fn pair_of(key: Key, value: Value) -> KeyValue {
    let modified = Revision::new(1);
    KeyValue { key, value, created: modified, modified, lease: None }
}

/// One key and value of each kind, out of a few.
fn entry(kind: u8, a: u8, b: u8) -> KeyValue {
    let (a, b) = (format!("a{a}"), format!("b{b}"));
    let granted = record::granted(seawall_clock::WallTime::default());
    match kind {
        0 => {
            let user = UserRecord { stamp: u64::from(b.as_bytes()[1]), ..UserRecord::default() };
            pair_of(keys::user(&a), encode(&user))
        }
        1 => pair_of(keys::binding(&b, &a), granted),
        _ => pair_of(keys::permission(&b, &format!("{a}:*:*"), "rw"), granted),
    }
}

fn shown(directory: &Directory) -> Vec<String> {
    let users = directory.users().map(|u| format!("{:?} {}", directory.principal(u), u.stamp));
    let bindings = directory.bindings().map(|binding| format!("{binding:?}"));
    let permissions = directory.permissions().map(|permission| format!("{permission:?}"));
    users.chain(bindings).chain(permissions).collect()
}

proptest! {
    /// Following changes one by one ends where loading the outcome does.
    #[test]
    fn following_and_loading_agree(
        steps in prop::collection::vec((any::<bool>(), 0u8..3, 0u8..3, 0u8..3), 0..60),
    ) {
        let mut followed = Directory::load(&[], Revision::ZERO).unwrap();
        let mut state = std::collections::BTreeMap::new();
        for (number, (put, kind, a, b)) in (1..).zip(steps) {
            let pair = entry(kind, a, b);
            let change = if put {
                state.insert(pair.key.clone(), pair.clone());
                Change::Put(pair)
            } else {
                state.remove(&pair.key);
                Change::Delete(pair.key)
            };
            let set = ChangeSet {
                revision: Revision::new(number),
                time: Timestamp::ZERO,
                changes: vec![change],
            };
            prop_assert_eq!(followed.apply(&set), vec![]);
        }
        let pairs: Vec<KeyValue> = state.into_values().collect();
        let loaded = Directory::load(&pairs, Revision::ZERO).unwrap();
        prop_assert_eq!(shown(&followed), shown(&loaded));
    }
}
