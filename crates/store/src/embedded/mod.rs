//! The store in one process: every write goes through the log, then into the engine.
//!
//! ```text
//! callers ──► queue ──► log thread ──────────► apply thread ──► caller: committed
//!            bounded    a group of batches:     engine, view,
//!                       plan, one write and     recent history
//!                       one sync to the log
//! ```
//!
//! The log thread decides: it checks preconditions against the applied state and
//! what is logged but not applied yet, and writes down effects, which are the same
//! whenever they are applied again. The apply thread only carries out. See
//! docs/dev/store.md.

mod apply_thread;
mod changes;
mod checkpoint_thread;
mod commit_record;
mod directory;
mod flushing;
mod health;
mod hole;
mod log_thread;
mod metrics;
mod offline;
mod overlay;
mod planner;
mod recent;
mod replay;
mod rows;
mod scrub;
mod scrub_thread;
mod settings;
mod shared;
mod snapshot;
mod space;
mod startup;
mod store;
#[cfg(test)]
mod tests;
mod upkeep;
mod view;

pub use health::StoreHealth;
pub use metrics::StoreMetrics;
pub use offline::{
    BackupReport, CheckReport, OfflineError, OfflineProgress, backup, check, restore,
};
pub use settings::StoreSettings;
pub use store::EmbeddedStore;
