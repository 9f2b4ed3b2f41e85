//! Frames of HTTP/2: nine bytes of header, then the payload (RFC 9113 §4.1).

use anyhow::{Context as _, bail};

/// Bytes of a frame's header.
pub(super) const HEADER_BYTES: usize = 9;

/// The longest payload a server may send us: the default of `SETTINGS_MAX_FRAME_SIZE`,
/// which is also the least that a server must take (RFC 9113 §6.5.2).
pub(super) const PAYLOAD_BYTES_MAX: usize = 16_384;

/// A flag of SETTINGS and PING.
pub(super) const ACK: u8 = 0x1;
/// A flag of DATA and HEADERS.
pub(super) const END_STREAM: u8 = 0x1;
/// A flag of HEADERS and CONTINUATION.
pub(super) const END_HEADERS: u8 = 0x4;
/// A flag of DATA and HEADERS.
pub(super) const PADDED: u8 = 0x8;

/// What a frame is for (RFC 9113 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Data,
    Headers,
    Reset,
    Settings,
    PushPromise,
    Ping,
    GoAway,
    WindowUpdate,
    Continuation,
    /// PRIORITY, and what extensions define: to be ignored.
    Other(u8),
}

impl Kind {
    const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Data,
            1 => Self::Headers,
            3 => Self::Reset,
            4 => Self::Settings,
            5 => Self::PushPromise,
            6 => Self::Ping,
            7 => Self::GoAway,
            8 => Self::WindowUpdate,
            9 => Self::Continuation,
            other => Self::Other(other),
        }
    }

    const fn code(self) -> u8 {
        match self {
            Self::Data => 0,
            Self::Headers => 1,
            Self::Reset => 3,
            Self::Settings => 4,
            Self::PushPromise => 5,
            Self::Ping => 6,
            Self::GoAway => 7,
            Self::WindowUpdate => 8,
            Self::Continuation => 9,
            Self::Other(code) => code,
        }
    }
}

/// One frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) kind: Kind,
    pub(super) flags: u8,
    /// 0 for the connection itself.
    pub(super) stream: u32,
    pub(super) payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The first frame of `bytes` and its length with its header; nothing while it is
    /// not whole.
    ///
    /// # Errors
    ///
    /// When the frame is longer than we allow.
    pub(super) fn first(bytes: &'a [u8]) -> anyhow::Result<Option<(Self, usize)>> {
        let Some((header, rest)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let [high, middle, low, kind, flags, stream @ ..] = *header;
        let length = usize::try_from(u32::from_be_bytes([0, high, middle, low]))?;
        if length > PAYLOAD_BYTES_MAX {
            bail!("a frame of {length} bytes, or no HTTP/2 at all");
        }
        let Some(payload) = rest.get(..length) else { return Ok(None) };
        // The first bit is reserved.
        let stream = u32::from_be_bytes(stream) & 0x7FFF_FFFF;
        let frame = Self { kind: Kind::from_code(kind), flags, stream, payload };
        Ok(Some((frame, HEADER_BYTES + length)))
    }

    /// Whether any bit of `flag` is set.
    pub(super) const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The payload of a DATA frame without its padding.
    ///
    /// # Errors
    ///
    /// When the padding is longer than the frame.
    pub(super) fn data(&self) -> anyhow::Result<&'a [u8]> {
        if !self.has(PADDED) {
            return Ok(self.payload);
        }
        let (padding, rest) = self.payload.split_first().context("a padded frame of nothing")?;
        let length = rest.len().checked_sub(usize::from(*padding)).context("only padding")?;
        rest.get(..length).context("only padding")
    }

    /// The number that RST_STREAM and WINDOW_UPDATE carry.
    ///
    /// # Errors
    ///
    /// When the payload is not four bytes.
    pub(super) fn number(&self) -> anyhow::Result<u32> {
        let bytes = <[u8; 4]>::try_from(self.payload)
            .with_context(|| format!("{:?} of {} bytes", self.kind, self.payload.len()))?;
        Ok(u32::from_be_bytes(bytes))
    }
}

/// Appends the header of a frame of ours, whose payload of `length` bytes follows.
///
/// # Errors
///
/// When a server need not take a frame of that length.
pub(super) fn put_header(
    out: &mut Vec<u8>,
    kind: Kind,
    flags: u8,
    stream: u32,
    length: usize,
) -> anyhow::Result<()> {
    if length > PAYLOAD_BYTES_MAX {
        bail!("a frame of {length} bytes to send");
    }
    let [_, length @ ..] = u32::try_from(length)?.to_be_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&[kind.code(), flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    Ok(())
}

/// Appends a whole frame of ours.
///
/// # Errors
///
/// When a server need not take a frame of that length.
pub(super) fn put(
    out: &mut Vec<u8>,
    kind: Kind,
    flags: u8,
    stream: u32,
    payload: &[u8],
) -> anyhow::Result<()> {
    put_header(out, kind, flags, stream, payload.len())?;
    out.extend_from_slice(payload);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_read_back() {
        let mut bytes = Vec::new();
        put(&mut bytes, Kind::Headers, END_HEADERS, 7, b"block").unwrap();
        let (frame, length) = Frame::first(&bytes).unwrap().unwrap();
        let expected =
            Frame { kind: Kind::Headers, flags: END_HEADERS, stream: 7, payload: b"block" };
        assert_eq!(frame, expected);
        assert_eq!(length, bytes.len());
    }

    #[test]
    fn padding_is_cut_off_and_must_fit() {
        let padded = |payload| Frame { kind: Kind::Data, flags: PADDED, stream: 1, payload };
        assert_eq!(padded(b"\x02data\0\0").data().unwrap(), b"data");
        assert_eq!(padded(b"\x02\0\0").data().unwrap(), b"");
        assert!(padded(b"\x03\0\0").data().is_err());
        assert!(padded(b"").data().is_err());
    }

    #[test]
    fn what_is_not_http_2_is_refused_at_once() {
        assert!(Frame::first(b"HTTP/1.1 400 Bad Request\r\n").is_err());
    }
}
