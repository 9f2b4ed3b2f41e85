//! Entrances for `fuzz/`, in builds for fuzzing only: what reads bytes before a
//! router sees a request, or so fast that a router around it would be most of the
//! work. Everything else is fuzzed through [`Nacos::front`](crate::Nacos::front).

use std::collections::HashMap;

use bytes::Bytes;
use prost::Message as _;
use seawall_config::{Changed, Listen};

use crate::{
    grpc::{
        frame::Deframer,
        payload::{Any, Metadata, Payload},
    },
    http::{listening, params::Params},
};

/// What a stream of bytes was cut into.
#[derive(Debug, PartialEq, Eq)]
pub struct Deframed {
    /// The whole messages, in order.
    pub messages: Vec<Bytes>,
    /// How the stream stands after the last piece.
    pub end: End,
}

/// How a stream of messages stands.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// Between two messages.
    Between,
    /// Inside a message.
    Inside,
    /// Refused: compressed or too large.
    Refused,
}

/// Feeds `pieces` to a deframer, as the two gRPC calls do.
pub fn deframe(pieces: impl IntoIterator<Item = Bytes>, message_bytes_max: usize) -> Deframed {
    let mut deframer = Deframer::new(message_bytes_max);
    let mut messages = Vec::new();
    for piece in pieces {
        deframer.push(piece);
        loop {
            match deframer.next() {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(_) => return Deframed { messages, end: End::Refused },
            }
        }
    }
    let end = if deframer.is_inside() { End::Inside } else { End::Between };
    Deframed { messages, end }
}

/// What one message holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The name of the request or response.
    pub kind: String,
    /// Credentials and the like.
    pub headers: HashMap<String, String>,
    /// Where the client says it is.
    pub client_ip: String,
    /// The JSON.
    pub json: Bytes,
}

/// Reads one message; nothing when it is not one.
pub fn read_envelope(message: Bytes) -> Option<Envelope> {
    let (metadata, json) = Payload::decode(message).ok()?.into_parts();
    let Metadata { r#type: kind, headers, client_ip } = metadata;
    Some(Envelope { kind, headers, client_ip, json })
}

/// Writes one message, as a client does.
pub fn write_envelope(envelope: Envelope) -> Bytes {
    let Envelope { kind, headers, client_ip, json } = envelope;
    let payload = Payload {
        metadata: Some(Metadata { r#type: kind, headers, client_ip }),
        body: Some(Any { type_url: String::new(), value: json }),
    };
    payload.encode_to_vec().into()
}

/// The parameters of a request with this query and this form; nothing when refused.
pub fn parameters(query: &[u8], form: &[u8]) -> Option<Vec<(String, String)>> {
    let mut params = Params::default();
    params.add_encoded(query).ok()?;
    params.add_encoded(form).ok()?;
    Some(params.into_pairs())
}

/// The records of a long poll, form-decoded once; nothing when refused.
pub fn read_poll(value: &str) -> Option<Vec<Listen>> {
    listening::parse(value).ok()
}

/// What a poll is answered when all of `changed` changed.
pub fn poll_answer(changed: &[Changed]) -> String {
    listening::answer(changed)
}
