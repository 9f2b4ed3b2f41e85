//! Keys of the store.
//!
//! What every node keeps in memory lies under one prefix, so that one watch brings
//! it in commit order; contents and history lie beside it and are read on demand.

use seawall_store::Key;
use seawall_topology::Namespace;

use crate::{ConfigKey, GrayName, Group, HistoryId, QuotaScope, model::meta::ContentVersion};

const ROOT: &str = "config";
const ITEM: &str = "item";
const GRAY: &str = "gray";
const QUOTA: &str = "quota";
const USAGE: &str = "usage";
const CONTENT: &str = "config-content";
const HISTORY: &str = "config-history";
const MASTER_KEY: &str = "config-master-key";

/// What a key under [`mirrored`] is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    Item(ConfigKey),
    Gray(ConfigKey, GrayName),
    Quota(QuotaScope),
    Usage(QuotaScope),
}

/// Prefix of everything that is kept in memory.
pub(crate) fn mirrored() -> Key {
    Key::of_parts([ROOT])
}

pub(crate) fn item(key: &ConfigKey) -> Key {
    let (group, data_id) = (key.group.as_str(), key.data_id.as_str());
    Key::of_parts([ROOT, ITEM, key.namespace.as_str(), group, data_id])
}

pub(crate) fn gray(key: &ConfigKey, name: &GrayName) -> Key {
    let (group, data_id) = (key.group.as_str(), key.data_id.as_str());
    Key::of_parts([ROOT, GRAY, key.namespace.as_str(), group, data_id, name.as_str()])
}

/// Prefix of the gray releases of one item.
pub(crate) fn grays_of(key: &ConfigKey) -> Key {
    let (group, data_id) = (key.group.as_str(), key.data_id.as_str());
    Key::of_parts([ROOT, GRAY, key.namespace.as_str(), group, data_id])
}

/// The item's own key, or that of one of its gray releases.
pub(crate) fn target(key: &ConfigKey, name: Option<&GrayName>) -> Key {
    name.map_or_else(|| item(key), |name| gray(key, name))
}

pub(crate) fn content(key: &ConfigKey, version: ContentVersion) -> Key {
    numbered(CONTENT, key, version.0)
}

pub(crate) fn history(key: &ConfigKey, id: HistoryId) -> Key {
    numbered(HISTORY, key, id.get())
}

/// Prefix of the history of one item, oldest entry first.
pub(crate) fn history_of(key: &ConfigKey) -> Key {
    let (group, data_id) = (key.group.as_str(), key.data_id.as_str());
    Key::of_parts([HISTORY, key.namespace.as_str(), group, data_id])
}

/// Prefix of all history.
pub(crate) fn all_history() -> Key {
    Key::of_parts([HISTORY])
}

pub(crate) fn quota(scope: &QuotaScope) -> Key {
    scoped(QUOTA, scope)
}

/// Written with every new item while quotas are enforced, so that two nodes cannot
/// both take the last place.
pub(crate) fn usage(scope: &QuotaScope) -> Key {
    scoped(USAGE, scope)
}

pub(crate) fn master_key() -> Key {
    Key::of_parts([MASTER_KEY])
}

fn numbered(kind: &str, key: &ConfigKey, number: u64) -> Key {
    // Twenty digits: numbers then sort as texts do.
    let number = format!("{number:020}");
    let (group, data_id) = (key.group.as_str(), key.data_id.as_str());
    Key::of_parts([kind, key.namespace.as_str(), group, data_id, &number])
}

fn scoped(kind: &str, scope: &QuotaScope) -> Key {
    match scope {
        QuotaScope::Namespace(namespace) => Key::of_parts([ROOT, kind, namespace.as_str()]),
        QuotaScope::Group(namespace, group) => {
            Key::of_parts([ROOT, kind, namespace.as_str(), group.as_str()])
        }
    }
}

/// What `key` is of; `None` if it is not one of [`mirrored`].
pub(crate) fn place(key: &Key) -> Option<Place> {
    let parts = key.parts()?;
    let (root, parts) = parts.split_first()?;
    if *root != ROOT {
        return None;
    }
    match parts {
        [ITEM, namespace, group, data_id] => {
            Some(Place::Item(ConfigKey::parse(namespace, group, data_id).ok()?))
        }
        [GRAY, namespace, group, data_id, name] => {
            let key = ConfigKey::parse(namespace, group, data_id).ok()?;
            Some(Place::Gray(key, name.parse().ok()?))
        }
        [QUOTA, scope @ ..] => Some(Place::Quota(parse_scope(scope)?)),
        [USAGE, scope @ ..] => Some(Place::Usage(parse_scope(scope)?)),
        _ => None,
    }
}

/// The item and the number in a key of history.
pub(crate) fn history_place(key: &Key) -> Option<(ConfigKey, HistoryId)> {
    match key.parts()?.as_slice() {
        [HISTORY, namespace, group, data_id, number] => {
            let key = ConfigKey::parse(namespace, group, data_id).ok()?;
            Some((key, HistoryId::new(number.parse().ok()?)))
        }
        _ => None,
    }
}

fn parse_scope(parts: &[&str]) -> Option<QuotaScope> {
    match parts {
        [namespace] => Some(QuotaScope::Namespace(namespace.parse::<Namespace>().ok()?)),
        [namespace, group] => Some(QuotaScope::Group(
            namespace.parse::<Namespace>().ok()?,
            group.parse::<Group>().ok()?,
        )),
        _ => None,
    }
}
