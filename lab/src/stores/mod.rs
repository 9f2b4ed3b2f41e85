//! A store behind a proxy that breaks, under a steady load, with a guard in front of its
//! client and without.
//!
//! `trial` says what happens when; `proxy` (with `line`, one direction of a connection)
//! makes it happen; `side` is the client with its guard or without, `service` what calls
//! it, and `load` what calls that. `client` is what the three clients have in common:
//! `mysql`, `redis`, and `mongo`, whose server is the stand-in of `stand_in`.
//! `measured` is what came of it.

mod client;
mod line;
mod load;
mod measured;
mod mongo;
mod mysql;
mod proxy;
mod redis;
mod run;
mod service;
mod side;
mod stand_in;
mod trial;

pub(crate) use run::{Args, run};
