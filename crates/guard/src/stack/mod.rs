//! Everything in front of one resource, in the order that wastes least.
//!
//! A [`Guard`] asks, cheapest and most final first: is the caller allowed, does anybody
//! still wait, is the rate kept, is what is behind well, is there room for this priority,
//! is there room on this route. Whatever refuses gives back what the ones before it took.
//!
//! Nothing that a guard refuses counts against what is behind it: its breaker and its
//! limits only learn from requests that went through. (go-zero puts its breaker around
//! its shedder and counts 503 as a failure, so shedding opens the breaker.)
//!
//! In a dry run ([`GuardSettings::dry_run`]) it refuses nothing and counts what it would
//! have refused. Such a request passes and holds nothing, so limits and breakers learn of
//! the others only, as they would in earnest.
//!
//! ```
//! use seawall_guard::{Ctx, Guard, GuardSettings, Outcome};
//!
//! let guard = Guard::builder("GET /orders").settings(GuardSettings::server()).build()?;
//! match guard.enter(&Ctx::default().origin("checkout")) {
//!     Ok(entry) => {
//!         // ... the work ...
//!         entry.finish(Outcome::Success);
//!     }
//!     Err(rejection) => println!("{rejection}"),
//! }
//! assert_eq!(guard.counts().outcome(Outcome::Success), 1);
//! # Ok::<(), seawall_guard::settings::InvalidSetting>(())
//! ```

mod builder;
mod callers;
mod counts;
mod entry;
mod guard;
mod permits;
mod rate;
mod settings;
mod snapshot;
#[cfg(test)]
mod tests;

pub use builder::GuardBuilder;
pub use callers::CallersSettings;
pub use counts::GuardCounts;
pub use entry::Entry;
pub use guard::Guard;
pub use permits::{Hold, Permits, Places};
pub use settings::GuardSettings;
pub use snapshot::{LimitSnapshot, ShedderSnapshot, Snapshot};
