//! The bytes of one connection as they come in, cut into frames.

use super::frame::{Frame, HEADER_BYTES, PAYLOAD_BYTES_MAX};

/// A buffer that any frame fits into and that every read uses again.
#[derive(Debug)]
pub(super) struct Incoming {
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Incoming {
    /// An empty buffer.
    pub(super) fn new() -> Self {
        let buffer = vec![0; HEADER_BYTES + PAYLOAD_BYTES_MAX].into_boxed_slice();
        Self { buffer, start: 0, end: 0 }
    }

    /// Where to read to. Never empty once [`Self::next`] has returned nothing.
    pub(super) fn space(&mut self) -> &mut [u8] {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        self.buffer.get_mut(self.end..).unwrap_or_default()
    }

    /// The first `count` bytes of the space were read.
    pub(super) fn filled(&mut self, count: usize) {
        self.end = self.buffer.len().min(self.end + count);
    }

    /// The next whole frame.
    ///
    /// # Errors
    ///
    /// When a frame is longer than we allow.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Frame<'_>>> {
        let unread = self.buffer.get(self.start..self.end).unwrap_or_default();
        let Some((frame, length)) = Frame::first(unread)? else { return Ok(None) };
        self.start += length;
        Ok(Some(frame))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::super::frame::{Kind, put};
    use super::*;

    /// Reads `bytes` in pieces of these lengths, again and again.
    pub(crate) fn read_in_pieces(
        bytes: &[u8],
        pieces: &[usize],
        mut each: impl FnMut(Frame<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut incoming = Incoming::new();
        let (mut rest, mut pieces) = (bytes, pieces.iter().cycle());
        while !rest.is_empty() {
            let space = incoming.space();
            let piece = *pieces.next().unwrap();
            let count = piece.min(space.len()).min(rest.len());
            assert!(count > 0, "no space is left");
            space[..count].copy_from_slice(&rest[..count]);
            rest = &rest[count..];
            incoming.filled(count);
            while let Some(frame) = incoming.next()? {
                each(frame)?;
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn frames_come_back_whole_however_they_are_cut(
            sent in prop::collection::vec(
                (0..=PAYLOAD_BYTES_MAX, any::<u8>(), 0..0x8000_0000_u32), 1..8),
            pieces in prop::collection::vec(1..20_000_usize, 1..8),
        ) {
            let mut bytes = Vec::new();
            for (length, flags, stream) in &sent {
                put(&mut bytes, Kind::Data, *flags, *stream, &vec![*flags; *length]).unwrap();
            }
            let mut got = Vec::new();
            read_in_pieces(&bytes, &pieces, |frame| {
                assert!(frame.payload.iter().all(|byte| *byte == frame.flags));
                got.push((frame.payload.len(), frame.flags, frame.stream));
                Ok(())
            }).unwrap();
            prop_assert_eq!(got, sent);
        }
    }
}
