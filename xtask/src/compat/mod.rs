//! Drives the release binary with clients nobody here wrote, a folder a language.
//!
//! `run` goes through the suites; each `suite` knows how to install its client into
//! `target/compat` and how to start. A suite gets a `world` of its own: two fresh
//! servers, one open and one that asks a login, and a `control` door through which
//! it restarts the first. What it prints becomes an `outcome` a case, and all of
//! them a `matrix` at the end. `compat/README.md` says what a suite reads and prints.

mod control;
mod language;
mod matrix;
mod outcome;
mod run;
mod suite;
mod world;

pub(crate) use self::run::{Args, run};
