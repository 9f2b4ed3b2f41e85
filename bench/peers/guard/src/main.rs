//! What other guards for Rust cost a request that passes, measured by the loop that
//! measures ours and printed in the same form. Run by `cargo xtask bench guard`.

mod breakers;
mod limits;
mod sentinel;
#[path = "../../../../crates/guard/benches/timing.rs"]
mod timing;

use std::process::ExitCode;

fn main() -> ExitCode {
    let rows: Vec<timing::Row> =
        breakers::rows().into_iter().chain(limits::rows()).chain(sentinel::rows()).collect();
    timing::print("peers", &rows)
}
