//! Payloads: a type name, headers, and JSON, in gRPC's length-prefixed frames.

use std::collections::HashMap;

use anyhow::{Context as _, bail};
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use prost::Message;

/// One flag byte and four bytes of length before every message.
const PREFIX: usize = 5;

/// Far above anything these loads ask for.
const FRAME_BYTES_MAX: usize = 64 * 1024 * 1024;

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

/// A message of the Nacos wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payload {
    /// The simple class name that routes it, such as `InstanceRequest`.
    pub(crate) kind: String,
    /// Its JSON.
    pub(crate) json: Bytes,
}

impl Payload {
    /// The payload in its frame.
    pub(crate) fn frame(kind: &str, json: impl Into<Bytes>) -> anyhow::Result<Bytes> {
        let envelope = Envelope {
            metadata: Some(Metadata { kind: kind.to_owned(), ..Metadata::default() }),
            body: Some(Body { type_url: String::new(), value: json.into() }),
        };
        let length = envelope.encoded_len();
        let mut frame = BytesMut::with_capacity(PREFIX + length);
        frame.put_u8(0);
        frame.put_u32(u32::try_from(length).context("a payload of more than 4 GiB")?);
        envelope.encode(&mut frame).context("encoding a payload")?;
        Ok(frame.freeze())
    }

    fn decode(message: Bytes) -> anyhow::Result<Self> {
        let envelope = Envelope::decode(message).context("decoding a payload")?;
        Ok(Self {
            kind: envelope.metadata.unwrap_or_default().kind,
            json: envelope.body.unwrap_or_default().value,
        })
    }
}

/// Cuts payloads out of bytes as they come in.
#[derive(Debug, Default)]
pub(crate) struct Frames(BytesMut);

impl Frames {
    /// Takes in more bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The next whole payload, if it is there.
    pub(crate) fn next(&mut self) -> anyhow::Result<Option<Payload>> {
        let Some(mut prefix) = self.0.get(..PREFIX) else {
            return Ok(None);
        };
        if prefix.get_u8() != 0 {
            bail!("a compressed frame, which nobody asked for");
        }
        let length = usize::try_from(prefix.get_u32())?;
        if length > FRAME_BYTES_MAX {
            bail!("a frame of {length} bytes");
        }
        if self.0.len() < PREFIX + length {
            return Ok(None);
        }
        self.0.advance(PREFIX);
        Payload::decode(self.0.split_to(length).freeze()).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_comes_back_whole_however_it_is_cut() {
        let frame = Payload::frame("ServerCheckRequest", "{}").unwrap();
        let mut frames = Frames::default();
        for byte in frame.iter().take(frame.len() - 1) {
            frames.push(&[*byte]);
            assert_eq!(frames.next().unwrap(), None);
        }
        frames.push(frame.get(frame.len() - 1..).unwrap());
        let payload = frames.next().unwrap().unwrap();
        assert_eq!(payload.kind, "ServerCheckRequest");
        assert_eq!(payload.json, "{}");
        assert_eq!(frames.next().unwrap(), None);
    }
}
