//! The envelope of gRPC messages, read and written with another protobuf library than
//! Seawall's, and by the wire format alone.

use std::collections::HashMap;

use bytes::Bytes;
use protobuf::{CodedInputStream, CodedOutputStream, ProtobufResult, wire_format::WireType};
use seawall_nacos::fuzzing::Envelope;

/// Compressed flag and length.
const PREFIX_BYTES: usize = 5;

/// Reads one message without its prefix.
pub(crate) fn read(message: &[u8]) -> Option<Envelope> {
    let mut found = Envelope {
        kind: String::new(),
        headers: HashMap::new(),
        client_ip: String::new(),
        json: Bytes::new(),
    };
    fields(
        message,
        |number, stream| match number {
            2 => metadata(&stream.read_bytes()?, &mut found),
            3 => {
                let any = stream.read_bytes()?;
                fields(
                    &any,
                    |number, stream| match number {
                        1 => stream.read_string().map(drop),
                        2 => {
                            found.json = stream.read_bytes()?.into();
                            Ok(())
                        }
                        _ => unreachable!("only known fields are handed on"),
                    },
                    &[1, 2],
                )
            }
            _ => unreachable!("only known fields are handed on"),
        },
        &[2, 3],
    )
    .ok()?;
    Some(found)
}

fn metadata(bytes: &[u8], found: &mut Envelope) -> ProtobufResult<()> {
    fields(
        bytes,
        |number, stream| {
            match number {
                3 => found.kind = stream.read_string()?,
                7 => {
                    let (mut key, mut value) = (String::new(), String::new());
                    fields(
                        &stream.read_bytes()?,
                        |number, stream| {
                            let text = stream.read_string()?;
                            if number == 1 {
                                key = text
                            } else {
                                value = text
                            }
                            Ok(())
                        },
                        &[1, 2],
                    )?;
                    found.headers.insert(key, value);
                }
                _ => found.client_ip = stream.read_string()?,
            }
            Ok(())
        },
        &[3, 7, 8],
    )
}

/// Hands each field whose number is `known` to `take`; reads over the others.
fn fields(
    bytes: &[u8],
    mut take: impl FnMut(u32, &mut CodedInputStream<'_>) -> ProtobufResult<()>,
    known: &[u32],
) -> ProtobufResult<()> {
    let mut stream = CodedInputStream::from_bytes(bytes);
    while !stream.eof()? {
        let (number, kind) = stream.read_tag_unpack()?;
        if !known.contains(&number) {
            skip(number, kind, &mut stream)?;
        } else if kind == WireType::WireTypeLengthDelimited {
            take(number, &mut stream)?;
        } else {
            return Err(protobuf::ProtobufError::WireError(
                protobuf::error::WireError::UnexpectedWireType(kind),
            ));
        }
    }
    Ok(())
}

/// Reads over a field; the library does not read over groups.
fn skip(number: u32, kind: WireType, stream: &mut CodedInputStream<'_>) -> ProtobufResult<()> {
    if kind != WireType::WireTypeStartGroup {
        return stream.skip_field(kind);
    }
    loop {
        match stream.read_tag_unpack()? {
            (end, WireType::WireTypeEndGroup) if end == number => return Ok(()),
            (inner, kind) => skip(inner, kind, stream)?,
        }
    }
}

/// Writes one message with its prefix, as a client sends it.
pub(crate) fn framed(kind: &str, headers: &[(&str, &str)], json: &[u8]) -> Bytes {
    let metadata = written(|out| {
        out.write_string(3, kind)?;
        for (name, value) in headers {
            let entry = written(|out| {
                out.write_string(1, name)?;
                out.write_string(2, value)
            });
            out.write_bytes(7, &entry)?;
        }
        Ok(())
    });
    let any = written(|out| out.write_bytes(2, json));
    let payload = written(|out| {
        out.write_bytes(2, &metadata)?;
        out.write_bytes(3, &any)
    });
    let mut bytes = vec![0];
    bytes.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(&payload);
    bytes.into()
}

fn written(write: impl FnOnce(&mut CodedOutputStream<'_>) -> ProtobufResult<()>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut out = CodedOutputStream::vec(&mut bytes);
    write(&mut out).unwrap();
    out.flush().unwrap();
    drop(out);
    bytes
}

/// The one message of a whole answer.
pub(crate) fn unframed(answer: &[u8]) -> Envelope {
    let (prefix, message) = answer.split_at_checked(PREFIX_BYTES).expect("an answer has a prefix");
    assert_eq!(prefix[0], 0, "answers are not compressed");
    let length = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]);
    assert_eq!(length as usize, message.len(), "the prefix says how long the answer is");
    read(message).expect("an answer can be read")
}
