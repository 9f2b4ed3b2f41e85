//! A configuration item as the body of an answer, with headers about it.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use seawall_config::{Answer, ContentType, GrayKind};
use serde_json::json;

use super::date::http_date;
use crate::http::reply::Reply;

const CONFIG_TYPE: HeaderName = HeaderName::from_static("config-type");
const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");
const ENCRYPTED_DATA_KEY: HeaderName = HeaderName::from_static("encrypted-data-key");
const IS_BETA: HeaderName = HeaderName::from_static("isbeta");
const TAG: HeaderName = HeaderName::from_static("tag");

/// The content itself (trap T16), as the first generation answers.
///
/// HTML and XML go out as plain text: whoever may publish could otherwise run
/// scripts in the browsers of those who look, beside the console. The header
/// `Config-Type` tells clients what it is.
pub(crate) fn raw(answer: Arc<Answer>) -> Reply {
    let content_type = match answer.meta.content_type {
        ContentType::Json => HeaderValue::from_static("application/json;charset=UTF-8"),
        _ => HeaderValue::from_static("text/plain;charset=UTF-8"),
    };
    with_headers(Reply::bytes(content_type, answer.body()), &answer)
        .with_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
}

/// The content in an envelope, as the second generation answers.
pub(crate) fn wrapped(answer: Arc<Answer>) -> Reply {
    with_headers(Reply::result(&*answer.content), &answer)
}

fn with_headers(reply: Reply, answer: &Answer) -> Reply {
    let meta = &answer.meta;
    let mut reply = reply
        .uncached()
        .with_header(CONFIG_TYPE, meta.content_type.as_str())
        .with_header(CONTENT_MD5, &meta.md5.to_string())
        .with_header(header::LAST_MODIFIED, &http_date(meta.modified));
    if !meta.encrypted_data_key.is_empty() {
        reply = reply.with_header(ENCRYPTED_DATA_KEY, &meta.encrypted_data_key);
    }
    match answer.gray().map(|rule| &rule.kind) {
        Some(GrayKind::ClientIps(_)) => reply.with_header(IS_BETA, "true"),
        Some(GrayKind::Tag(tag)) => {
            reply.with_header(TAG, &utf8_percent_encode(tag, NON_ALPHANUMERIC).to_string())
        }
        Some(GrayKind::Labels(_)) | None => reply,
    }
}

/// The same fields as a gRPC query answers, as the third generation does.
pub(crate) fn query_response(answer: Arc<Answer>) -> Reply {
    let meta = &answer.meta;
    let key = &*meta.encrypted_data_key;
    let tag = match answer.gray().map(|rule| &rule.kind) {
        Some(GrayKind::Tag(tag)) => Some(utf8_percent_encode(tag, NON_ALPHANUMERIC).to_string()),
        _ => None,
    };
    let beta = matches!(answer.gray().map(|rule| &rule.kind), Some(GrayKind::ClientIps(_)));
    Reply::result(json!({
        "resultCode": 200,
        "errorCode": 0,
        "success": true,
        "content": &*answer.content,
        "contentType": meta.content_type.as_str(),
        "md5": meta.md5.to_string(),
        "encryptedDataKey": if key.is_empty() { None } else { Some(key) },
        "lastModified": meta.modified.as_millis(),
        "beta": beta,
        "tag": tag,
    }))
}
