//! The peer: r-nacos, built from its published crate.

use std::path::{Path, PathBuf};

use crate::command;
use crate::workspace::Workspace;

/// The version that figures are about.
pub(crate) const VERSION: &str = "0.8.8";

/// The peer's program: the one given, else the one built before, else built now.
pub(crate) fn binary(workspace: &Workspace, given: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(given) = given {
        anyhow::ensure!(given.is_file(), "{} is not a program", given.display());
        return Ok(given.to_owned());
    }
    let peers = workspace.target().join("peers");
    let binary = peers.join("bin").join("rnacos");
    if !binary.is_file() {
        eprintln!("building rnacos {VERSION}: some ten minutes, once");
        let mut install = command::cargo();
        install
            .args(["install", "rnacos", "--version", VERSION, "--locked", "--root"])
            .arg(&peers)
            .env("CARGO_TARGET_DIR", peers.join("target"));
        command::run(&mut install)?;
        // Gigabytes that are of no more use; a leftover is harmless.
        let _ = std::fs::remove_dir_all(peers.join("target"));
    }
    Ok(binary)
}
