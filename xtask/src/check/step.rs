//! One check and what it can say.

use clap::ValueEnum;

use super::{architecture, deny, floors, tidy};
use crate::workspace::Workspace;
use crate::{command, defects, traps};

/// The checks, in the order they run: the quick ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// `cargo fmt --check`
    Format,
    /// Crates use only crates on lower floors
    Floors,
    /// File lengths, file names, reasons beside ignored tests
    Tidy,
    /// Every trap of the Nacos wire has a test of its name
    Traps,
    /// Every defect of a peer in docs/dev/guard-defects.md has a test in the guard
    Defects,
    /// ARCHITECTURE.md lists every crate, and every path it names exists
    Architecture,
    /// Licences, bans and sources of dependencies
    Deny,
    /// Security advisories against dependencies
    Advisories,
    /// `cargo clippy` on all targets, warnings as errors
    Lint,
    /// `cargo doc`, warnings as errors
    Docs,
}

/// What a check found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing to complain about.
    Clean,
    /// One line for each thing that is wrong, saying where and what to do.
    Findings(Vec<String>),
    /// The check could not be made, and why; not a failure.
    Skipped(String),
}

impl Outcome {
    /// Clean when there are no findings.
    pub(crate) fn of(findings: Vec<String>) -> Self {
        if findings.is_empty() { Self::Clean } else { Self::Findings(findings) }
    }
}

impl Step {
    /// Makes the check. An error means that it could not be made at all, which fails it.
    pub(crate) fn run(self, workspace: &Workspace) -> anyhow::Result<Outcome> {
        match self {
            Self::Format => Ok(tool(workspace, &["fmt", "--all", "--check"], "run `cargo fmt`")),
            Self::Floors => floors::check(workspace),
            Self::Tidy => tidy::check(workspace),
            Self::Traps => traps::missing(workspace).map(Outcome::of),
            Self::Defects => defects::missing(workspace).map(Outcome::of),
            Self::Architecture => architecture::check(workspace),
            Self::Deny => deny::rules(workspace),
            Self::Advisories => deny::advisories(workspace),
            Self::Lint => Ok(tool(
                workspace,
                &[
                    "clippy",
                    "--workspace",
                    "--all-targets",
                    "--all-features",
                    "--",
                    "-D",
                    "warnings",
                ],
                "fix the warnings above",
            )),
            Self::Docs => Ok(docs(workspace)),
        }
    }
}

fn tool(workspace: &Workspace, args: &[&str], remedy: &str) -> Outcome {
    judge(command::cargo().current_dir(workspace.root()).args(args), remedy)
}

fn docs(workspace: &Workspace) -> Outcome {
    judge(
        command::cargo().current_dir(workspace.root()).env("RUSTDOCFLAGS", "-D warnings").args([
            "doc",
            "--workspace",
            "--all-features",
            "--no-deps",
        ]),
        "fix the warnings above",
    )
}

fn judge(command: &mut std::process::Command, remedy: &str) -> Outcome {
    match command::run(command) {
        Ok(()) => Outcome::Clean,
        Err(error) => Outcome::Findings(vec![format!("{error:#}: {remedy}")]),
    }
}
