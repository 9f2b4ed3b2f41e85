//! Clients that hold a connection: who they are, whether they live, what they are told.
//!
//! [`core`] decides for one connection, without socket, clock or task; [`link`] carries
//! its decisions out; [`table`] knows all links; [`watch`] makes time pass for them.

mod card;
mod core;
pub(crate) mod fuzzy_sync;
mod link;
mod outbox;
mod push;
mod setup;
mod sinks;
mod table;
mod watch;

pub(crate) use card::ClientCard;
pub(crate) use link::{AnswerTo, Ending, Link};
pub(crate) use outbox::{Outbox, Outgoing};
pub(crate) use push::{FuzzyBatch, News, group_key as config_group_key, parse_group_key};
pub(crate) use setup::ConnectionSetup;
pub(crate) use table::ConnectionTable;
pub(crate) use watch::watch;
