use std::sync::Arc;

use seawall_clock::WallTime;
use seawall_store::Revision;

use super::{check, plan};
use crate::{
    Author, ConfigKey, ConfigSettings, ContentType, Describe, GrayRule, HistoryOperation, Md5,
    Publish, PublishError, index::slot::Slot,
};

const T1: WallTime = WallTime::from_millis(1_000);
const T2: WallTime = WallTime::from_millis(2_000);

fn request(content: &str) -> Publish {
    Publish::new(ConfigKey::parse("", "", "app.yaml").unwrap(), content)
}

/// The slot after `request` was published at `at` with this number.
fn publish_into(slot: &mut Slot, request: &Publish, at: WallTime, number: u64) -> plan::Plan {
    let planned = plan::publish(slot, request, at, number, 10).unwrap();
    let mut meta = planned.item.clone().unwrap();
    meta.revision = Revision::new(number);
    slot.set(planned.gray.as_ref(), Some(Arc::new(meta)));
    planned
}

#[test]
fn a_first_publish_creates_and_a_second_records_what_was_there() {
    let mut slot = Slot::default();
    let first = publish_into(&mut slot, &request("a"), T1, 1);
    let recorded = first.history.clone().unwrap();
    assert!(first.creates() && first.new_content);
    assert_eq!((recorded.operation, recorded.item.md5), (HistoryOperation::Insert, Md5::of("a")));
    let second = publish_into(&mut slot, &request("b"), T2, 2);
    let recorded = second.history.clone().unwrap();
    assert_eq!((recorded.operation, recorded.item.md5), (HistoryOperation::Update, Md5::of("a")));
    let item = second.item.unwrap();
    assert_eq!((item.created, item.modified, item.id.get()), (T1, T2, 1));
    assert_eq!(second.expected, Revision::new(1));
}

#[test]
fn the_same_content_again_is_not_stored_again() {
    let mut slot = Slot::default();
    publish_into(&mut slot, &request("a"), T1, 1);
    let again = publish_into(&mut slot, &request("a"), T2, 2);
    assert!(!again.new_content);
    assert_eq!(again.item.unwrap().version.0, 1);
    assert_eq!(again.history.unwrap().item.version.0, 1);
}

#[test]
fn what_is_not_said_stays_and_empty_text_clears() {
    let mut slot = Slot::default();
    let mut full = request("a: 1");
    full.content_type = Some(ContentType::Yaml);
    full.description = Some("what it is".to_owned());
    full.app_name = Some("shop".to_owned());
    full.tags = Some(vec![" x ".to_owned(), String::new(), "x".to_owned(), "y".to_owned()]);
    publish_into(&mut slot, &full, T1, 1);
    let mut next = request("a: 2");
    next.app_name = Some(String::new());
    publish_into(&mut slot, &next, T2, 2);
    let item = slot.formal.unwrap();
    assert_eq!(item.content_type, ContentType::Yaml);
    assert_eq!(&*item.about.description, "what it is");
    assert_eq!(&*item.about.app_name, "");
    assert_eq!(item.about.tags.iter().map(|tag| &**tag).collect::<Vec<_>>(), ["x", "y"]);
}

#[test]
fn cas_wants_exactly_the_present_md5_and_an_empty_one_wants_nothing() {
    let mut slot = Slot::default();
    let with = |content: &str, md5: &str| {
        let mut request = request(content);
        request.cas_md5 = Some(md5.to_owned());
        request
    };
    let refused = plan::publish(&slot, &with("a", &Md5::of("a").to_string()), T1, 1, 10);
    assert_eq!(refused, Err(PublishError::Md5Mismatch { found: String::new() }));
    publish_into(&mut slot, &with("a", ""), T1, 1);
    let refused = plan::publish(&slot, &with("c", &Md5::of("b").to_string()), T2, 2, 10);
    assert_eq!(refused, Err(PublishError::Md5Mismatch { found: Md5::of("a").to_string() }));
    publish_into(&mut slot, &with("b", &Md5::of("a").to_string()), T2, 2);
    assert_eq!(slot.formal.unwrap().md5, Md5::of("b"));
}

