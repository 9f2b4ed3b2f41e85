//! Waits for tables to be written to disk (rule 3).

use std::{thread, time::Duration};

use super::settings::StoreSettings;
use crate::engine::Engine;

/// The write buffer may grow to this many times the size of one memtable.
const BUFFERS: u64 = 4;
/// Milliseconds between looks at a write buffer that is too full.
const LOOK_MS: u64 = 5;

/// How full the write buffer may be, and how long it may stay so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flushing {
    limit_bytes: u64,
    looks_max: u64,
}

/// Writing tables to disk does not get on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("writing tables to disk is stuck")]
pub(super) struct Stuck;

impl Flushing {
    pub(super) fn of(settings: &StoreSettings) -> Self {
        Self {
            limit_bytes: BUFFERS * settings.memtable_bytes,
            looks_max: settings.flush_stall_ms / LOOK_MS,
        }
    }

    /// Lets flushing catch up, to be called after each write: otherwise a queue inside
    /// the engine can fill and stop it for good. Says what the buffer holds then.
    pub(super) fn wait(&self, engine: &dyn Engine) -> Result<u64, Stuck> {
        let mut before = engine.write_buffer_bytes();
        // Counted in looks, not by the clock, which a test may have stopped.
        let mut looks = 0;
        while before > self.limit_bytes {
            if looks >= self.looks_max {
                return Err(Stuck);
            }
            thread::sleep(Duration::from_millis(LOOK_MS));
            let now = engine.write_buffer_bytes();
            looks = if now < before { 0 } else { looks + 1 };
            before = now;
        }
        Ok(before)
    }
}
