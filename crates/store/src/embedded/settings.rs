//! What can be set of an embedded store.

use std::{num::NonZeroU64, time::Duration};

use serde::Deserialize;

use super::scrub::Pace;
use crate::{Limits, engine::EngineSettings, log::LogSettings};

/// Settings of an embedded store.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSettings {
    /// How large a batch and its parts may be.
    pub limits: Limits,
    /// Writes that may wait; more are refused as overload. Default 4,096.
    pub queue_requests: usize,
    /// Bytes of the writes that may wait. Default 64 MiB.
    pub queue_bytes: usize,
    /// Writes that go to disk together at most. Default 1,024.
    pub group_requests: usize,
    /// Bytes that go to disk together, about. Default 4 MiB.
    pub group_bytes: usize,
    /// Commits kept in the log for watchers that are behind. What is still needed
    /// to rebuild the state is kept in any case. Default 100,000.
    pub history_commits: u64,
    /// Bytes of commits kept in the log; its files take up to about four times as
    /// much. Default 64 MiB.
    pub history_bytes: u64,
    /// Commits kept in memory for watchers. Default 4,096.
    pub recent_commits: usize,
    /// Bytes of commits kept in memory for watchers. Default 4 MiB.
    pub recent_bytes: usize,
    /// Bytes of one file of the log. Default 16 MiB.
    pub log_file_bytes: u64,
    /// Bytes of commits after which the state is brought to disk. Default 8 MiB.
    pub checkpoint_bytes: u64,
    /// Milliseconds after which changed state is brought to disk. Default 30,000.
    pub checkpoint_interval_ms: u64,
    /// Bytes of table blocks kept in memory. Default 16 MiB.
    pub cache_bytes: u64,
    /// Bytes each table of the state collects in memory before it writes a file;
    /// four times as much at most. Default 4 MiB.
    pub memtable_bytes: u64,
    /// Milliseconds without progress after which writing tables to disk is taken to
    /// be stuck, and the state is opened anew. Default 10,000.
    pub flush_stall_ms: u64,
    /// When the disk has fewer bytes free, writes are refused; deletions are taken.
    /// Default 256 MiB; 0 never refuses.
    pub space_low_bytes: u64,
    /// Bytes of a file that is given up when the disk is full, so that what was
    /// accepted can still be finished. Default 64 MiB; 0 keeps none.
    pub reserve_bytes: u64,
    /// Milliseconds between looks at leases, if there are any; free space and old
    /// log files are looked at every tenth time. Default 100.
    pub tick_ms: u64,
    /// Milliseconds after which a write that the disk does not take is answered
    /// with "unknown". Default 10,000.
    pub unknown_after_ms: u64,
    /// Bytes a second that are read to look for damage. More finds it sooner and takes
    /// more of the disk. Default 1 MiB; 0 never looks.
    pub scrub_bytes_per_second: u64,
    /// Milliseconds from one reading through everything to the next. Default one hour.
    pub scrub_pause_ms: u64,
}

impl Default for StoreSettings {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            limits: Limits::default(),
            queue_requests: 4_096,
            queue_bytes: 64 * 1024 * 1024,
            group_requests: 1_024,
            group_bytes: 4 * 1024 * 1024,
            history_commits: 100_000,
            history_bytes: 64 * MIB,
            recent_commits: 4_096,
            recent_bytes: 4 * 1024 * 1024,
            log_file_bytes: 16 * MIB,
            checkpoint_bytes: 8 * MIB,
            checkpoint_interval_ms: 30_000,
            cache_bytes: 16 * MIB,
            memtable_bytes: 4 * MIB,
            flush_stall_ms: 10_000,
            space_low_bytes: 256 * MIB,
            reserve_bytes: 64 * MIB,
            tick_ms: 100,
            unknown_after_ms: 10_000,
            scrub_bytes_per_second: MIB,
            scrub_pause_ms: 3_600_000,
        }
    }
}

impl StoreSettings {
    pub(crate) fn engine(&self) -> EngineSettings {
        EngineSettings { cache_bytes: self.cache_bytes, memtable_bytes: self.memtable_bytes }
    }

    /// Bytes free that an engine needs to be opened again, to be brought up to date
    /// since its last checkpoint, and to write its tables.
    pub(crate) fn room_bytes(&self) -> u64 {
        const OPENING: u64 = 2 * 1024 * 1024;
        OPENING + self.checkpoint_bytes.min(self.history_bytes) + 2 * self.memtable_bytes
    }

    pub(crate) fn log(&self) -> LogSettings {
        LogSettings { file_bytes: self.log_file_bytes, keep_bytes: self.history_bytes }
    }

    pub(crate) fn checkpoint_interval(&self) -> Duration {
        Duration::from_millis(self.checkpoint_interval_ms)
    }

    pub(crate) fn tick(&self) -> Duration {
        Duration::from_millis(self.tick_ms.max(1))
    }

    /// How to look for damage; `None`: not at all.
    pub(super) fn scrub(&self) -> Option<Pace> {
        let bytes_per_second = NonZeroU64::new(self.scrub_bytes_per_second)?;
        Some(Pace { bytes_per_second, pause: Duration::from_millis(self.scrub_pause_ms) })
    }

    pub(crate) fn unknown_after(&self) -> Duration {
        Duration::from_millis(self.unknown_after_ms)
    }
}
