//! `cargo xtask kill`: the server dies at random moments under a writing load, and
//! everything it had acknowledged is there when it starts again.
//!
//! `writer`s, each on a connection of its own and with things of its own, write
//! through the `door` and note in their `ledger` what is about to be written and what
//! was acknowledged. `rounds` kills the server, starts it again and compares.
//!
//! `kill -9` proves what survives the death of the process. What survives the death
//! of the machine is a matter of the store's tests, which cut off what was not synced.

mod door;
mod history;
mod ledger;
mod outcome;
mod rounds;
mod thing;
mod writer;

pub(crate) use rounds::{Args, run};
