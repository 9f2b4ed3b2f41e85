//! Guards for all resources of a process, by rules that are replaced while it runs.
//!
//! A [`RuleSet`] is one document with a version: what holds for which resources, and what
//! holds for all others. A [`RuleBook`] keeps a guard for each resource that is asked for,
//! by the rules in force. Wherever the text of rules comes from, [`RuleBook::load`] is its
//! door: all of it is checked first, everything that is wrong is named with its rule, its
//! place and what is allowed, and then all of it is put in force at one moment, or nothing.
//!
//! ```
//! use std::sync::Arc;
//! use seawall_guard::{Ctx, MonotonicClock, Outcome, rules::RuleBook, signal::SystemSignal};
//!
//! let clock = Arc::new(MonotonicClock::new());
//! let system = Arc::new(SystemSignal::new());
//! let book = RuleBook::new(Default::default(), "node-1", clock, system)?;
//! book.load(r#"{
//!     "version": 1,
//!     "default": { "timeout_ms": 2000 },
//!     "rules": [
//!         { "id": "orders", "resources": ["GET /orders*"],
//!           "settings": { "shed": {}, "rate": { "permits": 500 } } },
//!         { "id": "stock", "resources": ["mysql stock"],
//!           "settings": { "breaker": {}, "limit": {} },
//!           "canary": { "percent": 10, "settings": { "breaker": {}, "timeout_ms": 200 } } }
//!     ]
//! }"#)?;
//! let entry = book.enter("GET /orders/7", &Ctx::default())?;
//! entry.finish(Outcome::Success);
//!
//! let wrong = book.load(r#"{ "version": 2, "default": { "rate": { "burst": 0 } } }"#);
//! let expected = "a problem in the rules\n- default.rate.burst must be at least 1";
//! assert_eq!(wrong.unwrap_err().to_string(), expected);
//! assert_eq!(book.version().number(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Carefully
//!
//! 1. [`RuleBook::plan`] says what would change, and changes nothing.
//! 2. With [`dry_run`](crate::GuardSettings::dry_run) in a rule's settings everything passes,
//!    and [`GuardCounts::would_have_rejected`](crate::stack::GuardCounts::would_have_rejected)
//!    says what would not have.
//! 3. A [`Canary`] tries other settings out on a share of the nodes or of the users.
//! 4. [`RuleBook::rollback`] goes back. What was taken back does not return when its listener
//!    brings it again: rules must be newer than all that were in force, unless they are
//!    [forced](RuleBook::force).
//!
//! # What happens to requests
//!
//! Finding a guard takes no lock and allocates nothing; only the first request of a resource
//! puts its guard into the table. Loads come one after the other and hold nobody up. Requests
//! that are in flight while rules are replaced end well, counters go on, and limits and
//! breakers of which a rule still has one keep what they learnt (see
//! [`Guard::with`](crate::Guard::with): these take their new settings over one resource after
//! the other, just before all are replaced). Guards of which nothing changes stay the very
//! ones they were. The table is bounded: see [`RuleBookSettings::resources_max`].
//!
//! # From a configuration item
//!
//! A listener of Nacos, or of Seawall, which speaks its protocol, is called with the item's
//! text; so is one of anything else. The rules in force stay when the text is wrong and when
//! there is none, as while the item or the servers are gone.
//!
//! ```
//! # use std::sync::Arc;
//! # use seawall_guard::{MonotonicClock, rules::RuleBook, signal::SystemSignal};
//! # trait Configs { fn listen(&self, item: &str, group: &str, listener: impl Fn(&str)); }
//! # struct Client;
//! # impl Configs for Client {
//! #     fn listen(&self, _: &str, _: &str, listener: impl Fn(&str)) {
//! #         listener(r#"{ "version": 1 }"#);
//! #         listener("");
//! #     }
//! # }
//! # let configs = Client;
//! # let clock = Arc::new(MonotonicClock::new());
//! # let system = Arc::new(SystemSignal::new());
//! let book = Arc::new(RuleBook::new(Default::default(), "node-1", clock, system)?);
//! let listening = book.clone();
//! configs.listen("shop-guard.json", "DEFAULT_GROUP", move |text| match listening.load(text) {
//!     Ok(applied) => println!("{}", applied.plan),
//!     Err(error) => eprintln!("the rules before stay: {error}"),
//! });
//! # assert_eq!(book.version().number(), 1);
//! # Ok::<(), seawall_guard::settings::InvalidSetting>(())
//! ```
//!
//! A process that starts while the servers are gone begins with what it wrote down last:
//! [`RuleSet::to_json`] of [`RuleBook::rules`].
//!
//! With the feature `rules-file`, `RulesFile` reads them from a file that changes. Rules in
//! YAML are read by `serde` and given to [`RuleBook::apply`]. Those of Sentinel are read by
//! [`sentinel::import`].

mod book;
#[cfg(feature = "rules-file")]
mod file;
mod index;
mod parse;
mod pattern;
mod plan;
mod post;
mod problem;
pub mod sentinel;
mod set;
mod settings;
mod share;
mod state;
#[cfg(test)]
mod tests;

pub use book::{Applied, RuleBook};
#[cfg(feature = "rules-file")]
pub use file::{RulesFile, RulesFileError};
pub use pattern::{InvalidPattern, Pattern};
pub use plan::{Change, ChangeKind, FieldChange, Plan};
pub use post::Post;
pub use problem::{Problem, RulesError};
pub use set::{Canary, CanaryOf, Rule, RuleSet, RulesVersion};
pub use settings::{RuleBookSettings, RuleLimits};
