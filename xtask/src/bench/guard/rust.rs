//! Guards for Rust: `bench/peers/guard`, a package outside the workspace.

use super::cost::{self, Cost};
use crate::command;
use crate::workspace::Workspace;

/// Builds them, some minutes the first time, and measures them with our own loop.
pub(crate) fn costs(workspace: &Workspace, quick: bool) -> anyhow::Result<Vec<Cost>> {
    let mut cargo = command::cargo();
    cargo
        .current_dir(workspace.root().join("bench/peers/guard"))
        .env("CARGO_TARGET_DIR", workspace.target().join("peers/guard"))
        .args(["run", "--quiet", "--release", "--locked", "--", "--json"])
        .args(quick.then_some("--quick"));
    cost::of_bench(&mut cargo)
}
