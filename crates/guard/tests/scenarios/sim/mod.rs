//! A world of clients, services and nodes in virtual time.
//!
//! Discrete events, one seed, no threads: two runs are the same to the nanosecond. Work,
//! arrivals and users are drawn from streams of their own, so that two controllers face
//! the same requests.
//!
//! - [`World`]: nodes, services made of them, links between services, client populations;
//!   [`World::at`] changes anything at a given moment; [`World::run`] goes on until one.
//! - [`Node`]: a [`Station`] that works, a [`Door`] in front of it that admits, and what
//!   it knows of deadlines.
//! - [`Caller`]: the client side of a link: timeout, retries, balancing.
//! - [`Report`]: what became of the calls of clients.
//! - [`models`]: doors of peers, written from their published formulas.

mod agenda;
mod caller;
mod door;
mod draw;
mod load;
pub(crate) mod models;
mod ours;
mod report;
mod station;
#[cfg(test)]
mod tests;
mod world;

pub(crate) use caller::{Answer, Attempt, Caller, PlainCaller, Route};
pub(crate) use door::{Door, OpenDoor, Ticket};
pub(crate) use draw::Spread;
pub(crate) use load::Load;
pub(crate) use ours::OurDoor;
pub(crate) use report::Report;
pub(crate) use station::Station;
pub(crate) use world::{Clients, Deadlines, Node, World};

use std::time::Duration;

use seawall_guard::Instant;

/// The moment so many seconds after the start.
pub(crate) fn second(seconds: f64) -> Instant {
    Instant::START + Duration::from_secs_f64(seconds)
}

/// So many milliseconds.
pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
