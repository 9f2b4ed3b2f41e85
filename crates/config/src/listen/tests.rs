use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use proptest::prelude::*;

use super::table::ListenerTable;
use crate::{Caller, ChangeSink, Changed, ConfigKey, Listen, ListenerId, Md5, NamespaceSpelling};

#[derive(Default)]
struct Heard(Mutex<Vec<Changed>>);

impl ChangeSink for Heard {
    fn changed(&self, changed: Changed) {
        self.0.lock().push(changed);
    }
}

impl Heard {
    fn take(&self) -> Vec<Changed> {
        std::mem::take(&mut self.0.lock())
    }
}

const ONE: ListenerId = ListenerId(1);

fn key(data_id: &str) -> ConfigKey {
    ConfigKey::parse("", "", data_id).unwrap()
}

fn caller() -> Caller {
    Caller::from_ip("10.0.0.1".parse().unwrap())
}

fn listen(data_id: &str, md5: &str, spelling: NamespaceSpelling) -> Listen {
    Listen { key: key(data_id), md5: md5.into(), spelling }
}

#[test]
fn t06_news_repeat_the_namespace_as_the_client_wrote_it() {
    let mut table = ListenerTable::default();
    let heard = Arc::new(Heard::default());
    let absent = |_: &ConfigKey, _: &Caller| None;
    let blank = NamespaceSpelling::of(Some(""));
    let missing = NamespaceSpelling::of(None);
    let items =
        vec![listen("a", "", blank), listen("b", "5d41402abc4b2a76b9719d911017c592", missing)];
    let changed = table.listen(ONE, &caller(), heard.clone(), items, absent);
    assert_eq!(changed, [Changed { key: key("b"), spelling: missing }]);
    assert_eq!(changed[0].spelling.spell(&changed[0].key), None);
    for news in table.changed(&key("a"), |_| Some(Md5::of("x"))) {
        news.deliver();
    }
    let told = heard.take();
    assert_eq!(told, [Changed { key: key("a"), spelling: blank }]);
    assert_eq!(told[0].spelling.spell(&told[0].key), Some(""));
    assert_eq!(NamespaceSpelling::of(Some("public")).spell(&key("a")), Some("public"));
}

#[test]
fn a_listener_has_room_for_so_many_items_and_to_renew_them() {
    let mut table = ListenerTable::default();
    let items = |names: &[&str]| -> Vec<_> {
        names.iter().map(|name| listen(name, "", NamespaceSpelling::Named)).collect()
    };
    table.listen(ONE, &caller(), Arc::new(Heard::default()), items(&["a", "b"]), |_, _| None);
    assert!(table.has_room(ONE, &items(&["c"]), 3));
    assert!(!table.has_room(ONE, &items(&["c", "d"]), 3));
    assert!(table.has_room(ONE, &items(&["a", "b", "c"]), 3), "two of them are renewed");
    assert!(table.has_room(ONE, &items(&["c", "c"]), 3), "one named twice is one");
    assert!(table.has_room(ListenerId(2), &items(&["a", "b", "c"]), 3));
    table.unlisten(ONE, &[key("a")]);
    assert!(table.has_room(ONE, &items(&["c", "d"]), 3));
}

#[test]
fn t07_an_absent_item_is_the_empty_md5_and_case_does_not_matter() {
    let mut table = ListenerTable::default();
    let heard = Arc::new(Heard::default());
    let named = NamespaceSpelling::Named;
    let none = |_: &ConfigKey, _: &Caller| None;
    let same = vec![listen("a", "", named)];
    assert_eq!(table.listen(ONE, &caller(), heard.clone(), same, none), []);
    let garbage = vec![listen("a", "not a fingerprint", named)];
    assert_eq!(table.listen(ONE, &caller(), heard.clone(), garbage, none).len(), 1);
    let hello = |_: &ConfigKey, _: &Caller| Some(Md5::of("hello"));
    let upper = vec![listen("a", "5D41402ABC4B2A76B9719D911017C592", named)];
    assert_eq!(table.listen(ONE, &caller(), heard, upper, hello), []);
}

#[test]
fn t20_one_change_is_told_once_until_the_content_changes_again() {
    let mut table = ListenerTable::default();
    let heard = Arc::new(Heard::default());
    let items = vec![listen("a", "", NamespaceSpelling::Named)];
    table.listen(ONE, &caller(), heard.clone(), items, |_, _| None);
    let mut publish = |content: &str| {
        let md5 = Md5::of(content);
        let news = table.changed(&key("a"), |_| Some(md5));
        news.into_iter().for_each(super::table::News::deliver);
        heard.take().len()
    };
    assert_eq!(publish("x"), 1);
    assert_eq!(publish("x"), 0, "the same content again is no news");
    assert_eq!(publish("y"), 1);
    assert_eq!(publish("x"), 1, "back to the first content is news: the client may hold y");
}

