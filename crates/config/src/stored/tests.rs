use std::sync::Arc;

use proptest::prelude::*;
use seawall_clock::WallTime;
use seawall_store::Revision;

use super::{
    convert::{decode_content, decode_history, decode_item, encode_history, encode_item},
    keys::{self, Place},
};
use crate::{
    Author, ConfigKey, ConfigMeta, ContentType, Description, GrayRule, HistoryId, HistoryOperation,
    QuotaScope, model::meta::sample,
};

fn full() -> ConfigMeta {
    ConfigMeta {
        content_type: ContentType::Yaml,
        encrypted_data_key: "k".into(),
        about: Description {
            app_name: "shop".into(),
            description: "门店".into(),
            tags: ["a".into(), "b".into()].into(),
            schema: "{}".into(),
            usage: "u".into(),
            effect: "e".into(),
        }
        .into(),
        created_by: Author { user: "ann".into(), ip: "10.0.0.1".into() }.into(),
        gray: Some(Arc::new(GrayRule::labels("canary", "zone=a", 7).unwrap())),
        ..sample("app.yaml", "a: 1")
    }
}

#[test]
fn t22_an_item_is_read_back_with_every_field() {
    let meta = full();
    let read = decode_item(meta.key.clone(), &encode_item(&meta), meta.revision).unwrap();
    assert_eq!(read, meta);
    for rule in [GrayRule::beta("10.0.0.1").unwrap(), GrayRule::tag("blue").unwrap()] {
        let meta = ConfigMeta { gray: Some(Arc::new(rule)), ..full() };
        let read = decode_item(meta.key.clone(), &encode_item(&meta), meta.revision).unwrap();
        assert_eq!(read, meta);
    }
}

/// Written by the first version of the form; must stay readable for ever.
#[test]
fn bytes_of_the_first_form_are_still_read() {
    let first = concat!(
        "01",
        "08011001",
        "1a105d41402abc4b2a76b9719d911017c592",
        "2005",
        "2a0474657874",
        "3a00",
        "40014802",
        "52005a00",
    );
    let meta = sample("a", "hello");
    let bytes = hex::decode(first).unwrap();
    assert_eq!(decode_item(meta.key.clone(), &bytes, meta.revision), Ok(meta.clone()));
    assert_eq!(hex::encode(encode_item(&meta)), first);
}

#[test]
fn a_history_entry_is_read_back() {
    let author = Author { user: "bob".into(), ip: String::new() };
    let (id, at) = (HistoryId::new(9), WallTime::from_millis(5));
    for operation in [HistoryOperation::Insert, HistoryOperation::Update, HistoryOperation::Delete]
    {
        let value = encode_history(operation, &full(), at, &author);
        let (entry, meta) = decode_history(full().key, id, &value).unwrap();
        assert_eq!(meta, ConfigMeta { revision: Revision::ZERO, ..full() });
        assert_eq!((entry.operation, entry.at, entry.author), (operation, at, author.clone()));
        assert_eq!(entry.gray_expression, "zone in (a)");
    }
}

#[test]
fn every_key_says_what_it_is_of() {
    let key = ConfigKey::parse("dev", "G", "a.b:c").unwrap();
    let name = "beta".parse().unwrap();
    let namespace = QuotaScope::Namespace("dev".parse().unwrap());
    let group = QuotaScope::Group("dev".parse().unwrap(), "G".parse().unwrap());
    assert_eq!(keys::place(&keys::item(&key)), Some(Place::Item(key.clone())));
    assert_eq!(keys::place(&keys::gray(&key, &name)), Some(Place::Gray(key.clone(), name)));
    assert_eq!(keys::place(&keys::quota(&namespace)), Some(Place::Quota(namespace.clone())));
    assert_eq!(keys::place(&keys::usage(&group)), Some(Place::Usage(group)));
    let id = HistoryId::new(12);
    assert_eq!(keys::history_place(&keys::history(&key, id)), Some((key.clone(), id)));
    assert!(keys::history(&key, id) > keys::history(&key, HistoryId::new(9)));
    assert!(!keys::history(&key, id).starts_with(&keys::mirrored()));
    assert_eq!(keys::place(&keys::history(&key, id)), None);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let key = ConfigKey::parse("", "", "a").unwrap();
        let _ = decode_item(key.clone(), &bytes, Revision::ZERO);
        let _ = decode_history(key, HistoryId::new(1), &bytes);
        let _ = decode_content(&bytes);
    }
}
