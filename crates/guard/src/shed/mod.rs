//! Refusing what cannot be served in time, so that the rest is.
//!
//! A [`Shedder`] stands in front of a service. It refuses, in this order and for the
//! first reason that applies:
//!
//! 1. what nobody waits for any more;
//! 2. what matters less than what the service has room for: a [`PriorityGate`];
//! 3. what would be one more in flight than there may be.
//!
//! How many there may be has two answers. While nothing is wrong, a burst may queue: up
//! to [`ShedSettings::burst`] worth of the service's work. When that fills up, or the
//! queue stands for [`ShedSettings::patience`], the shedder sheds: from then on the
//! adaptive [`ConcurrencyLimit`](crate::limit::ConcurrencyLimit) holds, times the share
//! that the [`SystemSignal`](crate::signal::SystemSignal) leaves of it, until for
//! [`ShedSettings::calm`] hardly anything had to be refused. Latency alone can begin it
//! as well as load, so a service that waits for something slow is protected too, and so
//! is one whose machine tells nothing of its CPU.

mod burst;
mod counts;
mod gate;
mod peer_level;
mod settings;
mod shedder;
#[cfg(not(loom))]
#[cfg(test)]
mod tests;

pub use counts::ShedCounts;
pub use gate::{Claim, GateSettings, PriorityGate};
pub use peer_level::PeerLevel;
pub use settings::ShedSettings;
pub use shedder::{Permit, Place, Shedder};
