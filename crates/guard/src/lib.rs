//! Overload and fault protection for services.

pub mod admit;
pub mod breaker;
pub mod limit;
pub mod settings;
pub mod signal;
pub mod stat;
mod sync;
pub mod time;

pub use admit::{
    Class, Classify, Cohort, Ctx, Outcome, Param, Priority, Rejected, Rejection, Scope,
};
pub use time::{Clock, Instant, ManualClock, ManualTimer, MonotonicClock, Timer};
