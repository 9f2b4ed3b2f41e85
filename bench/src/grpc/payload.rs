//! Payloads: a type name, headers, and JSON, in gRPC's length-prefixed messages.

use std::collections::HashMap;

use anyhow::Context as _;
use bytes::{BufMut as _, Bytes, BytesMut};
use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::messages::PREFIX_BYTES;

/// The JSON by which a client introduces itself on its push stream, as a Go client does
/// (no ability table).
pub(super) const CONNECTION_SETUP: &str = r#"{"clientVersion":"Nacos-Go-Client:v2.3.2","tenant":"",
    "labels":{"source":"sdk","AppName":"bench"}}"#;

/// Numbers of fields in the messages below.
pub(super) const METADATA: u32 = 2;
pub(super) const BODY: u32 = 3;
pub(super) const METADATA_KIND: u32 = 3;
pub(super) const BODY_VALUE: u32 = 2;

#[derive(Clone, PartialEq, Message)]
struct Metadata {
    #[prost(string, tag = "3")]
    kind: String,
    #[prost(map = "string, string", tag = "7")]
    headers: HashMap<String, String>,
    #[prost(string, tag = "8")]
    client_ip: String,
}

#[derive(Clone, PartialEq, Message)]
struct Body {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "bytes", tag = "2")]
    value: Bytes,
}

#[derive(Clone, PartialEq, Message)]
struct Envelope {
    #[prost(message, optional, tag = "2")]
    metadata: Option<Metadata>,
    #[prost(message, optional, tag = "3")]
    body: Option<Body>,
}

/// A message of the Nacos wire, read where it lies: thousands of some kilobytes come
/// at once, on cores that the server needs too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Payload<'a> {
    /// The simple class name that routes it, such as `InstanceRequest`.
    pub(crate) kind: &'a str,
    /// Its JSON.
    pub(crate) json: &'a [u8],
}

impl<'a> Payload<'a> {
    /// Reads a message without its prefix.
    ///
    /// # Errors
    ///
    /// When it is not a payload.
    pub(super) fn read(mut message: &'a [u8]) -> anyhow::Result<Self> {
        let mut payload = Self { kind: "", json: &[] };
        while let Some((number, mut inner)) = field(&mut message)? {
            while let Some((inner_number, value)) = field(&mut inner)? {
                match (number, inner_number) {
                    (METADATA, METADATA_KIND) => payload.kind = std::str::from_utf8(value)?,
                    (BODY, BODY_VALUE) => payload.json = value,
                    _ => {}
                }
            }
        }
        Ok(payload)
    }
}

/// A payload as a message with its prefix.
///
/// # Errors
///
/// When it is longer than gRPC allows.
pub(super) fn message(kind: &str, json: impl Into<Bytes>) -> anyhow::Result<Bytes> {
    let envelope = Envelope {
        metadata: Some(Metadata { kind: kind.to_owned(), ..Metadata::default() }),
        body: Some(Body { type_url: String::new(), value: json.into() }),
    };
    let length = envelope.encoded_len();
    let mut message = BytesMut::with_capacity(PREFIX_BYTES + length);
    message.put_u8(0);
    message.put_u32(u32::try_from(length).context("a payload of more than 4 GiB")?);
    envelope.encode(&mut message).context("encoding a payload")?;
    Ok(message.freeze())
}

/// The next field that has a length, and what it holds. All that we read do.
fn field<'a>(message: &mut &'a [u8]) -> anyhow::Result<Option<(u32, &'a [u8])>> {
    while !message.is_empty() {
        let (number, wire) = decode_key(message).context("decoding a payload")?;
        if wire == WireType::LengthDelimited {
            let length = usize::try_from(decode_varint(message)?)?;
            let (value, rest) =
                message.split_at_checked(length).context("a field longer than its payload")?;
            *message = rest;
            return Ok(Some((number, value)));
        }
        skip_field(wire, number, message, DecodeContext::default())?;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_a_server_encodes_is_read_where_it_lies(
            kind in ".{0,40}", url in ".{0,20}", ip in ".{0,20}",
            headers in prop::collection::hash_map(".{0,9}", ".{0,9}", 0..3),
            json in prop::collection::vec(any::<u8>(), 0..500),
        ) {
            let metadata = Metadata { kind: kind.clone(), headers, client_ip: ip };
            let body = Body { type_url: url, value: Bytes::from(json.clone()) };
            let encoded = Envelope { metadata: Some(metadata), body: Some(body) }.encode_to_vec();
            let payload = Payload::read(&encoded).unwrap();
            prop_assert_eq!(payload, Payload { kind: &kind, json: &json });
        }

        #[test]
        fn whatever_comes_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Payload::read(&bytes);
        }
    }

    #[test]
    fn a_message_is_read_back() {
        let message = message("ServerCheckRequest", "{}").unwrap();
        let payload = Payload::read(&message[PREFIX_BYTES..]).unwrap();
        assert_eq!(payload, Payload { kind: "ServerCheckRequest", json: b"{}" });
    }
}
