//! Configuration items in JSON.

use std::sync::Arc;

use seawall_config::{Answer, ConfigMeta, GrayKind, GrayRule, Paged};
use serde_json::{Value, json};

use super::page::page;
use crate::http::{generation::Generation, ops::config::search::Listed, reply::Reply};

/// The first two generations show the default namespace as the empty text.
pub(super) fn old_namespace(meta_namespace: &seawall_topology::Namespace) -> &str {
    if meta_namespace.is_public() { Generation::V1.public_name() } else { meta_namespace.as_str() }
}

fn tags(meta: &ConfigMeta) -> Option<String> {
    let tags = &meta.about.tags;
    (!tags.is_empty()).then(|| tags.join(","))
}

fn merge(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

/// Nacos's `ConfigInfo`.
fn info(meta: &ConfigMeta, content: Option<&str>) -> Value {
    json!({
        // A text, for JavaScript loses digits of large numbers.
        "id": meta.id.to_string(),
        "dataId": meta.key.data_id.as_str(),
        "group": meta.key.group.as_str(),
        "content": content,
        "md5": meta.md5.to_string(),
        "encryptedDataKey": &*meta.encrypted_data_key,
        "tenant": old_namespace(&meta.key.namespace),
        "appName": &*meta.about.app_name,
        "type": meta.content_type.as_str(),
    })
}

/// What Nacos's `ConfigAllInfo` and `ConfigAdvanceInfo` have in common.
fn advance(meta: &ConfigMeta) -> Value {
    json!({
        "createTime": meta.created.as_millis(),
        "modifyTime": meta.modified.as_millis(),
        "createUser": &meta.created_by.user,
        "createIp": &meta.created_by.ip,
        "desc": &*meta.about.description,
        "use": &*meta.about.usage,
        "effect": &*meta.about.effect,
        "type": meta.content_type.as_str(),
        "schema": &*meta.about.schema,
        "configTags": tags(meta),
    })
}

/// Everything about an item; nothing at all when there is none, as Nacos answers.
pub(crate) fn all(found: Option<Arc<Answer>>) -> Reply {
    match found {
        Some(answer) => {
            let base = info(&answer.meta, Some(&answer.content));
            Reply::json(&merge(base, advance(&answer.meta)))
        }
        None => Reply::empty(),
    }
}

/// What is written about an item.
pub(crate) fn catalog(found: Option<Arc<ConfigMeta>>) -> Reply {
    Reply::rest(None, found.map(|meta| advance(&meta)))
}

/// A page of items as the first generation has it.
pub(crate) fn bare_page(Listed { page: number, found }: Listed) -> Reply {
    let item = |one: &seawall_config::Found| info(&one.meta, one.content.as_deref());
    Reply::json(&page(number, found.total, found.items.iter().map(item).collect()))
}

/// A page of items as the third generation has it.
pub(crate) fn result_page(Listed { page: number, found }: Listed) -> Reply {
    let Paged { total, items } = found;
    Reply::result(page(number, total, items.iter().map(|one| basic(&one.meta)).collect()))
}

/// Nacos 3's `ConfigBasicInfo`.
fn basic(meta: &ConfigMeta) -> Value {
    json!({
        "id": meta.id.to_string(),
        "namespaceId": meta.key.namespace.as_str(),
        "groupName": meta.key.group.as_str(),
        "dataId": meta.key.data_id.as_str(),
        "md5": meta.md5.to_string(),
        "type": meta.content_type.as_str(),
        "appName": &*meta.about.app_name,
        "createTime": meta.created.as_millis(),
        "modifyTime": meta.modified.as_millis(),
    })
}

fn full(answer: &Answer) -> Value {
    let meta = &answer.meta;
    merge(
        basic(meta),
        json!({
            "content": &*answer.content,
            "desc": &*meta.about.description,
            "encryptedDataKey": &*meta.encrypted_data_key,
            "createUser": &meta.created_by.user,
            "createIp": &meta.created_by.ip,
            "configTags": tags(meta),
        }),
    )
}

/// Nacos 3's `ConfigDetailInfo`.
pub(crate) fn detail(answer: Arc<Answer>) -> Reply {
    Reply::result(full(&answer))
}

/// A gray rule as Nacos stores it.
fn gray_rule(rule: &GrayRule) -> String {
    let kind = match rule.kind {
        GrayKind::ClientIps(_) => "beta",
        GrayKind::Tag(_) => "tag",
        GrayKind::Labels(_) => "labels",
    };
    json!({ "type": kind, "version": "1.0.0", "expr": rule.expression(), "priority": rule.priority })
        .to_string()
}

/// Nacos 3's `ConfigGrayInfo`.
pub(crate) fn gray_detail(answer: Arc<Answer>) -> Reply {
    Reply::result(merge(full(&answer), gray_fields(answer.gray())))
}

fn gray_fields(rule: Option<&GrayRule>) -> Value {
    json!({
        "grayName": rule.map(|rule| rule.name.as_str()),
        "grayRule": rule.map(gray_rule),
    })
}

/// The releases of an item without their contents, in the order they are tried.
pub(crate) fn grays(metas: Vec<Arc<ConfigMeta>>) -> Reply {
    let one = |meta: &Arc<ConfigMeta>| merge(basic(meta), gray_fields(meta.gray.as_deref()));
    Reply::result(metas.iter().map(one).collect::<Vec<_>>())
}

/// The beta release as the first generation has it.
pub(crate) fn beta(found: Option<Arc<Answer>>) -> Reply {
    let data = found.map(|answer| {
        let ips = answer.gray().map(GrayRule::expression);
        merge(info(&answer.meta, Some(&answer.content)), json!({ "betaIps": ips }))
    });
    Reply::rest(Some("query beta ok"), data)
}

/// The items of a namespace as the history page of the first generation lists them.
pub(crate) fn old_items(metas: Vec<Arc<ConfigMeta>>) -> Vec<Value> {
    let item = |meta: &Arc<ConfigMeta>| {
        merge(info(meta, None), json!({ "lastModified": meta.modified.as_millis() }))
    };
    metas.iter().map(item).collect()
}

/// The items of a namespace as the third generation lists them.
pub(crate) fn items(metas: Vec<Arc<ConfigMeta>>) -> Vec<Value> {
    metas.iter().map(|meta| basic(meta)).collect()
}
