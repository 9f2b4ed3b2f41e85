//! What can be set about a door.

use std::time::Duration;

use serde::Deserialize;

use crate::TlsSettings;

/// How a door treats those who come to it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DoorSettings {
    /// Certificates, and who must show one.
    pub tls: TlsSettings,
    /// Largest request head in bytes, at least 8,192. Default 65,536. A larger one
    /// is answered 431 and its connection is closed.
    pub header_bytes_max: u32,
    /// Largest request body in bytes, except of gRPC calls, whose messages their
    /// service bounds. Default 33,554,432: a 10 MiB configuration, form-encoded.
    pub body_bytes_max: u64,
    /// Milliseconds until a request's head must be complete, counted from the end of
    /// the request before it; so also how long an idle HTTP/1 connection is kept.
    /// Default 30,000.
    pub header_read_timeout_ms: u64,
    /// Milliseconds for the TLS handshake, and again for the first bytes that tell
    /// the protocol. Default 10,000.
    pub handshake_timeout_ms: u64,
    /// Milliseconds that open requests get to finish after a drain begins; then
    /// their connections are cut. Default 30,000.
    pub drain_timeout_ms: u64,
    /// HTTP/2 alone.
    pub http2: Http2Settings,
}

impl Default for DoorSettings {
    fn default() -> Self {
        Self {
            tls: TlsSettings::default(),
            header_bytes_max: 65_536,
            body_bytes_max: 32 << 20,
            header_read_timeout_ms: 30_000,
            handshake_timeout_ms: 10_000,
            drain_timeout_ms: 30_000,
            http2: Http2Settings::default(),
        }
    }
}

impl DoorSettings {
    pub(crate) fn header_read_timeout(&self) -> Duration {
        Duration::from_millis(self.header_read_timeout_ms)
    }

    pub(crate) fn handshake_timeout(&self) -> Duration {
        Duration::from_millis(self.handshake_timeout_ms)
    }

    pub(crate) fn drain_timeout(&self) -> Duration {
        Duration::from_millis(self.drain_timeout_ms)
    }
}

/// Settings of HTTP/2 (RFC 9113, section 6.5.2) and of what is spent on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http2Settings {
    /// Streams a client may have open at once. gRPC clients put all their calls on
    /// one connection, so this bounds a process's calls in flight. Default 4,096.
    pub concurrent_streams_max: u32,
    /// Streams that may be reset by the client before we took them up; more end the
    /// connection. Default 1,024: calls that time out together are no attack.
    pub pending_reset_streams_max: u32,
    /// Largest frame taken, in bytes, 16,384 to 16,777,215. Default 65,536.
    pub frame_bytes_max: u32,
    /// Bytes a client may send on one stream ahead of our reading. Default 1 MiB.
    pub stream_window_bytes: u32,
    /// Bytes a client may send on one connection ahead of our reading. Default 4 MiB.
    pub connection_window_bytes: u32,
    /// Milliseconds of silence before the door pings a client; 0 never. Default 30,000.
    /// Pings from clients are always answered and never counted against them.
    pub ping_interval_ms: u64,
    /// Milliseconds a client has to answer such a ping before it is taken for gone.
    /// Default 20,000.
    pub ping_timeout_ms: u64,
}

impl Default for Http2Settings {
    fn default() -> Self {
        Self {
            concurrent_streams_max: 4_096,
            pending_reset_streams_max: 1_024,
            frame_bytes_max: 65_536,
            stream_window_bytes: 1 << 20,
            connection_window_bytes: 4 << 20,
            ping_interval_ms: 30_000,
            ping_timeout_ms: 20_000,
        }
    }
}
