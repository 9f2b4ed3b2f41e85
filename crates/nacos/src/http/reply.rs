//! Answers, and the envelopes of the three generations.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::json;

/// Plain text, as the first generation mostly answers.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain;charset=UTF-8");
/// JSON. Nacos names the character set, and some clients look for it.
const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");

/// Room for the headers of an item, the answer that has most.
const HEADERS: usize = 10;

/// One whole answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Reply {
    fn of(content_type: HeaderValue, body: Bytes) -> Self {
        let mut headers = HeaderMap::with_capacity(HEADERS);
        headers.insert(header::CONTENT_TYPE, content_type);
        Self { status: StatusCode::OK, headers, body }
    }

    /// A bare text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::of(TEXT, Bytes::from(text.into()))
    }

    /// The word most writes to the registry are answered with, first generation.
    pub(crate) fn ok<T>(_: T) -> Self {
        Self::of(TEXT, Bytes::from_static(b"ok"))
    }

    /// `true`, with which the first generation confirms other writes.
    pub(crate) fn yes<T>(_: T) -> Self {
        Self::of(JSON, Bytes::from_static(b"true"))
    }

    /// As [`Self::ok`], later generations.
    pub(crate) fn result_ok<T>(_: T) -> Self {
        Self::result("ok")
    }

    /// As [`Self::yes`], later generations.
    pub(crate) fn result_yes<T>(_: T) -> Self {
        Self::result(true)
    }

    /// Bare JSON of an owned value.
    pub(crate) fn bare<T: Serialize>(value: T) -> Self {
        Self::json(&value)
    }

    /// Nothing at all, as a long poll without news is answered.
    pub(crate) fn empty() -> Self {
        Self::of(TEXT, Bytes::new())
    }

    /// Bytes of a type the caller names.
    pub(crate) fn bytes(content_type: HeaderValue, body: Bytes) -> Self {
        Self::of(content_type, body)
    }

    /// JSON that was written before.
    pub(crate) fn encoded_json(body: Bytes) -> Self {
        Self::of(JSON, body)
    }

    /// Bare JSON.
    pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self::encoded_json(body.into()),
            Err(error) => {
                tracing::error!(%error, "answer.not_json");
                Self::text("the answer cannot be written as JSON")
                    .with_status(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    /// `{code: 0, message: "success", data}`, the envelope of the second and
    /// third generation.
    pub(crate) fn result<T: Serialize>(data: T) -> Self {
        Self::json(&json!({ "code": 0, "message": "success", "data": data }))
    }

    /// `{code: 200, message, data}`, which parts of the first generation use.
    pub(crate) fn rest<T: Serialize>(message: Option<&str>, data: T) -> Self {
        Self::json(&json!({ "code": 200, "message": message, "data": data }))
    }

    /// The same answer with another status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same answer with one more header. A value that is no header text is
    /// left out rather than failing the answer.
    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => {
                self.headers.insert(name, value);
            }
            Err(_) => tracing::debug!(header = %name, "answer.header_left_out"),
        }
        self
    }

    /// The same answer, not to be kept by anybody on the way.
    pub(crate) fn uncached(mut self) -> Self {
        self.headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
        self.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache,no-store"));
        self.headers
            .insert(header::EXPIRES, HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"));
        self
    }

    /// Its status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    #[cfg(test)]
    pub(crate) fn body(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = Response::new(axum::body::Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
