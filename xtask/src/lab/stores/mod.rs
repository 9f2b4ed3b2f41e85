//! `cargo xtask lab stores`: what becomes of the callers of a store that breaks.
//!
//! `plan` says which stores break how, and for how long; `servers` starts them;
//! `measured` is what `seawall-lab stores` says of one trial; `asked` is what must come
//! of it, `finding` a line of the table, and `record` keeps the table.

mod asked;
mod finding;
mod measured;
mod plan;
mod run;
mod servers;

pub(crate) use run::run;
