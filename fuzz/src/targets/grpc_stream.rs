//! The stream of gRPC through the router: whatever a client sends on it, the store is
//! as before, the stream ends as one that failed, and its connection is forgotten.

use axum::body::Body;
use bytes::Bytes;
use http::{Request, StatusCode};
use libfuzzer_sys::Corpus;

use crate::{envelope, head::Head, world};

/// Begins an input that is the stream as it is; others are messages with a line of `--`
/// between them, each the name of its type, headers, an empty line, and JSON.
const RAW: &[u8] = b"raw\n";

pub(crate) fn run(bytes: &[u8]) -> Corpus {
    let pieces = match bytes.strip_prefix(RAW) {
        Some(stream) => stream.chunks(13).map(Bytes::copy_from_slice).collect(),
        None => messages(bytes),
    };
    if pieces.is_empty() {
        return Corpus::Reject;
    }
    let pieces = pieces.into_iter().map(Ok::<_, std::convert::Infallible>);
    let request = Request::post("/BiRequestStream/requestBiStream")
        .body(Body::from_stream(futures::stream::iter(pieces)))
        .unwrap();
    let (answer, before, after) = world::ask_alone(request);
    assert_eq!(answer.status, StatusCode::OK);
    answer.check(true, bytes.len());
    // Unavailable: a client that is told all went well does not come back.
    let status = answer.trailers.get("grpc-status").map(|status| status.as_bytes().to_vec());
    assert_eq!(status.as_deref(), Some(&b"14"[..]));
    assert_eq!(before, after, "connections before and after");
    Corpus::Keep
}

/// Every message of an input, framed.
fn messages(bytes: &[u8]) -> Vec<Bytes> {
    let mut framed = Vec::new();
    let mut rest = Some(bytes);
    while let Some(block) = rest {
        let end = block.windows(3).position(|window| window == b"\n--");
        let (one, after) = match end {
            Some(at) => (&block[..at], block.get(at + 4..)),
            None => (block, None),
        };
        if let Some(Head { first, headers, body }) = Head::read(one) {
            framed.push(envelope::framed(first, &headers, body));
        }
        rest = after;
    }
    framed
}
