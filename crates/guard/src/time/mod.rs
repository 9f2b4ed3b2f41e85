//! Time as an argument.
//!
//! No primitive of this crate reads a clock. Each call takes `now`, so a request
//! that passes a whole stack reads the clock twice: when it is admitted and when it
//! is done. What runs for itself (a stack, a layer, a ticker) is given a [`Clock`], and
//! what waits is given a [`Timer`].

mod clock;
pub(crate) mod instant;
mod manual_timer;
pub(crate) mod millis;
pub(crate) mod optional_millis;
mod timer;
#[cfg(feature = "tower")]
mod tokio_timer;

pub use clock::{Clock, ManualClock, MonotonicClock};
pub use instant::Instant;
pub use manual_timer::{ManualSleep, ManualTimer};
pub use timer::Timer;
#[cfg(feature = "tower")]
pub(crate) use tokio_timer::tokio_sleep;
#[cfg(feature = "tower")]
pub use tokio_timer::{TokioSleep, TokioTimer};
