//! Time as an argument.
//!
//! State machines take `now`; only shells ask a [`Clock`]. Tests drive a
//! [`ManualClock`], so nothing in Seawall waits for real time to prove a timeout.
//!
//! ```
//! use std::time::Duration;
//! use seawall_clock::{Clock, ManualClock};
//!
//! let clock = ManualClock::default();
//! let before = clock.now();
//! clock.advance(Duration::from_secs(5));
//! assert_eq!(clock.now() - before, Duration::from_secs(5));
//! ```

mod hybrid;
mod instant;
mod manual;
mod system;
mod wall;

pub use hybrid::{HybridClock, Timestamp};
pub use instant::Instant;
pub use manual::ManualClock;
pub use system::SystemClock;
pub use wall::WallTime;

/// Where a shell reads time from.
pub trait Clock: Send + Sync + 'static {
    /// Time for measuring and for timeouts: never goes back, says nothing about the date.
    fn now(&self) -> Instant;

    /// Time for people and for records: may jump either way.
    fn wall(&self) -> WallTime;
}
