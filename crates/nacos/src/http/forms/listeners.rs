//! Who listens, in JSON; and the answer of a long poll.

use std::collections::BTreeMap;

use http::HeaderName;
use seawall_config::{ListenerView, Md5};
use serde_json::json;

use super::config::old_namespace;
use crate::http::{listening, ops::config::listen::News, reply::Reply};

const PROBE_MODIFY: HeaderName = HeaderName::from_static("probe-modify-response");
const PROBE_MODIFY_NEW: HeaderName = HeaderName::from_static("probe-modify-response-new");

/// The changed items, or nothing.
pub(crate) fn poll(news: News) -> Reply {
    let answer = listening::answer(&news.changed);
    if news.in_headers {
        let old = listening::old_answer(&news.changed);
        return Reply::empty()
            .uncached()
            .with_header(PROBE_MODIFY, &old)
            .with_header(PROBE_MODIFY_NEW, answer.trim_end());
    }
    Reply::text(answer).uncached()
}

fn md5(md5: Option<Md5>) -> String {
    md5.map(|md5| md5.to_string()).unwrap_or_default()
}

fn by_ip(views: &[ListenerView]) -> BTreeMap<String, String> {
    views.iter().map(|view| (view.ip.to_string(), md5(view.md5))).collect()
}

/// `dataId+group[+tenant]`, as Nacos joins a key.
fn by_key(views: &[ListenerView]) -> BTreeMap<String, String> {
    let joined = |view: &ListenerView| {
        let (key, namespace) = (&view.key, old_namespace(&view.key.namespace));
        match namespace {
            "" => format!("{}+{}", key.data_id, key.group),
            namespace => format!("{}+{}+{namespace}", key.data_id, key.group),
        }
    };
    views.iter().map(|view| (joined(view), md5(view.md5))).collect()
}

// Nacos's own spelling.
fn old(status: BTreeMap<String, String>) -> Reply {
    Reply::json(&json!({ "collectStatus": 200, "lisentersGroupkeyStatus": status }))
}

/// Listeners of an item, first generation.
pub(crate) fn old_of_item(views: Vec<ListenerView>) -> Reply {
    old(by_ip(&views))
}

/// Items of an address, first generation.
pub(crate) fn old_of_address(views: Vec<ListenerView>) -> Reply {
    old(by_key(&views))
}

/// Listeners of an item, as nodes of Nacos ask each other.
pub(crate) fn watchers(views: Vec<ListenerView>) -> Reply {
    Reply::json(&json!({ "lisentersGroupkeyStatus": by_ip(&views) }))
}

/// Items of an address, as nodes of Nacos ask each other.
pub(crate) fn watched(views: Vec<ListenerView>) -> Reply {
    Reply::json(&json!({ "lisentersGroupkeyStatus": by_key(&views) }))
}

/// Listeners of an item, third generation.
pub(crate) fn of_item(views: Vec<ListenerView>) -> Reply {
    Reply::result(json!({ "queryType": "config", "listenersStatus": by_ip(&views) }))
}

/// Items of an address, third generation.
pub(crate) fn of_address(views: Vec<ListenerView>) -> Reply {
    Reply::result(json!({ "queryType": "ip", "listenersStatus": by_key(&views) }))
}
