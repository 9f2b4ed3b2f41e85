//! What guards do, as numbers with names: pulled when somebody looks, so a request pays
//! for none of it.
//!
//! [`each`] gives every sample of some guards to whatever exports them, and [`Text`] is
//! the whole of an exporter to Prometheus:
//!
//! ```
//! use seawall_guard::{Ctx, Guard, GuardSettings, Outcome, metrics::Text};
//!
//! let orders = Guard::builder("GET /orders").settings(GuardSettings::server()).build()?;
//! orders.enter(&Ctx::default())?.finish(Outcome::Success);
//!
//! // The body of the answer to GET /metrics, of type "text/plain; version=0.0.4".
//! let text = Text([&orders]).to_string();
//! assert!(text.contains("# TYPE seawall_guard_requests_total counter\n"));
//! assert!(text.contains(
//!     "seawall_guard_requests_total{resource=\"GET /orders\",outcome=\"success\"} 1\n"
//! ));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Names, units and labels follow Prometheus' conventions: counters end in `_total`, time
//! is in seconds, and each label has few values. The resource is the one that the guard
//! was built for, so guards of one process need different ones.
//!
//! | metric | labels beside `resource` |
//! |---|---|
//! | `seawall_guard_requests_total` | `outcome` |
//! | `seawall_guard_rejected_total` | `reason` |
//! | `seawall_guard_request_duration_seconds` | `le` |
//! | `seawall_guard_breaker_state`, 1 for the state it is in | `state` |
//! | `seawall_guard_breaker_refused_ratio` | |
//! | `seawall_guard_breaker_transitions_total` | |
//! | `seawall_guard_shedding`, 1 while it refuses anybody | |
//! | `seawall_guard_admitted_level` | |
//! | `seawall_guard_limit_requests`, `seawall_guard_in_flight_requests`, `seawall_guard_waiting_requests` | `part` |

mod metric;
mod sample;
#[cfg(test)]
mod tests;
mod text;

pub use metric::{Kind, Metric};
pub use sample::{Labels, Sample, each};
pub use text::Text;
