//! Licences, bans, sources and advisories of dependencies, by cargo-deny.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::step::Outcome;
use crate::command;
use crate::workspace::{self, Workspace};

/// Licences, bans and sources, as `deny.toml` says.
pub(crate) fn rules(workspace: &Workspace) -> anyhow::Result<Outcome> {
    let program = program()?;
    let mut check = Command::new(program);
    check.current_dir(workspace.root()).args(["check", "licenses", "bans", "sources"]);
    Ok(match command::run(&mut check) {
        Ok(()) => Outcome::Clean,
        Err(error) => Outcome::Findings(vec![format!("{error:#}: see deny.toml")]),
    })
}

/// Advisories, against a database fetched first: where it cannot be fetched the
/// check is skipped by name, and a finding is a failure.
pub(crate) fn advisories(workspace: &Workspace) -> anyhow::Result<Outcome> {
    let program = program()?;
    let fetched = Command::new(&program)
        .current_dir(workspace.root())
        .args(["fetch", "db"])
        .stdin(Stdio::null())
        .output()
        .context("running cargo-deny fetch")?;
    if !fetched.status.success() {
        return Ok(Outcome::Skipped("the advisory database could not be fetched".to_owned()));
    }
    let mut check = Command::new(program);
    check.current_dir(workspace.root()).args(["check", "--disable-fetch", "advisories"]);
    Ok(match command::run(&mut check) {
        Ok(()) => Outcome::Clean,
        Err(error) => Outcome::Findings(vec![format!("{error:#}: see the advisories above")]),
    })
}

/// cargo-deny from the search path, else from the user's cache, else installed there.
fn program() -> anyhow::Result<PathBuf> {
    let works = |program: &PathBuf| {
        Command::new(program)
            .arg("--version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let on_path = PathBuf::from("cargo-deny");
    if works(&on_path) {
        return Ok(on_path);
    }
    let tools = workspace::user_cache()?.join("tools");
    let cached = tools.join("bin").join("cargo-deny");
    if !works(&cached) {
        let mut install = command::cargo();
        install
            .args(["install", "cargo-deny", "--locked", "--root"])
            .arg(&tools)
            .env("CARGO_TARGET_DIR", tools.join("target"))
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        command::run(&mut install)?;
        // Half a gigabyte that is of no more use; a leftover is harmless.
        let _ = std::fs::remove_dir_all(tools.join("target"));
    }
    Ok(cached)
}
