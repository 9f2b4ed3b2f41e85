//! The answer that every push asks for.

use anyhow::Context as _;
use memchr::memmem;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost::length_delimiter_len;

use super::messages::PREFIX_BYTES;
use super::payload::{BODY, BODY_VALUE, METADATA, METADATA_KIND, Payload};

const JSON_BEFORE: &str = r#"{"requestId":""#;
const JSON_AFTER: &str = r#"","resultCode":200,"errorCode":0,"success":true}"#;

/// Servers number their pushes; this bounds what is sent back.
const ID_BYTES_MAX: usize = 256;

/// Says that a push arrived. Written piece by piece into a buffer that is used again,
/// because it is made as often as a push is received.
#[derive(Debug, Clone, Copy)]
pub(super) struct Acknowledgement<'a> {
    /// The push's type name without its last word, `Request`.
    stem: &'a str,
    id: &'a str,
}

impl<'a> Acknowledgement<'a> {
    /// What answers a push; nothing answers what is not a request.
    ///
    /// # Errors
    ///
    /// When the push has no number.
    pub(super) fn of(push: &Payload<'a>) -> anyhow::Result<Option<Self>> {
        let Some(stem) = push.kind.strip_suffix("Request") else { return Ok(None) };
        Ok(Some(Self { stem, id: request_id(push.json)? }))
    }

    /// Bytes of the message with its prefix.
    pub(super) fn message_len(&self) -> usize {
        PREFIX_BYTES + delimited(self.metadata_len()) + delimited(self.body_len())
    }

    /// Appends the message with its prefix.
    ///
    /// # Errors
    ///
    /// When it is longer than gRPC allows.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> anyhow::Result<()> {
        out.push(0);
        let length = u32::try_from(self.message_len() - PREFIX_BYTES)?;
        out.extend_from_slice(&length.to_be_bytes());
        put_delimiter(out, METADATA, self.metadata_len())?;
        put_delimiter(out, METADATA_KIND, self.kind_len())?;
        out.extend_from_slice(self.stem.as_bytes());
        out.extend_from_slice(b"Response");
        put_delimiter(out, BODY, self.body_len())?;
        put_delimiter(out, BODY_VALUE, self.json_len())?;
        out.extend_from_slice(JSON_BEFORE.as_bytes());
        out.extend_from_slice(self.id.as_bytes());
        out.extend_from_slice(JSON_AFTER.as_bytes());
        Ok(())
    }

    const fn kind_len(&self) -> usize {
        self.stem.len() + "Response".len()
    }

    const fn json_len(&self) -> usize {
        JSON_BEFORE.len() + self.id.len() + JSON_AFTER.len()
    }

    fn metadata_len(&self) -> usize {
        delimited(self.kind_len())
    }

    fn body_len(&self) -> usize {
        delimited(self.json_len())
    }
}

/// Bytes of a field of this length with its key, which is one byte for those here.
fn delimited(length: usize) -> usize {
    1 + length_delimiter_len(length) + length
}

fn put_delimiter(out: &mut Vec<u8>, number: u32, length: usize) -> anyhow::Result<()> {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(u64::try_from(length)?, out);
    Ok(())
}

/// The number of a push. Looked for, not parsed: thousands of pushes of some kilobytes
/// arrive at once, on cores that the server needs too.
fn request_id(json: &[u8]) -> anyhow::Result<&str> {
    const KEY: &[u8] = br#""requestId":""#;
    let start = memmem::find(json, KEY).context("a push without a number")? + KEY.len();
    let rest = json.get(start..).unwrap_or_default();
    let end = memchr::memchr(b'"', rest).context("a push whose number does not end")?;
    anyhow::ensure!(end <= ID_BYTES_MAX, "a push whose number has {end} bytes");
    let id = std::str::from_utf8(rest.get(..end).unwrap_or_default())?;
    anyhow::ensure!(!id.contains('\\'), "a number with an escape: {id}");
    Ok(id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::payload;
    use super::*;

    #[test]
    fn the_number_of_a_push_is_found_wherever_it_stands() {
        let found = request_id(br#"{"module":"naming","requestId":"77","headers":{}}"#);
        assert_eq!(found.unwrap(), "77");
        assert!(request_id(br#"{"module":"naming"}"#).is_err());
        assert!(request_id(br#"{"requestId":"7"#).is_err());
    }

    #[test]
    fn what_is_not_a_request_is_not_answered() {
        let payload = Payload { kind: "NotifySubscriberResponse", json: b"{}" };
        assert!(Acknowledgement::of(&payload).unwrap().is_none());
    }

    proptest! {
        #[test]
        fn it_is_what_the_encoder_of_requests_would_write(
            stem in "[A-Za-z]{0,150}", id in "[0-9a-f-]{0,200}",
        ) {
            let kind = format!("{stem}Request");
            let json = format!(r#"{{"requestId":"{id}"}}"#);
            let push = Payload { kind: &kind, json: json.as_bytes() };
            let answer = Acknowledgement::of(&push).unwrap().unwrap();
            let mut written = Vec::new();
            answer.write(&mut written).unwrap();
            let json =
                format!(r#"{{"requestId":"{id}","resultCode":200,"errorCode":0,"success":true}}"#);
            prop_assert_eq!(&written, &payload::message(&format!("{stem}Response"), json).unwrap());
            prop_assert_eq!(written.len(), answer.message_len());
        }
    }
}
