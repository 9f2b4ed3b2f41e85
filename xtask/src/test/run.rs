//! Runs the kinds of tests one after the other, the quick ones first.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;
use clap::ValueEnum;

use crate::report::{self, Row};
use crate::workspace::Workspace;
use crate::{command, compat, fuzz, kill};

/// Rounds of the kill test when it runs among all tests; `cargo xtask kill` runs 200.
const KILL_ROUNDS: u32 = 5;

/// Which tests to run and how to tell.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// Only these kinds; all of them when none is named
    #[arg(value_enum)]
    kinds: Vec<Kind>,
    /// One JSON object a row
    #[arg(long)]
    json: bool,
}

/// The kinds of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// `cargo test --workspace`: unit, property, integration and doc tests
    Workspace,
    /// Every order in which threads can meet in the guards' atomics, tried by `loom`
    Interleavings,
    /// The compat suites, against the release binary
    Compat,
    /// The programs in `examples/`, against the release binary
    Examples,
    /// A short kill test, against the release binary
    Kill,
    /// Every fuzz target: its committed inputs, then a few seconds of looking for more
    Fuzz,
}

/// Runs every chosen kind, also after one failed, and fails when any did.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    let kinds = if args.kinds.is_empty() { Kind::value_variants() } else { &args.kinds };
    let rows: Vec<Row> = kinds.iter().map(|kind| judge(*kind, kind.run(workspace))).collect();
    report::print(&rows, args.json)?;
    report::require(&rows)
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Interleavings => "interleavings",
            Self::Compat => "compat",
            Self::Examples => "examples",
            Self::Kill => "kill",
            Self::Fuzz => "fuzz",
        }
    }

    fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        eprintln!("== {}", self.name());
        match self {
            Self::Workspace => {
                let mut tests = command::cargo();
                tests.current_dir(workspace.root()).args([
                    "test",
                    "--workspace",
                    "--all-features",
                    "--no-fail-fast",
                ]);
                command::run(&mut tests)
            }
            Self::Interleavings => interleavings(workspace),
            Self::Compat => compat::run(workspace, &compat::Args::default()),
            Self::Examples => examples(workspace),
            Self::Kill => kill::run(workspace, &kill::Args::rounds(KILL_ROUNDS)),
            Self::Fuzz => fuzz::run(workspace, &fuzz::Args::short()),
        }
    }
}

/// Runs the models of crate `guard` in builds of their own: all code sees the flag.
fn interleavings(workspace: &Workspace) -> anyhow::Result<()> {
    let mut tests = command::cargo();
    tests
        .current_dir(workspace.root())
        .args(["test", "--package", "seawall-guard", "--lib", "--release", "interleavings"])
        .env("RUSTFLAGS", "--cfg loom")
        .env("CARGO_TARGET_DIR", workspace.target().join("loom"));
    command::run(&mut tests)
}

fn judge(kind: Kind, result: anyhow::Result<()>) -> Row {
    match result {
        Ok(()) => Row::verdict(kind.name(), 0),
        Err(error) => {
            eprintln!("   {error:#}");
            Row::verdict(kind.name(), 1).with_note(format!("{error:#}"))
        }
    }
}

/// Runs `run.sh` of every folder in `examples/`, with the release binary in `SEAWALL`.
fn examples(workspace: &Workspace) -> anyhow::Result<()> {
    let scripts = example_scripts(workspace)?;
    anyhow::ensure!(!scripts.is_empty(), "no examples/*/run.sh to run");
    let server = workspace.release_server()?;
    for script in scripts {
        let folder = script.parent().context("a script lies in a folder")?;
        let mut example = Command::new("bash");
        example.current_dir(folder).arg(&script).env("SEAWALL", &server);
        command::run(&mut example)?;
    }
    Ok(())
}

fn example_scripts(workspace: &Workspace) -> anyhow::Result<Vec<PathBuf>> {
    let mut scripts = Vec::new();
    let folder = workspace.root().join("examples");
    if !folder.is_dir() {
        return Ok(scripts);
    }
    for entry in std::fs::read_dir(&folder).context("listing examples/")? {
        let script = entry.context("listing examples/")?.path().join("run.sh");
        if script.is_file() {
            scripts.push(script);
        }
    }
    scripts.sort();
    Ok(scripts)
}
