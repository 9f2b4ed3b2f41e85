//! Goes through the targets and tells what came out.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};

use super::build::{Program, missing_compiler};
use super::outcome::{Outcome, table};
use super::target::{Search, Target, millis};
use crate::report::{self, Row};
use crate::workspace::{Workspace, on_ci};

/// How long each target runs as a part of all tests, in seconds.
const SHORT_SECONDS: u64 = 6;

/// Which targets to run, how long, and how to tell.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// Only these targets; all of them when none is named
    targets: Vec<String>,
    /// How long each target looks for more, after its committed inputs
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Targets that run at the same time; as many as there are cores when not given
    #[arg(long)]
    jobs: Option<usize>,
    /// Begin with the committed inputs alone, not with what earlier runs found
    #[arg(long)]
    fresh: bool,
    /// Give this one input to the one target named, and nothing else
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// One JSON object a row
    #[arg(long)]
    json: bool,
    /// Exit 1 also when nothing could be run
    #[arg(long)]
    check: bool,
}

impl Args {
    /// A short run, as a part of all tests.
    pub(crate) const fn short() -> Self {
        Self {
            targets: Vec::new(),
            seconds: SHORT_SECONDS,
            jobs: None,
            fresh: true,
            replay: None,
            json: false,
            check: false,
        }
    }
}

/// Runs every chosen target, also after one crashed, and fails when any did.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    if let Some(compiler) = missing_compiler() {
        let why = format!("{compiler}, which libFuzzer needs, does not run on this machine");
        eprintln!("fuzz: skipped: {why}");
        let rows = [Row::skipped("fuzz", why, !(on_ci() || args.check))];
        report::print(&rows, args.json)?;
        return report::require(&rows);
    }
    let program = Program::build(workspace)?;
    let targets = chosen(workspace, args, &program.targets()?)?;
    if let Some(input) = &args.replay {
        let [target] = targets.as_slice() else { bail!("--replay needs the name of one target") };
        return target.replay(&program, input);
    }
    let outcomes = all(&program, &targets, args)?;
    for advice in outcomes.iter().filter_map(Outcome::advice) {
        eprintln!("{advice}");
    }
    let rows: Vec<Row> = outcomes.iter().flat_map(Outcome::rows).collect();
    if args.json {
        report::print(&rows, true)?;
    } else {
        print!("{}", table(&outcomes));
    }
    report::require(&rows)
}

fn chosen(workspace: &Workspace, args: &Args, known: &[String]) -> anyhow::Result<Vec<Target>> {
    if let Some(unknown) = args.targets.iter().find(|name| !known.contains(name)) {
        bail!("there is no target {unknown}; there are {}", known.join(", "));
    }
    let names = if args.targets.is_empty() { known } else { &args.targets };
    Ok(names.iter().map(|name| Target::new(workspace, name)).collect())
}

/// Several at a time, each on one core.
fn all(program: &Program, targets: &[Target], args: &Args) -> anyhow::Result<Vec<Outcome>> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let jobs = args.jobs.unwrap_or(cores).clamp(1, targets.len().max(1));
    let search = Search { time: Duration::from_secs(args.seconds), fresh: args.fresh };
    let progress = progress(targets.len(), search.time)?;
    let waiting = Mutex::new(targets.iter().enumerate());
    let next = || waiting.lock().ok()?.next();
    let mut outcomes = std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            while let Some((place, target)) = next() {
                let ran = target.run(program, search, &progress);
                done.push((place, ran.with_context(|| target.name.clone())?));
            }
            Ok(done)
        };
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        let mut outcomes = Vec::new();
        for worker in workers {
            let done: anyhow::Result<Vec<_>> =
                worker.join().unwrap_or_else(|_| bail!("a worker broke down"));
            outcomes.extend(done?);
        }
        anyhow::Ok(outcomes)
    })?;
    progress.finish_and_clear();
    outcomes.sort_by_key(|(place, _)| *place);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

fn progress(targets: usize, each: Duration) -> anyhow::Result<ProgressBar> {
    let targets = u64::try_from(targets).unwrap_or(u64::MAX);
    let progress = ProgressBar::new(millis(each).saturating_mul(targets));
    progress.set_style(
        ProgressStyle::with_template("{elapsed_precise} [{bar:40}] {percent} % {msg}")
            .context("the progress bar's form")?,
    );
    progress.enable_steady_tick(Duration::from_millis(200));
    Ok(progress)
}
