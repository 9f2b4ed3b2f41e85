//! Configuration and its history (`ConfigController`, `HistoryController`).

use serde_json::{Value, json};

use super::{Holding, Query, Reply, Version, asked, page_of};

const CONTENT: &str = "hello";
/// When the item was last published, in milliseconds since the epoch.
const PUBLISHED: u64 = 1_700_000_000_000;
/// Names of releases in the history of a Nacos that records them.
const GRAYS: [(&str, &str, &str); 2] =
    [("beta", "beta", "10.0.0.7,10.0.0.8"), ("tag_canary", "tag", "canary")];

pub(super) fn configs(version: Version, holding: &Holding, query: &Query) -> Reply {
    if asked(query, "search") == "blur" {
        return page(query, &[info(version)]);
    }
    let there = asked(query, "dataId") == "greeting" && asked(query, "group") == "DEFAULT_GROUP";
    if asked(query, "beta") == "true" {
        let found = (there && holding.grays).then(|| beta(version));
        // What 1.4 says for a success; later ones say `query beta ok`.
        return Reply::Json(json!({ "code": 200, "message": "stop beta ok", "data": found }));
    }
    if asked(query, "show") == "all" {
        return if there { Reply::Json(all(version)) } else { Reply::Content(String::new()) };
    }
    let tag = asked(query, "tag");
    match (there, tag) {
        (true, "") => Reply::Content(CONTENT.to_owned()),
        (true, "canary") if holding.grays => Reply::Content("hello canary".to_owned()),
        _ => Reply::Refused(404, "config data not exist".to_owned()),
    }
}

fn page(query: &Query, items: &[Value]) -> Reply {
    let page = page_of(query, items);
    Reply::Json(json!({ "totalCount": items.len(), "pageNumber": 1, "pagesAvailable": 1,
        "pageItems": page }))
}

fn info(version: Version) -> Value {
    let mut info = json!({ "id": "17", "dataId": "greeting", "group": "DEFAULT_GROUP",
        "content": CONTENT, "md5": null, "tenant": "", "appName": "", "type": "text" });
    if version == Version::V2 {
        info["encryptedDataKey"] = json!("");
    }
    info
}

fn all(version: Version) -> Value {
    let mut all = info(version);
    let more = json!({ "createTime": PUBLISHED - 1_000, "modifyTime": PUBLISHED,
        "createUser": "ann", "createIp": "10.0.0.5", "desc": "what is said first", "use": null,
        "effect": null, "schema": null, "configTags": "text,shop" });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

fn beta(version: Version) -> Value {
    let mut beta = info(version);
    beta["content"] = json!("hello beta");
    beta["betaIps"] = json!("10.0.0.7,10.0.0.8");
    beta
}

/// The entries newest first: two in every second, as MySQL keeps no milliseconds.
fn entries(version: Version, holding: &Holding) -> Vec<(u64, Value)> {
    let of_item = (1..=holding.history as u64).rev().map(|id| (id, entry(version, id, None)));
    let recorded = version == Version::V2 && holding.grays;
    let of_grays = GRAYS.iter().enumerate().rev().filter(|_| recorded).map(|(index, gray)| {
        let id = 1_000_000 + index as u64;
        (id, entry(version, id, Some(gray)))
    });
    of_grays.chain(of_item).collect()
}

fn entry(version: Version, id: u64, gray: Option<&(&str, &str, &str)>) -> Value {
    let second = 20 + (id / 2) % 40;
    let minute = 13 + (id / 80) % 40;
    let zone = if version == Version::V1 { "+0000" } else { "+00:00" };
    let at = format!("2023-11-14T22:{minute:02}:{second:02}.000{zone}");
    let mut entry = json!({ "id": id.to_string(), "lastId": -1, "dataId": "greeting",
        "group": "DEFAULT_GROUP", "tenant": "", "appName": "", "md5": null, "content": null,
        "srcIp": "10.0.0.5", "srcUser": "ann", "opType": "U         ", "createdTime": at,
        "lastModifiedTime": at });
    if version == Version::V2 {
        entry["encryptedDataKey"] = json!("");
        entry["publishType"] = json!("formal");
    }
    if let Some((name, kind, expression)) = gray {
        let rule = json!({ "type": kind, "expr": expression, "version": "1.0.0",
            "priority": "2147483647" });
        let more = json!({ "gray_name": name, "src_user": "ann", "gray_rule": rule.to_string() });
        entry["publishType"] = json!("gray");
        entry["grayName"] = json!(name);
        entry["opType"] = json!("I         ");
        entry["extInfo"] = json!(more.to_string());
    }
    entry
}

pub(super) fn history(version: Version, holding: &Holding, query: &Query) -> Reply {
    let entries = entries(version, holding);
    if asked(query, "search") == "accurate" {
        let listed: Vec<Value> = entries.into_iter().map(|(_, entry)| entry).collect();
        return page(query, &listed);
    }
    let wanted: u64 = asked(query, "nid").parse().unwrap();
    match entries.into_iter().find(|(id, _)| *id == wanted) {
        Some((id, mut entry)) => {
            let mut text = format!("version {id} ");
            text.push_str(&"x".repeat(holding.entry_bytes.saturating_sub(text.len())));
            entry["content"] = json!(text);
            Reply::Json(entry)
        }
        None => Reply::Refused(404, "no such history".to_owned()),
    }
}
