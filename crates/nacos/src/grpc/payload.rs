//! The envelope of every message.

use bytes::Bytes;

/// `google.protobuf.Any`; the body is shared with the message it came in.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Any {
    /// Left empty by Nacos and ignored.
    #[prost(string, tag = "1")]
    pub(crate) type_url: String,
    /// JSON.
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) value: Bytes,
}

#[expect(unreachable_pub, reason = "generated")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/_.rs"));
}

pub(crate) use generated::{Metadata, Payload};
#[cfg(test)]
pub(crate) use generated::{bi_request_stream_client, request_client};

impl Payload {
    /// Type, headers and client address, and the JSON.
    pub(crate) fn into_parts(self) -> (Metadata, Bytes) {
        (self.metadata.unwrap_or_default(), self.body.unwrap_or_default().value)
    }
}
