//! Work on the folder of a store that nobody has open: checking, copying, restoring.

mod backup;
mod check;
mod error;
mod files;
mod manifest;
#[cfg(test)]
mod tests;

pub use backup::{BackupReport, backup, restore};
pub use check::{CheckReport, check};
pub use error::OfflineError;

/// How far some work on a folder is, for whoever waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfflineProgress {
    /// Bytes done.
    pub done_bytes: u64,
    /// Bytes to do; `None`: not known.
    pub total_bytes: Option<u64>,
}
