//! How many requests may be in flight.
//!
//! A server that is given more than it can do does less: requests wait until nobody wants
//! the answer any more, and are worked on all the same. A [`ConcurrencyLimit`] says how
//! many may be in flight; whoever asks gets a [`Permit`] at once or a
//! [`Rejection`](crate::Rejection). There is no readiness to ask for first, and none to
//! lose between asking and calling (which admits too many in joshrotenberg/tower-resilience#365
//! and rejects too many in tower-rs/tower#793 and apollographql/router#9034).
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use seawall_guard::{Clock, MonotonicClock, Outcome, limit::{ConcurrencyLimit, LimitSettings}};
//!
//! let clock = MonotonicClock::new();
//! let limit = Arc::new(ConcurrencyLimit::new(&LimitSettings::default(), clock.now())?);
//!
//! let permit = limit.try_acquire_owned(clock.now())?;
//! // ... the request; if it is dropped on the way, so is the permit ...
//! permit.finish(clock.now(), Outcome::Success);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which algorithm
//!
//! | [`AlgorithmSettings`] | the limit | for |
//! |---|---|---|
//! | `adaptive`, the default | follows what the server can do | everything whose capacity is not a known number |
//! | `fixed` | stays | a pool of connections, a licence |
//! | `vegas` | keeps a few requests queued | comparisons; it needs latencies that vary little |
//! | `gradient2` | grows while latency is near its long average | comparisons |
//!
//! All of them see windows of 100 ms or longer and nothing else; another one is a
//! [`LimitAlgorithm`].
//!
//! # What holds
//!
//! - Admitted and not yet given back are never more than the limit, across threads and
//!   clones, exactly; when the limit is lowered nobody is admitted until enough have left.
//! - A request is rejected only at a moment at which the limit was reached.
//! - A permit gives its place back when it is dropped, on a panic and in a cancelled
//!   future too; so does a dropped [`Acquire`], which waits in the [queue](QueueSettings).
//! - Rejections are no latencies and no failures.
//!
//! The interleavings of threads are tried by
//! `RUSTFLAGS="--cfg loom" cargo test -p seawall-guard --release --lib limit::tests`.
//!
//! # What it costs
//!
//! Taking a place and giving it back are two atomic additions to one word and one to a
//! counter of the thread's own. A limit takes some 12 KiB, most of it for latencies. The
//! request that ends a window works out the next limit, some microseconds every 100 ms,
//! and nobody waits for it. Run `cargo bench -p seawall-guard --bench limit`.

mod adaptive;
mod algorithm;
mod baseline;
mod concurrency;
mod fixed;
mod gate;
mod gradient2;
mod line;
mod partitions;
mod permit;
mod queue;
mod settings;
mod sounding;
#[cfg(test)]
mod tests;
mod vegas;
mod window;

pub use adaptive::AdaptiveSettings;
pub use algorithm::LimitAlgorithm;
pub use concurrency::ConcurrencyLimit;
pub use fixed::FixedSettings;
pub use gradient2::Gradient2Settings;
pub use line::Acquire;
pub use partitions::{Partition, Partitions, PartitionsSettings, Placed};
pub use permit::Permit;
pub use queue::{Queue, QueueEffect, QueueEvent, QueueSettings, Ticket};
pub use settings::{AlgorithmSettings, LimitSettings};
pub use vegas::VegasSettings;
pub use window::{Holds, Latency, WindowSample};
