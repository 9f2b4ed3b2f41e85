//! Runs the checks and tells what they found.

use clap::ValueEnum as _;

use super::step::{Outcome, Step};
use crate::report::{self, Row};
use crate::workspace::Workspace;

/// Which checks to make and how to tell.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// Only these checks; all of them when none is named
    #[arg(value_enum)]
    steps: Vec<Step>,
    /// One JSON object a row
    #[arg(long)]
    json: bool,
}

/// Makes every chosen check, also after one failed, and fails when any did.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    let steps = if args.steps.is_empty() { Step::value_variants() } else { &args.steps };
    let rows: Vec<Row> = steps.iter().map(|step| make(workspace, *step)).collect();
    report::print(&rows, args.json)?;
    report::require(&rows)
}

fn make(workspace: &Workspace, step: Step) -> Row {
    let value = step.to_possible_value();
    let name = value.as_ref().map_or("unnamed", |value| value.get_name()).to_owned();
    eprintln!("== {name}");
    match step.run(workspace) {
        Ok(Outcome::Clean) => Row::verdict(name, 0),
        Ok(Outcome::Skipped(why)) => {
            eprintln!("   skipped: {why}");
            Row::skipped(name, why, true)
        }
        Ok(Outcome::Findings(findings)) => {
            for finding in &findings {
                eprintln!("   {finding}");
            }
            let first = findings.first().cloned().unwrap_or_default();
            Row::verdict(name, findings.len()).with_note(first)
        }
        Err(error) => {
            eprintln!("   {error:#}");
            Row::verdict(name, 1).with_note(format!("{error:#}"))
        }
    }
}
