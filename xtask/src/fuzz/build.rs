//! Building the program that holds every target.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use super::target::VARIABLE;
use crate::command;
use crate::workspace::Workspace;

const PACKAGE: &str = "seawall-fuzz";
const PROFILE: &str = "fuzz";

/// What `cargo fuzz build --sanitizer none` (cargo-fuzz 0.13, `src/project.rs`) gives to
/// rustc; optimisation, debug assertions and overflow checks are in the profile.
const FLAGS: [&str; 9] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg",
    "fuzzing",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Cllvm-args=-sanitizer-coverage-stack-depth",
];

/// The compiler of libFuzzer that is missing, if it is.
pub(crate) fn missing_compiler() -> Option<String> {
    let compiler = std::env::var("CXX").ok().filter(|name| !name.is_empty());
    let compiler = compiler.unwrap_or_else(|| "c++".to_owned());
    (!command::runs(&compiler, "--version")).then_some(compiler)
}

/// The program, built.
#[derive(Debug, Clone)]
pub(crate) struct Program(PathBuf);

impl Program {
    /// Builds it in a target folder of its own, so that its flags make nobody else build
    /// anew. The target is named, for else the flags would hold for build scripts too.
    pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<Self> {
        let folder = workspace.target().join("fuzz").join("build");
        let host = host()?;
        let mut build = command::cargo();
        build
            .current_dir(workspace.root())
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("RUSTFLAGS", FLAGS.join(" "))
            .args(["build", "--package", PACKAGE, "--profile", PROFILE, "--target", &host])
            .arg("--target-dir")
            .arg(&folder);
        command::run(&mut build)?;
        let program = folder.join(host).join(PROFILE).join(PACKAGE);
        if !program.is_file() {
            bail!("cargo built {PACKAGE}, but {} is not there", program.display());
        }
        Ok(Self(program))
    }

    /// Starts it on the target that `name` names.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.0);
        command.env(VARIABLE, name).env("RUST_BACKTRACE", "1").stdin(Stdio::null());
        command
    }

    /// The names of its targets.
    pub(crate) fn targets(&self) -> anyhow::Result<Vec<String>> {
        let output = Command::new(&self.0)
            .env_remove(VARIABLE)
            .stdin(Stdio::null())
            .output()
            .context("asking for the targets")?;
        let listed = String::from_utf8(output.stdout).context("a target's name is not UTF-8")?;
        let names: Vec<String> = listed.lines().map(str::to_owned).collect();
        if !output.status.success() || names.is_empty() {
            bail!("{PACKAGE} does not say which targets it has: {}", output.status);
        }
        Ok(names)
    }
}

/// The platform that rustc builds for when nobody names one.
fn host() -> anyhow::Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().context("asking rustc for its host")?;
    let version = String::from_utf8(output.stdout).context("rustc's version is not UTF-8")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not name its host")?.to_owned())
}
