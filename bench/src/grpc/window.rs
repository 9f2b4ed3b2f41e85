//! Flow control (RFC 9113 §5.2): what we may send, and what we tell to have consumed.

use anyhow::{Context as _, ensure};

/// The window that HTTP/2 starts with, for the connection and every stream.
pub(super) const DEFAULT_BYTES: u32 = 65_535;

/// The largest window.
const BYTES_MAX: i64 = 0x7FFF_FFFF;

/// Bytes consumed until the server is told of them.
const TOLD_AFTER_BYTES: u32 = 1024 * 1024;

/// Bytes that the server still takes in, on the connection and on the push stream.
#[derive(Debug)]
pub(super) struct Room {
    connection: i64,
    push_stream: i64,
    /// What a new stream has.
    initial: i64,
}

impl Room {
    /// Before the server has said anything.
    pub(super) const fn new() -> Self {
        let bytes = DEFAULT_BYTES as i64;
        Self { connection: bytes, push_stream: bytes, initial: bytes }
    }

    /// The server says what a stream starts with; open ones change by the difference.
    ///
    /// # Errors
    ///
    /// When that is more than HTTP/2 allows.
    pub(super) fn starts_with(&mut self, bytes: u32) -> anyhow::Result<()> {
        let bytes = i64::from(bytes);
        ensure!(bytes <= BYTES_MAX, "a window of {bytes} bytes");
        self.push_stream += bytes - self.initial;
        self.initial = bytes;
        Ok(())
    }

    /// The server consumed that much of the connection.
    ///
    /// # Errors
    ///
    /// When the window becomes larger than HTTP/2 allows.
    pub(super) fn grow_connection(&mut self, bytes: u32) -> anyhow::Result<()> {
        self.connection = grown(self.connection, bytes)?;
        Ok(())
    }

    /// The server consumed that much of the push stream.
    ///
    /// # Errors
    ///
    /// When the window becomes larger than HTTP/2 allows.
    pub(super) fn grow_push_stream(&mut self, bytes: u32) -> anyhow::Result<()> {
        self.push_stream = grown(self.push_stream, bytes)?;
        Ok(())
    }

    /// Takes room for a call with a stream of its own.
    ///
    /// # Errors
    ///
    /// When there is not enough: a load never waits for room, its requests are small.
    pub(super) fn take_for_call(&mut self, bytes: usize) -> anyhow::Result<()> {
        let bytes = i64::try_from(bytes)?;
        ensure!(bytes <= self.initial, "a request of {bytes} bytes where {} fit", self.initial);
        self.take(bytes)
    }

    /// Takes room on the push stream.
    ///
    /// # Errors
    ///
    /// When there is not enough: a load never waits for room, its answers are small.
    pub(super) fn take_for_push_stream(&mut self, bytes: usize) -> anyhow::Result<()> {
        let bytes = i64::try_from(bytes)?;
        let room = self.push_stream;
        ensure!(bytes <= room, "the server takes {room} bytes more of the push stream");
        self.take(bytes)?;
        self.push_stream -= bytes;
        Ok(())
    }

    fn take(&mut self, bytes: i64) -> anyhow::Result<()> {
        let room = self.connection;
        ensure!(bytes <= room, "the server takes {room} bytes more of the connection");
        self.connection -= bytes;
        Ok(())
    }
}

fn grown(window: i64, bytes: u32) -> anyhow::Result<i64> {
    let window = window.checked_add(i64::from(bytes)).filter(|window| *window <= BYTES_MAX);
    window.context("a window of more than 2 GiB")
}

/// Bytes that we consumed and did not tell the server yet.
#[derive(Debug, Default)]
pub(super) struct Consumed(u32);

impl Consumed {
    /// Consumes more. Returns what to tell the server, when it is time to.
    pub(super) fn more(&mut self, bytes: usize) -> Option<u32> {
        self.0 = self.0.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        (self.0 >= TOLD_AFTER_BYTES).then(|| std::mem::take(&mut self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_and_given_back() {
        let mut room = Room::new();
        room.take_for_push_stream(65_000).unwrap();
        assert!(room.take_for_call(1_000).is_err());
        room.grow_connection(1_000).unwrap();
        room.take_for_call(1_000).unwrap();
        assert!(room.take_for_push_stream(536).is_err());
        room.grow_push_stream(1).unwrap();
        room.take_for_push_stream(535).unwrap();
    }

    #[test]
    fn another_start_changes_the_open_stream_by_the_difference() {
        let mut room = Room::new();
        room.grow_connection(1_000_000).unwrap();
        room.take_for_push_stream(65_000).unwrap();
        room.starts_with(100).unwrap();
        assert!(room.take_for_push_stream(1).is_err());
        assert!(room.take_for_call(101).is_err());
        room.starts_with(65_001).unwrap();
        room.take_for_push_stream(1).unwrap();
        assert!(room.take_for_push_stream(1).is_err());
    }

    #[test]
    fn a_window_has_a_largest_size() {
        assert!(Room::new().grow_connection(u32::MAX).is_err());
        assert!(Room::new().starts_with(u32::MAX).is_err());
    }

    #[test]
    fn the_server_is_told_once_a_mebibyte() {
        let mut consumed = Consumed::default();
        assert_eq!(consumed.more(1024 * 1024 - 1), None);
        assert_eq!(consumed.more(10), Some(1024 * 1024 + 9));
        assert_eq!(consumed.more(10), None);
    }
}
