//! A configuration and the newest record of its history were written by one commit,
//! so they must agree after every death.

use md5::{Digest as _, Md5};
use serde_json::Value;

use super::thing::Version;

/// How a configuration and its newest record disagree; `None`: they agree. A creation
/// records the content it gave, an update and a removal the one they replaced.
pub(crate) fn disagreement(item: Option<&Value>, newest: Option<&Value>) -> Option<String> {
    let disagree = |how: &str| {
        let shown = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
        Some(format!("{how}: {} beside {}", shown(item), shown(newest)))
    };
    let Some(record) = newest else {
        return item.and_then(|_| disagree("configuration without history"));
    };
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    let content = text(record, "content").unwrap_or_default();
    let recorded = Version::of_content(&content);
    let md5 = text(record, "md5");
    if recorded.is_none() || md5 != Some(hex::encode(Md5::digest(&content))) {
        return disagree("history record that is not whole");
    }
    let operation = text(record, "opType").unwrap_or_default();
    let Some(item) = item else {
        return if operation.trim() == "D" { None } else { disagree("removed without a record") };
    };
    if item.get("modifyTime") != record.get("modifyTime") {
        return disagree("another time than its newest record");
    }
    let current = text(item, "content").as_deref().and_then(Version::of_content);
    match operation.trim() {
        "I" if md5 == text(item, "md5") => None,
        "U" if recorded.zip(current).is_some_and(|(before, now)| before.0 < now.0) => None,
        _ => disagree("not what its newest record tells"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(version: u64, modified: u64) -> Value {
        let content = Version(version).content();
        json!({ "md5": hex::encode(Md5::digest(&content)), "content": content,
                "modifyTime": modified })
    }

    fn record(operation: &str, version: u64, modified: u64) -> Value {
        let mut record = item(version, modified);
        record["opType"] = json!(operation);
        record
    }

    #[test]
    fn an_item_and_the_record_of_the_write_that_made_it_agree() {
        let agree = |item: Option<Value>, record: Option<Value>| {
            disagreement(item.as_ref(), record.as_ref()).is_none()
        };
        assert!(agree(None, None));
        assert!(agree(None, Some(record("D", 3, 9))));
        assert!(agree(Some(item(3, 9)), Some(record("I", 3, 9))));
        assert!(agree(Some(item(3, 9)), Some(record("U", 2, 9))));
    }

    #[test]
    fn anything_else_is_told() {
        let mut torn = record("I", 3, 9);
        torn["content"] = json!("version=3\n");
        let cases = [
            (Some(item(3, 9)), None),
            (None, Some(record("U", 2, 9))),
            (Some(item(3, 9)), Some(record("D", 3, 9))),
            (Some(item(3, 9)), Some(record("I", 2, 9))),
            (Some(item(3, 9)), Some(record("U", 3, 9))),
            (Some(item(3, 9)), Some(record("I", 3, 8))),
            (Some(item(3, 9)), Some(record("U", 2, 10))),
            (Some(item(3, 9)), Some(torn)),
        ];
        for (item, record) in cases {
            assert!(disagreement(item.as_ref(), record.as_ref()).is_some(), "{item:?} {record:?}");
        }
    }
}
