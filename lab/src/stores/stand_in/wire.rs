//! Messages of MongoDB's wire protocol.

use std::io;

use mongodb::bson::Document;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The one kind of message there is since MongoDB 5.1.
const OP_MSG: i32 = 2_013;

const HEADER: usize = 16;

/// The longest message that is read; clients are told so.
pub(super) const MESSAGE_MAX: i32 = 1 << 20;

/// Flags of a message: a checksum follows, and: no answer is wanted.
const CHECKSUM: u32 = 1;
const MORE_TO_COME: u32 = 1 << 1;

/// A command and what its answer needs.
#[derive(Debug)]
pub(super) struct Asked {
    /// Its number, which the answer repeats.
    pub(super) id: i32,
    /// The command.
    pub(super) command: Document,
    /// The documents that were sent beside it, as an insertion's are.
    pub(super) documents: Vec<Document>,
    /// Whether somebody waits for an answer.
    pub(super) is_answered: bool,
}

/// Reads a command; nothing when the client is gone.
pub(super) async fn read(stream: &mut TcpStream) -> io::Result<Option<Asked>> {
    let length = match stream.read_i32_le().await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        length => length?,
    };
    let id = stream.read_i32_le().await?;
    let (_, code) = (stream.read_i32_le().await?, stream.read_i32_le().await?);
    let body = usize::try_from(length).ok().and_then(|length| length.checked_sub(HEADER));
    let Some(body) = body.filter(|_| code == OP_MSG && length <= MESSAGE_MAX) else {
        return Err(bad("not a message of a kind and length that is known"));
    };
    let mut bytes = vec![0; body];
    stream.read_exact(&mut bytes).await?;
    parse(id, &bytes).map(Some)
}

/// Writes the answer to a command.
pub(super) async fn write(stream: &mut TcpStream, to: i32, answer: &Document) -> io::Result<()> {
    let body = answer.to_vec().map_err(io::Error::other)?;
    let length = i32::try_from(HEADER + 5 + body.len()).map_err(io::Error::other)?;
    let mut message = Vec::with_capacity(HEADER + 5 + body.len());
    for number in [length, 0, to, OP_MSG, 0] {
        message.extend(number.to_le_bytes());
    }
    message.push(0);
    message.extend(body);
    stream.write_all(&message).await
}

/// The flags, and sections: one with the command, any number with more documents.
fn parse(id: i32, bytes: &[u8]) -> io::Result<Asked> {
    let (flags, mut rest) = bytes.split_first_chunk().ok_or_else(|| bad("no flags"))?;
    let flags = u32::from_le_bytes(*flags);
    if flags & CHECKSUM != 0 {
        rest = rest.get(..rest.len().saturating_sub(4)).unwrap_or_default();
    }
    let (mut command, mut documents) = (None, Vec::new());
    while let Some((kind, section)) = rest.split_first() {
        rest = section;
        match kind {
            0 => command = Some(document(&mut rest)?),
            1 => documents.extend(sequence(&mut rest)?),
            _ => return Err(bad("a section of no kind that is known")),
        }
    }
    let command = command.ok_or_else(|| bad("no command"))?;
    Ok(Asked { id, command, documents, is_answered: flags & MORE_TO_COME == 0 })
}

/// A length, a name, and documents.
fn sequence(rest: &mut &[u8]) -> io::Result<Vec<Document>> {
    let (length, _) = rest.split_first_chunk().ok_or_else(|| bad("no length"))?;
    let length = usize::try_from(i32::from_le_bytes(*length)).map_err(io::Error::other)?;
    let (mut inside, behind) =
        rest.split_at_checked(length).ok_or_else(|| bad("a section is cut off"))?;
    *rest = behind;
    inside = inside.get(4..).unwrap_or_default();
    let name = inside.iter().position(|byte| *byte == 0).ok_or_else(|| bad("no name"))?;
    inside = inside.get(name + 1..).unwrap_or_default();
    let mut documents = Vec::new();
    while !inside.is_empty() {
        documents.push(document(&mut inside)?);
    }
    Ok(documents)
}

fn document(rest: &mut &[u8]) -> io::Result<Document> {
    Document::from_reader(rest).map_err(io::Error::other)
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    fn insertion() -> Vec<u8> {
        let document = doc! { "_id": 1 }.to_vec().unwrap();
        let mut bytes = 0_u32.to_le_bytes().to_vec();
        bytes.push(0);
        bytes.extend(doc! { "insert": "counters" }.to_vec().unwrap());
        bytes.push(1);
        let length = 4 + "documents\0".len() + 2 * document.len();
        bytes.extend(i32::try_from(length).unwrap().to_le_bytes());
        bytes.extend(b"documents\0");
        bytes.extend([&*document, &*document].concat());
        bytes
    }

    #[test]
    fn documents_beside_a_command_are_read() {
        let asked = parse(7, &insertion()).unwrap();
        assert_eq!(asked.command, doc! { "insert": "counters" });
        assert_eq!(asked.documents, [doc! { "_id": 1 }, doc! { "_id": 1 }]);
        assert!(asked.is_answered);
    }

    #[test]
    fn what_is_cut_off_is_refused_and_nothing_panics() {
        let whole = insertion();
        let command = 5 + doc! { "insert": "counters" }.to_vec().unwrap().len();
        for length in (0..whole.len()).filter(|length| *length != command) {
            assert!(parse(7, &whole[..length]).is_err(), "{length} of {}", whole.len());
        }
    }
}
