//! Changes of items in JSON.

use seawall_config::{Diff, HistoryDetail, HistoryEntry, HistoryOperation, Md5};
use serde_json::{Value, json};

use super::{config::old_namespace, date::iso_date, page::page};
use crate::http::{
    ops::history::{diff::Compared, list::Listed},
    reply::Reply,
};

fn publish_type(entry: &HistoryEntry) -> &'static str {
    if entry.gray.is_some() { "gray" } else { "formal" }
}

/// What Nacos keeps beside a change, as a JSON text.
fn ext_info(entry: &HistoryEntry) -> String {
    json!({
        "type": entry.content_type.as_str(),
        "c_desc": &*entry.about.description,
        "config_tags": entry.about.tags.join(","),
        "gray_rule": &entry.gray_expression,
    })
    .to_string()
}

/// Nacos's `ConfigHistoryInfo`.
fn info(entry: &HistoryEntry, content: Option<&str>) -> Value {
    json!({
        "id": entry.id.to_string(),
        "lastId": -1,
        "dataId": entry.key.data_id.as_str(),
        "group": entry.key.group.as_str(),
        "tenant": old_namespace(&entry.key.namespace),
        "appName": &*entry.about.app_name,
        "md5": entry.md5.to_string(),
        "content": content,
        "srcIp": &entry.author.ip,
        "srcUser": &entry.author.user,
        "opType": entry.operation.letter().to_string(),
        "publishType": publish_type(entry),
        "grayName": entry.gray.as_ref().map(|name| name.as_str()),
        "extInfo": ext_info(entry),
        "createdTime": iso_date(entry.created),
        "lastModifiedTime": iso_date(entry.at),
        "encryptedDataKey": &entry.encrypted_data_key,
    })
}

/// Nacos 3's `ConfigHistoryBasicInfo`.
fn basic(entry: &HistoryEntry) -> Value {
    json!({
        "id": entry.id.to_string(),
        "namespaceId": entry.key.namespace.as_str(),
        "groupName": entry.key.group.as_str(),
        "dataId": entry.key.data_id.as_str(),
        "md5": entry.md5.to_string(),
        "type": entry.content_type.as_str(),
        "appName": &*entry.about.app_name,
        "createTime": entry.created.as_millis(),
        "modifyTime": entry.at.as_millis(),
        "srcIp": &entry.author.ip,
        "srcUser": &entry.author.user,
        "opType": entry.operation.letter().to_string(),
        "publishType": publish_type(entry),
    })
}

fn old_page(Listed { page: number, found }: &Listed) -> Value {
    page(*number, found.total, found.items.iter().map(|entry| info(entry, None)).collect())
}

/// A page of changes, bare.
pub(crate) fn bare_page(listed: Listed) -> Reply {
    Reply::json(&old_page(&listed))
}

/// A page of changes, wrapped.
pub(crate) fn wrapped_page(listed: Listed) -> Reply {
    Reply::result(old_page(&listed))
}

/// A page of changes as the third generation has it.
pub(crate) fn result_page(Listed { page: number, found }: Listed) -> Reply {
    Reply::result(page(number, found.total, found.items.iter().map(basic).collect()))
}

/// A change, bare.
pub(crate) fn bare(found: HistoryDetail) -> Reply {
    Reply::json(&info(&found.entry, Some(&found.content)))
}

/// A change, wrapped.
pub(crate) fn wrapped(found: HistoryDetail) -> Reply {
    Reply::result(info(&found.entry, Some(&found.content)))
}

/// A change as the third generation has it.
pub(crate) fn result(found: HistoryDetail) -> Reply {
    let HistoryDetail { entry, content } = found;
    let mut value = basic(&entry);
    if let Value::Object(fields) = &mut value {
        fields.insert("content".to_owned(), json!(&*content));
        fields.insert("encryptedDataKey".to_owned(), json!(&entry.encrypted_data_key));
        fields.insert("grayName".to_owned(), json!(entry.gray.as_ref().map(|name| name.as_str())));
        fields.insert("extInfo".to_owned(), json!(ext_info(&entry)));
    }
    Reply::result(value)
}

/// A change with both contents and their difference, as the third generation has it.
pub(crate) fn result_diff(Compared { change, diff }: Compared) -> Reply {
    let mut value = basic(&change.entry);
    if let Value::Object(fields) = &mut value {
        let gray = change.entry.gray.as_ref().map(|name| name.as_str());
        fields.insert("grayName".to_owned(), json!(gray));
        fields.insert("originalContent".to_owned(), json!(&*diff.before));
        fields.insert("updatedContent".to_owned(), json!(&*diff.after));
        fields.insert("diff".to_owned(), json!(diff.unified));
    }
    Reply::result(value)
}

/// A change with both contents.
pub(crate) fn compared(Compared { change, diff }: Compared) -> Reply {
    let Diff { before, after, unified } = diff;
    let entry = &change.entry;
    let md5 = |content: &str, there: bool| there.then(|| Md5::of(content).to_string());
    let created = entry.operation == HistoryOperation::Insert;
    let deleted = entry.operation == HistoryOperation::Delete;
    Reply::result(json!({
        "id": entry.id.get(),
        "lastId": -1,
        "dataId": entry.key.data_id.as_str(),
        "group": entry.key.group.as_str(),
        "tenant": old_namespace(&entry.key.namespace),
        "opType": entry.operation.letter().to_string(),
        "publishType": publish_type(entry),
        "grayName": entry.gray.as_ref().map(|name| name.as_str()),
        "appName": &*entry.about.app_name,
        "srcIp": &entry.author.ip,
        "srcUser": &entry.author.user,
        "originalMd5": md5(&before, !created),
        "originalContent": &*before,
        "originalEncryptedDataKey": &entry.encrypted_data_key,
        "originalExtInfo": ext_info(entry),
        "updatedMd5": md5(&after, !deleted),
        "updatedContent": &*after,
        "updatedEncryptedDataKey": Value::Null,
        "updateExtInfo": Value::Null,
        "diff": unified,
        "createdTime": iso_date(entry.created),
        "lastModifiedTime": iso_date(entry.at),
    }))
}
