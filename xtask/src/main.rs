//! Every chore of the project: `cargo xtask NAME`. See CONTRIBUTING.md.

mod bench;
mod check;
mod command;
mod compat;
mod defects;
mod fuzz;
mod kill;
mod lab;
mod named;
mod progress;
mod report;
mod server;
mod test;
mod traps;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::workspace::Workspace;

/// Every chore of the project.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Chore {
    /// Format, lints, docs, floors, tidiness, ARCHITECTURE.md, licences and advisories
    Check(check::Args),
    /// Every test: unit, property and doc tests, compat suites, examples, short kill and
    /// fuzz tests
    Test(test::Args),
    /// The traps of the Nacos wire and the tests that show that they are avoided
    Traps(traps::Args),
    /// Drive the release binary with clients nobody here wrote
    Compat(compat::Args),
    /// Measure Seawall beside a peer under the same load
    Bench(bench::Args),
    /// Kill the server at random moments under load: what it acknowledged must be there
    Kill(kill::Args),
    /// Put more load on a server than it can carry, or break its stores, with and without
    /// protection
    Lab(lab::Args),
    /// Look for inputs that break what reads bytes from outside, guided by coverage
    Fuzz(fuzz::Args),
}

fn main() -> ExitCode {
    match run(Chore::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> anyhow::Result<()> {
    let workspace = Workspace::discover()?;
    match chore {
        Chore::Check(args) => check::run(&workspace, &args),
        Chore::Test(args) => test::run(&workspace, &args),
        Chore::Traps(args) => traps::run(&workspace, &args),
        Chore::Compat(args) => compat::run(&workspace, &args),
        Chore::Bench(args) => bench::run(&workspace, &args),
        Chore::Kill(args) => kill::run(&workspace, &args),
        Chore::Lab(args) => lab::run(&workspace, &args),
        Chore::Fuzz(args) => fuzz::run(&workspace, &args),
    }
}
