//! `cargo xtask bench registry|config`: Seawall beside a peer under the same load, and
//! `cargo xtask bench guard`: what guards cost, beside others.
//!
//! `plan` says which loads run, each against a server of its own; `session` runs
//! them against one product; `targets` says what is asked; `record` keeps a table.
//! The load itself is the program in `bench/`. Guards are a matter of `guard`.

mod guard;
mod peer;
mod plan;
mod record;
mod run;
mod session;
mod targets;

pub(crate) use record::{commit, machine};
pub(crate) use run::{Args, run};
