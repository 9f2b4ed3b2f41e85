//! What Nacos answers, read tolerantly: one form a thing, whatever the generation.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

/// A namespace.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct NamespaceForm {
    #[serde(rename = "namespace", default, deserialize_with = "text")]
    pub(crate) id: String,
    #[serde(rename = "namespaceShowName", default, deserialize_with = "text")]
    pub(crate) name: String,
    #[serde(rename = "namespaceDesc", default, deserialize_with = "text")]
    pub(crate) description: String,
}

/// A configuration with everything known of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConfigurationForm {
    pub(crate) data_id: String,
    #[serde(alias = "groupName")]
    pub(crate) group: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) content: String,
    #[serde(rename = "type", default, deserialize_with = "text")]
    pub(crate) content_type: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) app_name: String,
    #[serde(rename = "desc", default, deserialize_with = "text")]
    pub(crate) description: String,
    #[serde(rename = "use", default, deserialize_with = "text")]
    pub(crate) usage: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) effect: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) schema: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) config_tags: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) encrypted_data_key: String,
    #[serde(default, deserialize_with = "millis")]
    pub(crate) create_time: Option<u64>,
    #[serde(default, deserialize_with = "millis")]
    pub(crate) modify_time: Option<u64>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) create_user: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) create_ip: String,
}

/// One entry of a configuration's history.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryForm {
    #[serde(deserialize_with = "text")]
    pub(crate) id: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) content: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) op_type: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) src_user: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) src_ip: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) encrypted_data_key: String,
    #[serde(default, alias = "lastModifiedTime", deserialize_with = "millis")]
    pub(crate) modify_time: Option<u64>,
    /// `gray` for a change of a gray release (2.5 and later).
    #[serde(default, deserialize_with = "text")]
    pub(crate) publish_type: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) gray_name: String,
    /// A JSON text with the rule of the release.
    #[serde(default, deserialize_with = "text")]
    pub(crate) ext_info: String,
}

/// An instance.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HostForm {
    pub(crate) ip: String,
    pub(crate) port: u16,
    #[serde(default = "one")]
    pub(crate) weight: f64,
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    #[serde(default = "yes")]
    pub(crate) ephemeral: bool,
    #[serde(default, deserialize_with = "text")]
    pub(crate) cluster_name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) metadata: BTreeMap<String, String>,
}

/// A page of things; the total is under one of several names.
#[derive(Debug, Deserialize)]
pub(super) struct PageForm {
    #[serde(rename = "pageItems", alias = "serviceList", alias = "list", default = "Vec::new")]
    pub(super) items: Vec<Value>,
}

/// Takes `{code, message, data}` apart; what has no `data` is the answer itself.
pub(super) fn unwrap_envelope(mut answer: Value) -> Result<Value, String> {
    let Some(object) = answer.as_object_mut() else { return Ok(answer) };
    let code = object.get("code").and_then(Value::as_i64);
    match (code, object.remove("data")) {
        (Some(0 | 200) | None, Some(data)) => Ok(data),
        (_, None) => Ok(answer),
        (Some(code), Some(_)) => {
            let message = object.get("message").and_then(Value::as_str).unwrap_or_default();
            Err(format!("code {code}: {message}"))
        }
    }
}

/// The items of an answer that is a list, or a page of a list.
pub(super) fn items<T: DeserializeOwned>(answer: Value) -> Result<Vec<T>, serde_json::Error> {
    let values = match answer {
        Value::Array(values) => values,
        page => serde_json::from_value::<PageForm>(page)?.items,
    };
    values.into_iter().map(serde_json::from_value).collect()
}

fn one() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}

/// A value, where null is the default.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    from: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// A text, where a number is written out and null is empty.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Null => String::new(),
        Value::String(text) => text.trim_end_matches('\0').to_owned(),
        other => other.to_string(),
    })
}

/// Milliseconds since the epoch. Older versions write `2023-01-02T03:04:05.678+0000`,
/// newer ones a number; what is neither counts as unknown.
pub(super) fn millis<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Number(number) => number.as_u64().filter(|millis| *millis > 0),
        Value::String(text) => text.parse().ok().or_else(|| millis_of_date(&text)),
        _ => None,
    })
}

/// Reads a date as Jackson writes it (`+0000`), or as RFC 3339 does.
fn millis_of_date(text: &str) -> Option<u64> {
    let jackson = format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond][offset_hour sign:mandatory][offset_minute]"
    );
    let moment = OffsetDateTime::parse(text, &jackson)
        .or_else(|_| OffsetDateTime::parse(text, &Rfc3339))
        .ok()?;
    u64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_namings_of_a_configuration_are_read() {
        let old = json!({"id": "1", "dataId": "a", "group": "g", "content": "x", "type": null,
            "tenant": "", "createTime": 1_700_000_000_123_u64, "modifyTime": 1_700_000_000_456_u64,
            "desc": "d", "configTags": "t1,t2"});
        let new = json!({"id": "1", "dataId": "a", "groupName": "g", "content": "x",
            "namespaceId": "public", "createTime": 1_700_000_000_123_u64,
            "modifyTime": 1_700_000_000_456_u64, "desc": "d", "configTags": "t1,t2"});
        let read = |value| serde_json::from_value::<ConfigurationForm>(value).unwrap();
        assert_eq!(read(old.clone()), read(new));
        assert_eq!(read(old).modify_time, Some(1_700_000_000_456));
    }

    #[test]
    fn dates_of_every_writer_are_the_same_moment() {
        for text in [
            "2023-11-14T22:13:20.123+0000",
            "2023-11-14T22:13:20.123Z",
            "2023-11-15T06:13:20.123+08:00",
        ] {
            assert_eq!(millis_of_date(text), Some(1_700_000_000_123), "{text}");
        }
        assert_eq!(millis_of_date("2024-02-29T00:00:00.000+0000"), Some(1_709_164_800_000));
        for text in ["", "yesterday", "2023-13-01T00:00:00.000Z", "2023-11-14T22:13"] {
            assert_eq!(millis_of_date(text), None, "{text}");
        }
    }

    #[test]
    fn an_envelope_with_an_error_is_an_error() {
        assert_eq!(unwrap_envelope(json!({"code": 0, "data": [1]})), Ok(json!([1])));
        assert_eq!(unwrap_envelope(json!([1])), Ok(json!([1])));
        assert!(unwrap_envelope(json!({"code": 403, "message": "no", "data": null})).is_err());
    }

    proptest::proptest! {
        #[test]
        fn a_date_never_panics(text in "[0-9TZ:. +-]{0,32}") {
            let _ = millis_of_date(&text);
        }
    }
}
