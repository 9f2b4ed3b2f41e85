//! `cargo xtask test`: every test there is.

mod run;

pub(crate) use run::{Args, run};
