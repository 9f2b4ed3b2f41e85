//! Frames of gRPC: however the stream is cut, the messages are those that a plain walk
//! over the whole stream finds, none is larger than allowed, and the end is the same.

use bytes::Bytes;
use libfuzzer_sys::Corpus;
use seawall_nacos::fuzzing::{Deframed, End, deframe};

/// The first byte is the largest message in quadruples of bytes, the second how long
/// the pieces are; the rest is the stream.
pub(crate) fn run(bytes: &[u8]) -> Corpus {
    let [max, cut, stream @ ..] = bytes else { return Corpus::Reject };
    let max = usize::from(*max) * 4;
    let expected = walk(stream, max);
    let stream = Bytes::copy_from_slice(stream);
    let step = usize::from(*cut) % 32 + 1;
    let cuts = (0..stream.len()).step_by(step);
    let pieces = cuts.map(|at| stream.slice(at..(at + step).min(stream.len())));
    assert_eq!(deframe(pieces, max), expected, "in pieces of {step}");
    assert_eq!(deframe([stream], max), expected, "in one piece");
    Corpus::Keep
}

/// What gRPC says: a flag, a length of four bytes, the message, and again.
fn walk(mut rest: &[u8], max: usize) -> Deframed {
    let mut messages = Vec::new();
    let end = loop {
        match rest {
            [] => break End::Between,
            [flag, ..] if *flag != 0 => break End::Refused,
            [_, a, b, c, d, body @ ..] => {
                let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
                if length > max {
                    break End::Refused;
                }
                let Some((message, after)) = body.split_at_checked(length) else {
                    break End::Inside;
                };
                messages.push(Bytes::copy_from_slice(message));
                rest = after;
            }
            _ => break End::Inside,
        }
    };
    Deframed { messages, end }
}
