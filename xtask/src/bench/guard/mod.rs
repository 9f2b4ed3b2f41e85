//! `cargo xtask bench guard`: what a request pays for each guard, beside what it would pay
//! for other people's.
//!
//! `ours` runs the benches of `crates/guard`; `rust` and `go` run those of peers, which
//! live in `bench/peers` and are built by nothing else; `pairs` says what stands beside
//! what, and `rows` what is asked.

mod cost;
mod go;
mod ours;
mod pairs;
mod rows;
mod run;
mod rust;

pub(crate) use run::run;
