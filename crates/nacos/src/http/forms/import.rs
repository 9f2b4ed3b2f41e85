//! Zips, and what became of what was in them.

use http::{HeaderValue, header};
use seawall_config::{ConfigKey, Exported, Imported};
use serde_json::{Map, Value, json};

use crate::http::reply::Reply;

/// A zip to be saved as a file.
pub(crate) fn zip(exported: Exported) -> Reply {
    // The content decides the name, so that the same export is the same file.
    let name = format!("nacos_config_export_{}.zip", exported.items);
    Reply::bytes(HeaderValue::from_static("application/octet-stream"), exported.zip)
        .with_header(header::CONTENT_DISPOSITION, &format!("attachment;filename={name}"))
}

fn named(keys: &[ConfigKey]) -> Vec<Value> {
    let item =
        |key: &ConfigKey| json!({ "dataId": key.data_id.as_str(), "group": key.group.as_str() });
    keys.iter().map(item).collect()
}

/// The counts and lists Nacos gives; lists only when there is something in them.
fn summary(imported: &Imported) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("succCount", json!(imported.done.len()));
    put("skipCount", json!(imported.skipped.len()));
    if !imported.skipped.is_empty() {
        put("skipData", json!(named(&imported.skipped)));
    }
    if !imported.failed.is_empty() {
        let failed: Vec<Value> = imported
            .failed
            .iter()
            .map(|(key, error)| {
                json!({ "dataId": key.data_id.as_str(), "group": key.group.as_str(),
                        "reason": error.to_string() })
            })
            .collect();
        put("failData", json!(failed));
    }
    if !imported.unrecognized.is_empty() {
        put("unrecognizedCount", json!(imported.unrecognized.len()));
        let names: Vec<Value> =
            imported.unrecognized.iter().map(|name| json!({ "itemName": name })).collect();
        put("unrecognizedData", json!(names));
    }
    Value::Object(fields)
}

/// An import of the first generation.
pub(crate) fn rest_import(imported: Imported) -> Reply {
    Reply::rest(Some("import success"), summary(&imported))
}

/// A clone of the first generation.
pub(crate) fn rest_clone(imported: Imported) -> Reply {
    Reply::rest(Some("Clone Completed Successfully"), summary(&imported))
}

/// An import or clone of the third.
pub(crate) fn result(imported: Imported) -> Reply {
    Reply::result(summary(&imported))
}
