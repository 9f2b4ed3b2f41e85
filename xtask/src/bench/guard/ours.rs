//! The benches of `crates/guard`.

use super::cost::{self, Cost};
use crate::command;
use crate::workspace::Workspace;

/// In the order of their rows.
pub(crate) const BENCHES: [&str; 9] =
    ["stack", "shed", "breaker", "rate", "limit", "retry", "balance", "classify", "rules"];

/// Runs one of them.
pub(crate) fn costs(workspace: &Workspace, bench: &str, quick: bool) -> anyhow::Result<Vec<Cost>> {
    let mut cargo = command::cargo();
    cargo
        .current_dir(workspace.root())
        .args(["bench", "--package", "seawall-guard", "--bench", bench, "--", "--json"])
        .args(quick.then_some("--quick"));
    cost::of_bench(&mut cargo)
}
