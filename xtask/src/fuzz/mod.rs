//! `cargo xtask fuzz`: coverage-guided fuzzing of everything that reads bytes from
//! outside. The targets are in `fuzz/src/targets`.
//!
//! What `cargo fuzz` would do, without it: its flags, libFuzzer, stable Rust. libFuzzer
//! is C++, which is all that is needed beside Rust.

mod build;
mod outcome;
mod run;
mod target;

pub(crate) use run::{Args, run};
