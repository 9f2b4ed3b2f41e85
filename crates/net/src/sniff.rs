//! Telling protocols apart by their first bytes.

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// What an HTTP/2 client with prior knowledge sends first (RFC 9113, section 3.4).
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// First byte of a TLS record that carries a handshake (RFC 8446, section 5.1). No
/// HTTP method and no HTTP/2 preface begins with it.
const TLS_HANDSHAKE: u8 = 0x16;

/// A protocol that runs inside TLS or bare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

/// Whether a connection that begins with `first` speaks TLS.
pub(crate) fn is_tls(first: u8) -> bool {
    first == TLS_HANDSHAKE
}

/// The protocol of a connection that begins with `bytes`; `None` while both are possible.
pub(crate) fn judge(bytes: &[u8]) -> Option<Protocol> {
    if HTTP2_PREFACE.starts_with(bytes) {
        return (bytes.len() == HTTP2_PREFACE.len()).then_some(Protocol::Http2);
    }
    let http2 = bytes.starts_with(HTTP2_PREFACE);
    Some(if http2 { Protocol::Http2 } else { Protocol::Http1 })
}

/// Reads until the protocol is known; what was read is given back with it.
///
/// # Errors
/// The connection's own, and `UnexpectedEof` when it ends before the protocol is known.
pub(crate) async fn sniff<S: AsyncRead + Unpin>(io: &mut S) -> io::Result<(Protocol, Bytes)> {
    let mut read = BytesMut::with_capacity(256);
    loop {
        if let Some(protocol) = judge(&read).filter(|_| !read.is_empty()) {
            return Ok((protocol, read.freeze()));
        }
        // The buffer is never full here: fewer bytes than the preface were undecided.
        if io.read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_protocols_apart() {
        assert_eq!(judge(b"GET / HTTP/1.1\r\n"), Some(Protocol::Http1));
        assert_eq!(judge(b"P"), None);
        assert_eq!(judge(b"POST / HTTP/1.1"), Some(Protocol::Http1));
        assert_eq!(judge(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r"), None);
        assert_eq!(judge(HTTP2_PREFACE), Some(Protocol::Http2));
        assert!(is_tls(0x16) && !is_tls(b'P'));
    }

    proptest::proptest! {
        #[test]
        fn more_bytes_never_change_a_verdict(bytes in proptest::collection::vec(0u8..255, 0..60), cut in 0usize..60) {
            let cut = cut.min(bytes.len());
            if let Some(verdict) = judge(&bytes[..cut]) {
                proptest::prop_assert_eq!(judge(&bytes), Some(verdict));
            }
        }

        #[test]
        fn a_preface_is_seen_whatever_follows(rest in proptest::collection::vec(0u8..255, 0..60)) {
            let bytes = [HTTP2_PREFACE, &rest].concat();
            proptest::prop_assert_eq!(judge(&bytes), Some(Protocol::Http2));
        }
    }

    #[tokio::test]
    async fn gives_back_what_it_read() {
        let mut io = &b"GET / HTTP/1.1\r\n\r\n"[..];
        let (protocol, read) = sniff(&mut io).await.unwrap();
        assert_eq!(protocol, Protocol::Http1);
        assert_eq!([&read[..], io].concat(), b"GET / HTTP/1.1\r\n\r\n");
    }

    #[tokio::test]
    async fn an_end_before_the_protocol_is_known_is_an_error() {
        let error = sniff(&mut &b"PRI * HT"[..]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
