//! Overload and fault protection for services: what stands between a service and a
//! sudden flood, a saturated processor, a slow or dead neighbour, or a failing store.
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use seawall_guard::{
//!     Class, Clock, Ctx, Guard, GuardSettings, MonotonicClock, Outcome, Priority,
//!     classify::{Diagnose as _, MySql, MySqlError}, signal::SystemSignal,
//! };
//!
//! // A process has one clock and one view of its machine.
//! let clock = Arc::new(MonotonicClock::new());
//! let system = Arc::new(SystemSignal::new());
//!
//! // What it serves: when there is too much to do, what matters least is refused.
//! let orders = Guard::builder("GET /orders")
//!     .settings(GuardSettings::server())
//!     .clock(clock.clone())
//!     .system(system)
//!     .build()?;
//!
//! // What it asks: when the store fails, it is left alone for a while.
//! let store = Guard::builder("mysql")
//!     .settings(GuardSettings::client())
//!     .clock(clock.clone())
//!     .build()?;
//!
//! let request = Ctx::default()
//!     .deadline(clock.now() + Duration::from_millis(300))
//!     .priority(Priority::of_user(Class::CRITICAL, 42, 0));
//! match orders.enter(&request) {
//!     Ok(entry) => {
//!         let deadline = entry.deadline().unwrap_or(clock.now());
//!         if let Ok(call) = store.enter(&request.deadline(deadline)) {
//!             // A duplicate key: the statement's fault and not the store's.
//!             call.finish(MySql::default().diagnose(&MySqlError::of(1062)).outcome);
//!         }
//!         entry.finish(Outcome::Success);
//!     }
//!     Err(refused) => eprintln!("{}: {refused}", refused.reason.name()),
//! }
//! assert_eq!(store.counts().outcome(Outcome::Ignore), 1);
//! # Ok::<(), seawall_guard::settings::InvalidSetting>(())
//! ```
//!
//! # Where to look
//!
//! | you want | module |
//! |---|---|
//! | all of it in front of a route, a method or a store | [`stack`] |
//! | guards for all resources by rules that are replaced while it runs | [`rules`] |
//! | a layer for services of HTTP and gRPC | `tower` (feature) |
//! | a client of HTTP or gRPC with deadlines, retries, hedges and balancing | `tower::client` (feature) |
//! | to refuse what matters least when there is too much to do | [`shed`], [`limit`] |
//! | to know whether the machine is overloaded | [`signal`] |
//! | to leave what fails alone | [`breaker`] |
//! | so many a second, of all or of each | [`rate`] |
//! | deadlines, retries and hedges that make nothing worse | [`retry`] |
//! | to choose an endpoint, and to leave dead ones and dead zones out | [`balance`] |
//! | to know what an answer says of the server | [`classify`] |
//! | to say no in a protocol's own words | [`render`] |
//! | one call for all who ask the same | [`single_flight`], [`cache_aside`] |
//! | many calls at once | [`map_reduce`] |
//! | to see what guards do, in Prometheus or elsewhere | [`metrics`] |
//! | to measure as all of these do | [`stat`] |
//!
//! # What holds everywhere
//!
//! - Nothing reads a clock, draws a number of its own, starts a thread or waits: `now` is
//!   an argument, a seed is a setting. So the tests of this crate run whole outages in
//!   virtual time, with the very code that runs in production.
//! - Admission is atomic: who is let in holds a permit, and a permit that is dropped, on a
//!   panic as well, gives its place back. Never is anything checked first and taken later.
//! - What is refused here is never counted against what is behind: see [`Rejection`].
//! - The path of a request has no lock, no allocation and no loop over time. What takes
//!   longer is done by one request in a while (see [`stat`]).
//! - Every table and queue has a bound.

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
pub mod metrics;
pub mod rate;
pub mod render;
pub mod retry;
pub mod rules;
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
