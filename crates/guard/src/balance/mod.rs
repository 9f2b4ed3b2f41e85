//! Which endpoint is asked, and which is left out for a while.
//!
//! ```
//! use std::time::Duration;
//! use seawall_guard::{Instant, Outcome};
//! use seawall_guard::balance::{BalanceSettings, Balancer, Member, Tier, Zone};
//!
//! let now = Instant::START;
//! let balancer = Balancer::new(BalanceSettings::default(), 42, now)?;
//! balancer.replace(now, [
//!     Member::new("10.1.0.1:80").zone(Zone(1)).tier(Tier(0)),
//!     Member::new("10.1.0.2:80").zone(Zone(1)).tier(Tier(0)),
//!     Member::new("10.2.0.1:80").zone(Zone(2)).tier(Tier(1)),
//! ]);
//!
//! let pick = balancer.pick(now)?;
//! let answer = if pick.endpoint().is_empty() { Outcome::Failure } else { Outcome::Success };
//! let tried = pick.tried();
//! pick.finish(now + Duration::from_millis(12), answer);
//!
//! // A retry or a hedge goes elsewhere.
//! let again = balancer.pick_again(now, &[tried])?;
//! # drop(again);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Of two the better
//!
//! A pick draws two endpoints by their weights and takes the one that costs less
//! (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001). The
//! cost is Finagle's peak-EWMA load, `latency * (pending + 1)`, with three differences:
//! failures cost as much as there are of them, so that fast ones attract nobody; a
//! silence counts as a latency that is not over yet, so that a server which answers
//! nothing is left before the first timeout; and what is not known, of an endpoint that
//! is new or was not asked for long, is taken to be as with its peers.
//!
//! # Tiers, zones, weights
//!
//! The nearest [`Tier`] gets all requests while it can carry them, and less as fewer of
//! its endpoints are well, by Envoy's rule for priority levels. What makes an endpoint
//! near is up to the caller: own cell, own zone, own region. A [`Zone`] is what may die at
//! once. An endpoint that is new or back starts with a tenth of its weight and grows
//! with the square of the time.
//!
//! # Who is left out
//!
//! An endpoint is unwell after failures in a row, with too little success, or with far
//! less than others have; a zone after failures of two or more of its endpoints with no
//! success between them, while others are well. Whoever is unwell is left out, within
//! bounds: of a zone no more than a share, unless nobody of it is well; of all never so
//! many that the rest could not carry the load; and with nobody well, nobody. Those who
//! are unwell and not left out are asked when there is nothing better. So there is always
//! somebody to ask: [`Balancer::pick`] refuses only when there are no endpoints at all.
//!
//! Whoever is left out is tried by a request now and then, one in two hundred at most
//! ([`Pick::is_probe`]); of a zone that is down one endpoint at a time, and all of them
//! once one has answered. [`Balancer::checked`] takes the results of health checks.
//!
//! | outcome | latency | failure | ejects |
//! |---|---|---|---|
//! | `Success`, `Ignore`, `Slow` | yes | no | no |
//! | `Failure`, `Timeout` | no | yes | yes |
//! | `Overload` | no | costs like one, and takes weight | never |
//! | `Topology`, `Cancelled` | no | no | never |
//!
//! A request that this process itself refuses after its pick (a breaker, a limit) is
//! dropped, which is `Cancelled`.
//!
//! # How it runs
//!
//! A pick reads a table that is never changed, only replaced, and the numbers of two
//! endpoints; it takes no lock and allocates nothing. Ten times a second the request that
//! comes first looks at all endpoints and replaces the table if things stand otherwise,
//! microseconds for a thousand; the others do not wait for it. The numbers of an endpoint
//! live as long as it is a member or a request to it is under way, so a new set of
//! members forgets nothing.

mod balancer;
mod endpoint;
mod health;
mod leave_out;
mod member;
mod pick;
mod probe;
mod probe_budget;
mod review;
mod roster;
mod settings;
mod spill;
mod standing;
mod status;
mod subset;
mod table;
#[cfg(test)]
mod tests;
mod warm_up;
mod window;

pub use balancer::Balancer;
pub use member::{Member, Tier, Zone};
pub use pick::{Pick, Tried};
pub use roster::Change;
pub use settings::{BalanceSettings, EjectionSettings, SubsetSettings};
pub use standing::Reason;
pub use status::EndpointStatus;