#[test]
fn only_new_never_overwrites() {
    let mut slot = Slot::default();
    let mut new = request("a");
    new.only_new = true;
    publish_into(&mut slot, &new, T1, 1);
    assert_eq!(plan::publish(&slot, &new, T2, 2, 10), Err(PublishError::Exists));
}

#[test]
fn t22_modified_never_goes_back_with_the_clock() {
    let mut slot = Slot::default();
    publish_into(&mut slot, &request("a"), T2, 1);
    publish_into(&mut slot, &request("b"), T1, 2);
    assert_eq!(slot.formal.unwrap().modified, T2);
}

#[test]
fn gray_releases_live_beside_the_item_and_are_bounded() {
    let mut slot = Slot::default();
    let mut beta = request("new");
    beta.gray = Some(GrayRule::beta("10.0.0.1").unwrap());
    publish_into(&mut slot, &beta, T1, 1);
    assert!(slot.formal.is_none());
    publish_into(&mut slot, &request("old"), T1, 2);
    assert_eq!(slot.grays.len(), 1);
    let mut tag = request("tagged");
    tag.gray = Some(GrayRule::tag("blue").unwrap());
    let refused = plan::publish(&slot, &tag, T2, 3, 1);
    assert_eq!(refused, Err(PublishError::TooManyGrays { max: 1 }));
    plan::publish(&slot, &beta, T2, 3, 1).expect("the release that is there may change");
    let wider = GrayRule::beta("10.0.0.1,10.0.0.2").unwrap();
    let regrayed = plan::regray(&slot, &wider, Author::default(), T2).unwrap();
    assert_eq!(regrayed.item.unwrap().gray.as_deref(), Some(&wider));
    let name = GrayRule::beta_name().unwrap();
    let removal = plan::remove(&slot, Some(&name), Author::default(), T2, 4).unwrap();
    assert_eq!(removal.history.unwrap().operation, HistoryOperation::Delete);
    assert!(
        plan::remove(&slot, Some(&"none".parse().unwrap()), Author::default(), T2, 5).is_none()
    );
}

#[test]
fn new_words_leave_content_and_time_alone() {
    let mut slot = Slot::default();
    let words = Describe { description: Some("d".to_owned()), tags: None };
    let absent = plan::describe(&slot, &words, Author::default());
    assert_eq!(absent, Err(PublishError::NotFound));
    publish_into(&mut slot, &request("a"), T1, 1);
    let planned = plan::describe(&slot, &words, Author::default()).unwrap();
    let item = planned.item.unwrap();
    assert_eq!((&*item.about.description, item.modified), ("d", T1));
    assert!(!planned.new_content && planned.history.is_none());
}

#[test]
fn t21_limits_are_named_with_their_numbers() {
    let settings = ConfigSettings { content_bytes_max: 8, ..ConfigSettings::default() };
    let refused = check::publish(&request("123456789"), &settings);
    assert_eq!(refused, Err(PublishError::TooLarge { bytes: 9, max: 8 }));
    let refused = check::publish(&request(" \n"), &settings);
    assert!(matches!(refused, Err(PublishError::Invalid { field: "content", .. })));
    let mut six_tags = request("x");
    six_tags.tags = Some((0..6).map(|n| n.to_string()).collect());
    let refused = check::publish(&six_tags, &settings);
    assert!(matches!(refused, Err(PublishError::Invalid { field: "config_tags", .. })));
    let mut long = request("x");
    long.description = Some("长".repeat(256));
    assert_eq!(check::publish(&long, &settings), Ok(()), "characters count, not bytes");
    long.description = Some("长".repeat(257));
    assert!(check::publish(&long, &settings).is_err());
}
