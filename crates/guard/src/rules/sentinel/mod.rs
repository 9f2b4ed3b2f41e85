//! Rules of Sentinel, as its data sources and its dashboard write them, read as ours.
//!
//! ```
//! use seawall_guard::rules::{RuleLimits, RulesVersion, sentinel::{self, SentinelTexts}};
//!
//! let texts = SentinelTexts {
//!     flow: Some(r#"[{"resource": "GET /orders", "grade": 1, "count": 20}]"#),
//!     ..SentinelTexts::default()
//! };
//! let imported = sentinel::import(&texts, RulesVersion::new(1), &RuleLimits::default())?;
//! let rate = imported.rules.rules[0].settings.rate.as_ref();
//! assert_eq!(rate.map(|rate| rate.permits), Some(20));
//! assert_eq!(imported.notes, []);
//! # Ok::<(), sentinel::SentinelError>(())
//! ```
//!
//! Names and defaults of fields are those of Sentinel's Java classes (alibaba/Sentinel,
//! `sentinel-core/.../slots/block` and `.../slots/system`); rules of its Go library, which are
//! known by their `threshold` or `triggerCount`, are read as well, isolation rules among the
//! flow rules. Whatever they say that a guard
//! cannot keep, or keeps otherwise, is in [`Imported::notes`]; so are rules that Sentinel
//! itself ignores, and says so only in a log.
//!
//! | theirs | here |
//! |---|---|
//! | `FlowRule` of requests a second | [`rate`](crate::GuardSettings::rate), a whole second's at once at most |
//! | - that warms up | [`warm_up`](crate::GuardSettings::warm_up) |
//! | - that queues | as many pass at once as would have waited (noted) |
//! | `FlowRule` of threads | [`limit`](crate::GuardSettings::limit), fixed |
//! | `DegradeRule` | [`breaker`](crate::GuardSettings::breaker), classic; those of a resource are one |
//! | `ParamFlowRule` | [`hot_param`](crate::GuardSettings::hot_param); one of a resource (noted) |
//! | `AuthorityRule` | [`callers`](crate::GuardSettings::callers) |
//! | `SystemRule` | a guard of the resource [`INBOUND`], to be entered for every request (noted) |
//!
//! These differences are everywhere and not noted. Sentinel's windows have edges, around
//! which more passes than a rule says; ours have none. Its breakers open when a ratio is
//! exceeded, ours when it is reached, and they stay open for up to a tenth longer by chance,
//! so that not all nodes probe at once. Its half-open breaker looks at slowness or at
//! failure alone, ours at both that its rules name. `app`, `ip`, `port`, `id`, `gmtCreate`
//! and `gmtModified` are the dashboard's bookkeeping and mean nothing.

mod authority;
mod degrade;
mod dialect;
mod draft;
mod fields;
mod flow;
mod import;
mod note;
mod param_flow;
mod system;
#[cfg(test)]
mod tests;

pub use import::{Imported, SentinelError, SentinelTexts, import};
pub use note::{Effect, Note, SentinelKind};
pub use system::INBOUND;
