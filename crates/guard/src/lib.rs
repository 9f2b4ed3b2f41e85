//! Overload and fault protection for services.

pub mod admit;
pub mod balance;
pub mod breaker;
pub mod cache_aside;
pub mod classify;
#[cfg(any(
    feature = "io-mongodb",
    feature = "io-mysql",
    feature = "io-redis",
    feature = "io-sqlx"
))]
pub mod io;
pub mod limit;
pub mod map_reduce;
pub mod rate;
pub mod render;
pub mod retry;
pub mod settings;
pub mod shed;
pub mod signal;
pub mod single_flight;
pub mod stack;
pub mod stat;
mod sync;
pub mod time;
#[cfg(feature = "tower")]
pub mod tower;

pub use admit::{
    Class, Classify, Cohort, Ctx, Outcome, Param, Priority, Rejected, Rejection, Scope,
};
pub use stack::{Entry, Guard, GuardSettings};
pub use time::{Clock, Instant, ManualClock, ManualTimer, MonotonicClock, Timer};
