//! `cargo xtask lab overload`: a real server under more load than it can carry.
//!
//! `plan` says how much load comes when; `server` starts the server and its peers, each
//! on a core of its own; `session` puts the load on one of them; `rows` says what is
//! asked, and `curve` draws it. Both sides of the load are the program in `lab/`, and the
//! peer is in `bench/peers/gozero`.
//!
//! `cargo xtask lab stores`, real stores that break, is a matter of `stores`.

mod curve;
mod measured;
mod plan;
mod record;
mod rows;
mod run;
mod server;
mod session;
mod stores;

pub(crate) use run::{Args, run};
