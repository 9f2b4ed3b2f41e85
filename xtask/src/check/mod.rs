//! `cargo xtask check`: everything that can be judged without running the product.

mod architecture;
mod deny;
mod floors;
mod run;
mod step;
mod tidy;

pub(crate) use run::{Args, run};
