//! Made-up configurations of one kibibyte, and the requests that name them.

use md5::{Digest as _, Md5};

const GROUP: &str = "DEFAULT_GROUP";

/// Bytes of one configuration, about.
const CONTENT_BYTES: usize = 1_024;

/// The name of configuration `number`.
pub(crate) fn data_id(number: u64) -> String {
    format!("bench.orders.settings-{number:06}.yaml")
}

/// How a configuration shows in a notice that it changed.
pub(crate) fn marker(number: u64) -> String {
    format!(r#""dataId":"{}""#, data_id(number))
}

/// The content of a configuration at a version: a kibibyte that differs in each.
pub(crate) fn content(number: u64, version: u64) -> String {
    let mut content = format!("service: orders-{number}\nversion: {version}\n");
    let mut line = 0;
    while content.len() < CONTENT_BYTES {
        content.push_str(&format!("limit_{line}: {}\n", number.wrapping_mul(31) + line));
        line += 1;
    }
    content
}

/// `ConfigPublishRequest`
pub(crate) fn publish(number: u64, version: u64) -> String {
    serde_json::json!({
        "dataId": data_id(number), "group": GROUP, "tenant": "",
        "content": content(number, version), "casMd5": null,
        "additionMap": { "type": "yaml", "appName": "bench" },
    })
    .to_string()
}

/// `ConfigQueryRequest`
pub(crate) fn query(number: u64) -> String {
    format!(r#"{{"dataId":"{}","group":"{GROUP}","tenant":""}}"#, data_id(number))
}

/// `ConfigBatchListenRequest` by a client that holds `version`.
pub(crate) fn listen(number: u64, version: u64) -> String {
    let md5 = hex::encode(Md5::digest(content(number, version)));
    format!(
        r#"{{"listen":true,"configListenContexts":[{{"dataId":"{}","group":"{GROUP}","tenant":"","md5":"{md5}"}}]}}"#,
        data_id(number)
    )
}

/// The path of a v1 read.
pub(crate) fn get_path(number: u64) -> String {
    format!("/nacos/v1/cs/configs?dataId={}&group={GROUP}&tenant=", data_id(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_about_a_kibibyte_and_all_differ() {
        assert!((1_024..1_100).contains(&content(1, 1).len()));
        assert_ne!(content(1, 1), content(1, 2));
        assert_ne!(content(1, 1), content(2, 1));
    }

    #[test]
    fn requests_are_json() {
        for request in [publish(1, 1), query(1), listen(1, 1)] {
            assert!(serde_json::from_str::<serde_json::Value>(&request).is_ok(), "{request}");
        }
    }
}
