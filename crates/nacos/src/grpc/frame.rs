//! gRPC's length-prefixed messages (gRPC over HTTP/2, "Length-Prefixed-Message").

use bytes::{Buf, Bytes, BytesMut};

use super::status::{Code, Status};

/// Compressed flag and length.
pub(crate) const PREFIX_BYTES: usize = 5;

/// Cuts a stream of bytes into messages. A message that arrives in one piece is not
/// copied.
#[derive(Debug)]
pub(crate) struct Deframer {
    buffered: Buffered,
    message_bytes_max: usize,
}

#[derive(Debug)]
enum Buffered {
    Shared(Bytes),
    Gathered(BytesMut),
}

impl Buffered {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Shared(bytes) => bytes,
            Self::Gathered(bytes) => bytes,
        }
    }

    fn split_to(&mut self, at: usize) -> Bytes {
        match self {
            Self::Shared(bytes) => bytes.split_to(at),
            Self::Gathered(bytes) => bytes.split_to(at).freeze(),
        }
    }
}

impl Deframer {
    pub(crate) fn new(message_bytes_max: usize) -> Self {
        Self { buffered: Buffered::Shared(Bytes::new()), message_bytes_max }
    }

    /// Takes in what arrived.
    pub(crate) fn push(&mut self, bytes: Bytes) {
        match &mut self.buffered {
            Buffered::Shared(rest) if rest.is_empty() => self.buffered = Buffered::Shared(bytes),
            Buffered::Shared(rest) => {
                let mut gathered = BytesMut::with_capacity(rest.len() + bytes.len());
                gathered.extend_from_slice(rest);
                gathered.extend_from_slice(&bytes);
                self.buffered = Buffered::Gathered(gathered);
            }
            Buffered::Gathered(rest) if rest.is_empty() => {
                self.buffered = Buffered::Shared(bytes);
            }
            Buffered::Gathered(rest) => rest.extend_from_slice(&bytes),
        }
    }

    /// The next whole message; `None` when more bytes are needed.
    ///
    /// # Errors
    /// The status to end the call with: the message is compressed or too large.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, Status> {
        let mut prefix = self.buffered.as_slice();
        let Some(compressed) = prefix.first().copied() else { return Ok(None) };
        if compressed != 0 {
            return Err(Status::new(Code::Unimplemented, "compressed messages are not taken"));
        }
        if prefix.len() < PREFIX_BYTES {
            return Ok(None);
        }
        prefix.advance(1);
        let length = usize::try_from(prefix.get_u32()).unwrap_or(usize::MAX);
        if length > self.message_bytes_max {
            return Err(Status::new(
                Code::ResourceExhausted,
                format!("gRPC message exceeds maximum size {}: {length}", self.message_bytes_max),
            ));
        }
        if prefix.len() < length {
            return Ok(None);
        }
        let mut message = self.buffered.split_to(PREFIX_BYTES + length);
        message.advance(PREFIX_BYTES);
        Ok(Some(message))
    }

    /// Bytes that wait for the rest of their message.
    pub(crate) fn waiting_bytes(&self) -> u64 {
        u64::try_from(self.buffered.as_slice().len()).unwrap_or(u64::MAX)
    }

    /// Whether a message has begun and is not complete.
    pub(crate) fn is_inside(&self) -> bool {
        !self.buffered.as_slice().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn framed(messages: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for message in messages {
            bytes.push(0);
            bytes.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
            bytes.extend_from_slice(message);
        }
        bytes
    }

    #[test]
    fn a_message_in_one_piece_is_not_copied() {
        let bytes = Bytes::from(framed(&[b"hello".to_vec()]));
        let mut deframer = Deframer::new(10);
        deframer.push(bytes.clone());
        let message = deframer.next().unwrap().unwrap();
        assert_eq!(message.as_ptr(), bytes[PREFIX_BYTES..].as_ptr());
        assert!(!deframer.is_inside());
    }

    #[test]
    fn refuses_what_is_compressed_or_too_large_before_it_arrives() {
        let mut deframer = Deframer::new(10);
        deframer.push(Bytes::from_static(&[1]));
        assert_eq!(deframer.next().unwrap_err().code, Code::Unimplemented);
        let mut deframer = Deframer::new(10);
        deframer.push(Bytes::from_static(&[0, 0, 0, 0, 11]));
        assert_eq!(deframer.next().unwrap_err().code, Code::ResourceExhausted);
    }

    proptest! {
        #[test]
        fn messages_survive_any_cutting(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6),
            cuts in prop::collection::vec(1usize..20, 1..40),
        ) {
            let mut rest = Bytes::from(framed(&messages));
            let mut deframer = Deframer::new(64);
            let mut seen = Vec::new();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                deframer.push(rest.split_to(rest.len().min(*cut)));
                while let Some(message) = deframer.next().unwrap() {
                    seen.push(message.to_vec());
                }
            }
            prop_assert_eq!(seen, messages);
            prop_assert!(!deframer.is_inside());
        }

        #[test]
        fn any_bytes_give_messages_or_a_status(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 0..10),
        ) {
            let mut deframer = Deframer::new(32);
            for piece in pieces {
                deframer.push(piece.into());
                while let Ok(Some(message)) = deframer.next() {
                    prop_assert!(message.len() <= 32);
                }
            }
        }
    }
}
