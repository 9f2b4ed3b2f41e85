//! Puts the load on each server in turn, round after round, and compares.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::ValueEnum;
use indicatif::ProgressBar;

use super::curve;
use super::measured::Measured;
use super::plan::{Size, Work};
use super::record;
use super::rows::Found;
use super::server::{Product, Programs};
use super::session::{self, Alone};
use super::stores;
use crate::progress;
use crate::report::{self, Row};
use crate::server::raise_open_files;
use crate::workspace::{self, Workspace};

/// How often, when nobody says.
const ROUNDS: u32 = 3;

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// More requests than a server can serve
    Overload,
    /// Stores that break, behind their clients
    Stores,
}

/// What to try and how to tell.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// What is tried
    #[arg(value_enum)]
    what: What,
    /// How often; each number is the median [default: 3 for overload, 1 for stores]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(super) rounds: Option<u32>,
    /// One JSON object a row
    #[arg(long)]
    pub(super) json: bool,
    /// Exit 1 when a target is missed
    #[arg(long)]
    pub(super) check: bool,
    /// Keep what came of it: tables in lab/README.md, curves in docs/
    #[arg(long)]
    pub(super) record: bool,
    /// One round of seconds: shows that it runs, says nothing about targets
    #[arg(long, conflicts_with_all = ["record", "check"])]
    pub(super) quick: bool,
}

/// Everything that lives through all rounds.
struct Lab {
    programs: Programs,
    size: Size,
    progress: ProgressBar,
    failures: Vec<Row>,
}

/// Tries it.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    match args.what {
        What::Overload => overload(workspace, args),
        What::Stores => stores::run(workspace, args),
    }
}

/// Runs all rounds.
fn overload(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    let (rounds, size) = match args.quick {
        true => (1, Size::QUICK),
        false => (args.rounds.unwrap_or(ROUNDS), Size::FULL),
    };
    raise_open_files()?;
    let programs = Programs::build(workspace)?;
    let sessions = Product::ALL.len() * Work::ALL.len();
    let progress = progress::bar(u64::from(rounds) * u64::try_from(sessions)?)?;
    let mut lab = Lab { programs, size, progress, failures: Vec::new() };
    let found: Vec<Found> = Work::ALL.into_iter().map(|work| lab.all(work, rounds)).collect();
    lab.progress.finish_and_clear();

    let mut rows: Vec<Row> = found.iter().flat_map(Found::rows).collect();
    rows.append(&mut lab.failures);
    if lab.programs.gozero.is_none() {
        rows.push(Row::skipped("go-zero", "there is no Go toolchain", !workspace::on_ci()));
    }
    report::print(&rows, args.json)?;
    let folder = match args.record {
        true => workspace.root().join("docs"),
        false => workspace.target().join("lab"),
    };
    if args.record {
        let kept = record::record(workspace, "overload", &report::table(&rows))?;
        eprintln!("kept in {}", kept.display());
    }
    for found in &found {
        eprintln!("drawn in {}", draw(folder.clone(), found)?.display());
    }
    if args.check { report::require(&rows) } else { Ok(()) }
}

fn draw(folder: PathBuf, found: &Found) -> anyhow::Result<PathBuf> {
    let path = folder.join(format!("overload-{}.svg", found.work.name()));
    std::fs::write(&path, curve::svg(found.work, &found.servers))
        .with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

impl Lab {
    /// All servers under one kind of work. Rounds go from server to server, so that what
    /// else the machine does falls on all of them.
    fn all(&mut self, work: Work, rounds: u32) -> Found {
        let mut measured = Product::ALL.map(|product| (product, Vec::new()));
        for round in 1..=rounds {
            let mut ours = None;
            for (product, rounds) in &mut measured {
                if *product == Product::GoZero && self.programs.gozero.is_none() {
                    self.progress.inc(1);
                    continue;
                }
                let name = format!("{}: {}", work.name(), product.name());
                self.progress.set_message(name.clone());
                match self.one(*product, work, &mut ours, round) {
                    Ok(measured) => rounds.push(measured),
                    Err(error) => {
                        let what = format!("{name} failed");
                        let ok = !product.is_ours();
                        self.failures.push(Row::skipped(what, format!("{error:#}"), ok));
                    }
                }
                self.progress.inc(1);
            }
        }
        let servers = measured.into_iter().filter_map(|(product, rounds)| {
            Measured::median(&rounds).map(|measured| (product, measured))
        });
        Found { work, servers: servers.collect() }
    }

    /// Ours can do as much behind each of their doors; it is measured behind none.
    fn one(
        &self,
        product: Product,
        work: Work,
        ours: &mut Option<Alone>,
        round: u32,
    ) -> anyhow::Result<Measured> {
        let alone = match *ours {
            Some(alone) if product.is_ours() => alone,
            _ => session::alone(&self.programs, product, work, self.size)?,
        };
        if product.is_ours() {
            *ours = Some(alone);
        }
        session::overloads(&self.programs, product, work, self.size, alone, u64::from(round))
    }
}
