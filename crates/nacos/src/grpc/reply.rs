//! Messages on their way out.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, HttpBody},
    response::IntoResponse,
};
use bytes::{BufMut, Bytes, BytesMut};
use hyper::body::{Frame as HttpFrame, SizeHint};
use prost::encoding::{encode_varint, encoded_len_varint};
use serde::Serialize;

use super::{
    frame::PREFIX_BYTES,
    status::{ok_trailers, response},
};
use crate::wire::ErrorCode;

/// Protobuf keys: field number and wire type 2.
const PAYLOAD_METADATA: u8 = 2 << 3 | 2;
const PAYLOAD_BODY: u8 = 3 << 3 | 2;
const METADATA_TYPE: u8 = 3 << 3 | 2;
const ANY_VALUE: u8 = 2 << 3 | 2;

/// A tail up to this is copied behind its head, to travel in one frame: a second frame
/// costs more than copying a few kilobytes.
const TAIL_BYTES_COPIED_MAX: usize = 8 * 1_024;

/// What every answer that went well begins with (trap T1: all three, always).
pub(crate) const SUCCESS: &str = r#"{"resultCode":200,"errorCode":0,"success":true"#;

/// What every request of ours to a client begins with. Rust's client reads no request
/// without `headers` and does not even say so (nacos-macro, `request`).
pub(crate) fn request_start(request_id: &str) -> String {
    format!(r#"{{"headers":{{}},"requestId":"{request_id}""#)
}

/// One encoded message, prefix and envelope included. The tail may be shared with
/// other messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    head: Bytes,
    tail: Bytes,
}

impl Message {
    /// A message encoded as a whole before.
    pub(crate) fn encoded(bytes: Bytes) -> Self {
        Self { head: bytes, tail: Bytes::new() }
    }

    /// A message of type `kind` whose JSON is `start`, one behind the other, followed by
    /// `rest`.
    pub(crate) fn of_parts(kind: &str, start: &[&str], rest: &Bytes) -> Self {
        let copied = rest.len() <= TAIL_BYTES_COPIED_MAX;
        let extra = if copied { rest.len() } else { 0 };
        let bytes: usize = start.iter().map(|part| part.len()).sum();
        let mut head = envelope(kind, bytes + rest.len(), bytes + extra);
        start.iter().for_each(|part| head.put_slice(part.as_bytes()));
        if copied {
            head.put_slice(rest);
            return Self::encoded(head.freeze());
        }
        Self { head: head.freeze(), tail: rest.clone() }
    }

    /// A message of type `kind` with this JSON.
    pub(crate) fn of_json(kind: &str, json: &[u8]) -> Self {
        let mut bytes = envelope(kind, json.len(), json.len());
        bytes.put_slice(json);
        Self::encoded(bytes.freeze())
    }

    /// An answer that went well, with `fields` (a struct) beside the three of [`SUCCESS`].
    pub(crate) fn success(kind: &str, fields: &impl Serialize) -> Result<Self, serde_json::Error> {
        joined(SUCCESS, fields).map(|json| Self::of_json(kind, &json))
    }

    /// An answer that went well and says nothing more.
    pub(crate) fn done(kind: &str) -> Self {
        Self::of_json(kind, format!("{SUCCESS}}}").as_bytes())
    }

    /// An answer that says what went wrong. `more` is JSON that goes before the
    /// closing brace, beginning with a comma, or nothing.
    pub(crate) fn failure(kind: &str, code: ErrorCode, message: &str, more: &str) -> Self {
        let words = serde_json::Value::from(message);
        let json = format!(
            r#"{{"resultCode":500,"errorCode":{},"success":false,"message":{words}{more}}}"#,
            code.0
        );
        Self::of_json(kind, json.as_bytes())
    }
}

/// `start` (an object without its closing brace) with the fields of `fields` added.
pub(crate) fn joined(start: &str, fields: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut json = Vec::with_capacity(start.len() + 128);
    json.extend_from_slice(start.as_bytes());
    let brace = json.len();
    serde_json::to_writer(&mut json, fields)?;
    // `{"a":1}` becomes `,"a":1}`, and `{}` becomes `}`.
    if json.len() == brace + 2 {
        json.truncate(brace);
        json.push(b'}');
    } else if let Some(opening) = json.get_mut(brace) {
        *opening = b',';
    }
    Ok(json)
}