#[test]
fn listeners_are_found_by_item_and_by_address_until_they_leave() {
    let mut table = ListenerTable::default();
    let heard = Arc::new(Heard::default());
    let md5 = Md5::of("x").to_string();
    let named = NamespaceSpelling::Named;
    let items = vec![listen("a", &md5, named), listen("b", "", named)];
    table.listen(ONE, &caller(), heard.clone(), items, |_, _| None);
    assert_eq!(table.of_key(&key("a"))[0].md5, Some(Md5::of("x")));
    assert_eq!(table.of_ip("::ffff:10.0.0.1".parse().unwrap()).len(), 2);
    assert_eq!(table.size(), (1, 2));
    table.unlisten(ONE, &[key("a")]);
    assert_eq!(table.size(), (1, 1));
    table.remove(ONE);
    assert_eq!(table.size(), (0, 0));
    assert!(table.of_ip(caller().ip).is_empty() && table.of_key(&key("b")).is_empty());
}

#[derive(Debug, Clone)]
enum Step {
    Listen { listener: u64, item: u8, has: Option<u8> },
    Unlisten { listener: u64, item: u8 },
    Leave { listener: u64 },
    Change { item: u8, content: Option<u8> },
}

fn step() -> impl Strategy<Value = Step> {
    let content = prop::option::of(0u8..3);
    prop_oneof![
        (0u64..3, 0u8..2, content.clone()).prop_map(|(listener, item, has)| Step::Listen {
            listener,
            item,
            has
        }),
        (0u64..3, 0u8..2).prop_map(|(listener, item)| Step::Unlisten { listener, item }),
        (0u64..3).prop_map(|listener| Step::Leave { listener }),
        (0u8..2, content).prop_map(|(item, content)| Step::Change { item, content }),
    ]
}

proptest! {
    /// A model client keeps what it was last told to fetch. Whatever happens, every
    /// listening client holds the present content of every item it listens to.
    #[test]
    fn a_client_that_fetches_on_every_news_is_always_current(
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let md5 = |content: u8| Md5::of(&content.to_string());
        let text = |content: Option<u8>| content.map_or(String::new(), |c| md5(c).to_string());
        let name = |item: u8| format!("item{item}");
        let mut table = ListenerTable::default();
        let heard: Vec<_> = (0..3).map(|_| Arc::new(Heard::default())).collect();
        let mut items: HashMap<ConfigKey, u8> = HashMap::new();
        let mut holds: HashMap<(u64, ConfigKey), Option<u8>> = HashMap::new();
        for step in steps {
            match step {
                Step::Listen { listener, item, has } => {
                    let key = key(&name(item));
                    let wanted = vec![listen(&name(item), &text(has), NamespaceSpelling::Named)];
                    let sink = heard[listener as usize].clone();
                    let changed = table.listen(ListenerId(listener), &caller(), sink, wanted,
                        |key, _| items.get(key).copied().map(md5));
                    let fetched = if changed.is_empty() { has } else { items.get(&key).copied() };
                    holds.insert((listener, key), fetched);
                }
                Step::Unlisten { listener, item } => {
                    table.unlisten(ListenerId(listener), &[key(&name(item))]);
                    holds.remove(&(listener, key(&name(item))));
                }
                Step::Leave { listener } => {
                    table.remove(ListenerId(listener));
                    holds.retain(|(who, _), _| *who != listener);
                }
                Step::Change { item, content } => {
                    let key = key(&name(item));
                    match content {
                        Some(content) => items.insert(key.clone(), content),
                        None => items.remove(&key),
                    };
                    let now = content.map(md5);
                    table.changed(&key, |_| now).into_iter().for_each(super::table::News::deliver);
                    for (listener, sink) in heard.iter().enumerate() {
                        for news in sink.take() {
                            let fetched = items.get(&news.key).copied();
                            let held = holds.insert((listener as u64, news.key), fetched);
                            prop_assert!(held.is_some(), "news only for those who listen");
                        }
                    }
                }
            }
            for ((_, key), held) in &holds {
                prop_assert_eq!(*held, items.get(key).copied());
            }
            prop_assert_eq!(table.size().1, holds.len());
        }
    }
}
