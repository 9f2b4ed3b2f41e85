//! Breakers: when what is behind fails, it is left alone for a while.
//!
//! A [`Breaker`] stands before one endpoint, store or route and is asked before each
//! call. Its [`Policy`] says when it refuses, and can be changed while it runs:
//!
//! - [`Policy::Sre`], the default, refuses a share of the calls that grows with the share
//!   that fails, as a throttle does. Only when nothing is answered, or most answers are
//!   several times too slow, it opens and lets probes pass, one after 250 ms and at least
//!   one a second, and lets more and more calls pass once one was answered.
//! - [`Policy::Classic`] opens when a share or number of failed or slow calls is reached,
//!   and after a time lets some calls pass to decide.
//! - [`Policy::Consecutive`] opens after failures in a row, for longer each time.
//!
//! # What counts as what
//!
//! | outcome | in the share of failures | in a row | as a probe | latency |
//! |---|---|---|---|---|
//! | `Success` | good | ends it | good unless slow | learnt |
//! | `Slow` | good, and slow | ends it | bad if slowness opens it | learnt |
//! | `Ignore`, `Topology` | good | ends it | good unless slow | |
//! | `Failure` | bad | counts | bad | |
//! | `Timeout` | bad | counts | bad | |
//! | `Timeout` after less than twice the usual latency | nothing | nothing | given back | |
//! | `Overload` | bad | ends it | bad | |
//! | `Cancelled`, dropped | nothing | nothing | given back | |
//!
//! - `Ignore` is an answer: a bad statement or a lost key says that the server is there.
//!   go-zero counts nearly every SQL and Redis error as a failure, so one bad statement
//!   takes the database from everybody.
//! - `Overload` (HTTP 429, gRPC `RESOURCE_EXHAUSTED`) asks for fewer calls, so it counts
//!   for the share and fails a probe, but it is no failure in a row (as in linkerd:
//!   linkerd/linkerd2-proxy, linkerd/app/outbound/src/http/breaker/unified.rs).
//! - A timeout measures the caller's patience. One shorter than twice what half of the
//!   answers take (50 ms while that is unknown) says nothing of the server, and is not
//!   held against those who share the breaker (zeromicro/go-zero#4070). Whoever waits for
//!   something that takes long by its nature (a long poll, `BLPOP`) should not ask a
//!   breaker that others share.
//! - `Cancelled` is for a caller that went away. A call that was given up at its deadline
//!   is a `Timeout`, also when its future was dropped.
//! - A [`Rejection`](crate::Rejection) never was a call: neither the breaker's own nor
//!   those of a limiter or shedder behind it count for anything (go-zero counts both, and
//!   its breaker keeps itself open: zeromicro/go-zero#3837 and #5551). Drop the permit when
//!   something behind refuses, or better ask the breaker last.
//! - Calls that were admitted before the breaker opened or closed do not count after it.
//!
//! # Watching
//!
//! [`Breaker::status`] says where it stands, since when and why. It counts its changes of
//! state, so a watcher needs no hook in the path of calls: it looks now and then and
//! tells of what changed.
//!
//! ```
//! use seawall_guard::{
//!     Instant, Outcome, Scope,
//!     breaker::{Breaker, BreakerSettings, ConsecutiveSettings, Policy, State},
//! };
//!
//! let now = Instant::START;
//! let twice = ConsecutiveSettings { failures: 2, ..ConsecutiveSettings::default() };
//! let settings = BreakerSettings::new(Policy::Consecutive(twice));
//! let breaker = Breaker::new(settings, Scope::Endpoint, 1, now)?;
//! for _ in 0..2 {
//!     let permit = breaker.try_acquire(now).expect("closed");
//!     permit.finish(now, Outcome::Failure);
//! }
//! assert_eq!(breaker.state(), State::Open);
//! assert!(breaker.try_acquire(now).is_err_and(|rejection| !rejection.retry_after.is_zero()));
//! # Ok::<(), seawall_guard::settings::InvalidSetting>(())
//! ```

mod breakers;
mod circuit;
mod classic;
mod gate;
mod judge;
mod latency;
mod log;
mod permit;
mod settings;
mod sre;
mod state;
mod weight;
mod window;

pub use breakers::{Breakers, BreakersSettings};
pub use circuit::Breaker;
pub use permit::Permit;
pub use settings::{
    BreakerSettings, ClassicSettings, ConsecutiveSettings, Policy, Span, SreSettings,
};
pub use state::{Reason, State, Status, Transition};