/// Everything before the JSON of a message whose JSON has `json_bytes`.
fn envelope(kind: &str, json_bytes: usize, reserve: usize) -> BytesMut {
    let length = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    let field = |bytes: usize| 1 + encoded_len_varint(length(bytes)) + bytes;
    let metadata = field(kind.len());
    let any = field(json_bytes);
    let payload = field(metadata) + field(any);
    let mut out = BytesMut::with_capacity(PREFIX_BYTES + payload - json_bytes + reserve);
    out.put_u8(0);
    out.put_u32(u32::try_from(payload).unwrap_or(u32::MAX));
    out.put_u8(PAYLOAD_METADATA);
    encode_varint(length(metadata), &mut out);
    out.put_u8(METADATA_TYPE);
    encode_varint(length(kind.len()), &mut out);
    out.put_slice(kind.as_bytes());
    out.put_u8(PAYLOAD_BODY);
    encode_varint(length(any), &mut out);
    out.put_u8(ANY_VALUE);
    encode_varint(length(json_bytes), &mut out);
    out
}

/// The body of a unary answer: the message, then the trailers.
struct OneMessage {
    head: Option<Bytes>,
    tail: Option<Bytes>,
    ended: bool,
}

impl HttpBody for OneMessage {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<HttpFrame<Bytes>, Infallible>>> {
        if let Some(head) = self.head.take() {
            return Poll::Ready(Some(Ok(HttpFrame::data(head))));
        }
        if let Some(tail) = self.tail.take() {
            return Poll::Ready(Some(Ok(HttpFrame::data(tail))));
        }
        if !self.ended {
            self.ended = true;
            return Poll::Ready(Some(Ok(HttpFrame::trailers(ok_trailers()))));
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

impl IntoResponse for Message {
    fn into_response(self) -> axum::response::Response {
        let tail = (!self.tail.is_empty()).then_some(self.tail);
        response(Body::new(OneMessage { head: Some(self.head), tail, ended: false }))
    }
}

impl Message {
    /// A message of the parts that [`Message::into_parts`] gave.
    pub(crate) fn from_parts(head: Bytes, tail: Bytes) -> Self {
        Self { head, tail }
    }

    /// The parts in the order they go out; the second may be empty.
    pub(crate) fn into_parts(self) -> (Bytes, Bytes) {
        (self.head, self.tail)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;
    use crate::grpc::{frame::Deframer, payload::Payload};

    fn read(message: &Message) -> (String, Vec<u8>) {
        let mut deframer = Deframer::new(1 << 20);
        deframer.push(message.head.clone());
        deframer.push(message.tail.clone());
        let bytes = deframer.next().unwrap().unwrap();
        assert!(!deframer.is_inside());
        let (metadata, json) = Payload::decode(bytes).unwrap().into_parts();
        (metadata.r#type, json.to_vec())
    }

    #[test]
    fn t01_result_code_error_code_and_success_always_agree() {
        #[derive(Serialize)]
        struct Fields {
            count: u32,
        }
        let table = [
            (Message::done("A"), 200, 0, true),
            (Message::success("A", &Fields { count: 1 }).unwrap(), 200, 0, true),
            (Message::failure("A", ErrorCode::DENIED, "no \"right\"", ""), 500, 403, false),
        ];
        for (message, result, error, success) in table {
            let (kind, json) = read(&message);
            let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
            assert_eq!(kind, "A");
            assert_eq!(json["resultCode"], result);
            assert_eq!(json["errorCode"], error);
            assert_eq!(json["success"], success);
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            kind in "[A-Za-z]{0,200}",
            start in prop::collection::vec(".{0,100}", 0..4),
            rest in prop::collection::vec(any::<u8>(), 0..20_000),
        ) {
            let parts: Vec<&str> = start.iter().map(String::as_str).collect();
            let message = Message::of_parts(&kind, &parts, &rest.clone().into());
            prop_assert_eq!(read(&message), (kind, [start.concat().into_bytes(), rest].concat()));
        }
    }
}
