//! The log: every commit in order, on disk before anything else happens to it.

mod commit_log;
mod files;
mod history;

pub(crate) use commit_log::{CommitLog, LogError, LogSettings, Upkeep};
#[cfg(test)]
pub(crate) use files::Faults;
pub(crate) use history::History;
