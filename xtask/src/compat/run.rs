//! Goes through the suites and tells what came out.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum as _;
use seawall_clock::{Clock as _, SystemClock};

use super::language::Language;
use super::matrix::{Column, matrix};
use super::outcome::{Outcome, Verdict};
use super::suite::{SUITES, Suite};
use super::world::{Target, World};
use crate::report::{self, Row};
use crate::server::Product;
use crate::workspace::{Workspace, on_ci};

/// A suite that has not ended by then never will. Each case has its own, shorter limit.
const SUITE_LIMIT: Duration = Duration::from_secs(20 * 60);

/// How long silence lasts before we look whether the suite still runs.
const PATIENCE: Duration = Duration::from_millis(500);

/// Which suites to run, and against what.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// Only these languages; all of them when none is named
    #[arg(value_enum)]
    languages: Vec<Language>,
    /// One JSON object a case
    #[arg(long)]
    json: bool,
    /// Exit 1 when a case failed
    #[arg(long)]
    check: bool,
    /// A running server, as host:port, instead of a fresh one for each suite; what
    /// needs a restart or a login is skipped
    #[arg(long, value_name = "ADDR")]
    server: Option<String>,
    /// Drive this rnacos binary instead of Seawall, to know what the peer answers
    #[arg(long, value_name = "PATH", conflicts_with = "server")]
    rnacos: Option<PathBuf>,
    /// This Seawall binary instead of a release build of the checkout
    #[arg(long, value_name = "PATH", conflicts_with_all = ["server", "rnacos"])]
    binary: Option<PathBuf>,
    /// Only cases whose name contains this
    #[arg(long, value_name = "TEXT")]
    case: Option<String>,
    /// Only clients whose name contains this
    #[arg(long, value_name = "TEXT")]
    client: Option<String>,
}

impl Default for Args {
    /// What `cargo xtask test` asks for: everything, and a failure when a case failed.
    fn default() -> Self {
        Self {
            languages: Vec::new(),
            json: false,
            check: true,
            server: None,
            rnacos: None,
            binary: None,
            case: None,
            client: None,
        }
    }
}

/// Runs every chosen suite, also after one failed.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    let target = args.target(workspace)?;
    let languages =
        if args.languages.is_empty() { Language::value_variants() } else { &args.languages };
    let mut columns = Vec::new();
    let mut rows = Vec::new();
    for language in languages {
        if let Some(tool) = language.missing_tool() {
            let why = format!("{tool} does not run on this machine");
            eprintln!("{}: skipped: {why}", language.name());
            rows.push(Row::skipped(language.name(), why, !on_ci()));
            continue;
        }
        for suite in SUITES.iter().filter(|suite| args.wants(suite, *language)) {
            let outcomes = drive(workspace, suite, &target, args);
            rows.extend(outcomes.iter().map(|outcome| outcome.row(suite.client)));
            columns.push(Column { client: suite.client.to_owned(), outcomes });
        }
    }
    if args.json {
        report::print(&rows, true)?;
    } else {
        print!("\n{}", matrix(&columns));
    }
    if args.check || on_ci() { report::require(&rows) } else { Ok(()) }
}

impl Args {
    fn target(&self, workspace: &Workspace) -> anyhow::Result<Target> {
        if let Some(address) = &self.server {
            return Ok(Target::Running(address.clone()));
        }
        if let Some(binary) = &self.rnacos {
            return Ok(Target::Fresh(Product::Rnacos, binary.clone()));
        }
        let binary = match &self.binary {
            Some(binary) => binary.clone(),
            None => workspace.release_server()?,
        };
        Ok(Target::Fresh(Product::Seawall, binary))
    }

    fn wants(&self, suite: &Suite, language: Language) -> bool {
        suite.language == language
            && self.client.as_ref().is_none_or(|text| suite.client.contains(text))
    }
}

/// Runs one suite; what stops it from running at all is an outcome too.
fn drive(workspace: &Workspace, suite: &Suite, target: &Target, args: &Args) -> Vec<Outcome> {
    eprintln!("== {}", suite.client);
    let mut outcomes = Vec::new();
    if let Err(error) = suite.install(workspace) {
        outcomes.push(Outcome::broken("install", format!("{error:#}")));
    } else if let Err(error) = attempt(workspace, suite, target, args, &mut outcomes) {
        outcomes.push(Outcome::broken("suite", format!("{error:#}")));
    }
    for outcome in outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Fail) {
        eprintln!("   failed: {}: {}", outcome.case, outcome.detail);
    }
    outcomes
}

fn attempt(
    workspace: &Workspace,
    suite: &Suite,
    target: &Target,
    args: &Args,
    outcomes: &mut Vec<Outcome>,
) -> anyhow::Result<()> {
    let folder = workspace.target().join("compat/run").join(suite.folder());
    let mut world = World::create(target, &folder)?;
    let log = File::create(world.log()).context("opening the suite's log")?;
    let mut command = suite.command(workspace, &world.work());
    world.describe(&mut command);
    if let Some(only) = &args.case {
        command.env("SEAWALL_ONLY", only);
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        // A group of its own, so that what a client leaves running can be ended with it.
        .process_group(0)
        .spawn()
        .with_context(|| format!("starting the suite of {}", suite.client))?;
    let ended = listen(&mut child, suite, args, outcomes);
    end_group(&mut child);
    let (status, complete) = ended?;
    anyhow::ensure!(complete, "broke off with {status}; see {}", world.log().display());
    anyhow::ensure!(!outcomes.is_empty() || args.case.is_some(), "no case was reported");
    world.require_alive()
}

/// Takes the suite's lines until it has ended; says how it did, and whether it came
/// to its end.
fn listen(
    child: &mut Child,
    suite: &Suite,
    args: &Args,
    outcomes: &mut Vec<Outcome>,
) -> anyhow::Result<(ExitStatus, bool)> {
    let output = child.stdout.take().context("the suite has no output")?;
    let (sender, lines) = mpsc::sync_channel(1024);
    // Ends with the output, at the latest when the suite's whole group is ended.
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let clock = SystemClock::default();
    let started = clock.now();
    let mut ended = None;
    let mut complete = false;
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                complete |= line.trim_end() == "END";
                if let Some(outcome) = Outcome::parse(&line) {
                    tell(&line, suite, args);
                    outcomes.push(outcome);
                }
            }
            // A process the suite left behind may hold its output open; the suite's
            // own last lines are read by now.
            Err(error) => match (ended, error) {
                (Some(status), _) => return Ok((status, complete)),
                (None, RecvTimeoutError::Timeout) => {
                    ended = child.try_wait().context("watching the suite")?;
                }
                (None, RecvTimeoutError::Disconnected) => {
                    let status = child.wait().context("waiting for the suite")?;
                    return Ok((status, complete));
                }
            },
        }
        anyhow::ensure!(
            clock.now() - started < SUITE_LIMIT,
            "still running after {SUITE_LIMIT:?}, ended it"
        );
    }
}

/// Ends the suite and everything it started.
fn end_group(child: &mut Child) {
    // Fails when nothing of the group is left, which is what is wanted.
    let _ = Command::new("kill")
        .args(["-KILL", "--", &format!("-{}", child.id())])
        .stderr(Stdio::null())
        .status();
    let _ = child.wait();
}

/// One line a case, where people look; standard output is for rows under `--json`.
fn tell(line: &str, suite: &Suite, args: &Args) {
    let shown = format!("{}: {}", suite.client, line.trim_start_matches("CASE "));
    if args.json {
        eprintln!("{shown}");
    } else {
        println!("{shown}");
    }
}
