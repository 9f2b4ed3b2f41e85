//! Breaks each store in every way and compares.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use indicatif::ProgressBar;

use super::asked;
use super::finding::{self, Finding};
use super::measured::Sides;
use super::plan::{Size, Store, Trial};
use super::servers::{Servers, missing};
use crate::lab::server::option;
use crate::lab::{Args, record};
use crate::progress;
use crate::workspace::{self, Workspace};

/// Everything that lives through all rounds.
struct Lab {
    program: PathBuf,
    size: fn(Trial) -> Size,
    rounds: u32,
    progress: ProgressBar,
}

/// Runs all rounds of all trials.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    let program = workspace.release_binary("seawall-lab", "seawall-lab")?;
    let rounds = args.rounds.unwrap_or(1);
    let trials = u64::try_from(Store::ALL.len() * Trial::ALL.len())?;
    let lab = Lab {
        program,
        size: if args.quick { Size::quick } else { Size::full },
        rounds,
        progress: progress::bar(trials * u64::from(rounds))?,
    };
    let findings: Vec<Finding> = Store::ALL.into_iter().flat_map(|store| lab.all(store)).collect();
    lab.progress.finish_and_clear();
    if args.json {
        for finding in &findings {
            println!("{}", serde_json::to_string(finding)?);
        }
    } else {
        print!("{}", finding::table(&findings));
    }
    if args.record {
        let kept = record::record(workspace, "stores", &finding::table(&findings))?;
        eprintln!("kept in {}", kept.display());
    }
    let missed = findings.iter().filter(|finding| !finding.met).count();
    if args.check && missed > 0 {
        bail!("{missed} of {} missed", findings.len());
    }
    Ok(())
}

impl Lab {
    /// All trials of one store.
    fn all(&self, store: Store) -> Vec<Finding> {
        if let Some((program, package)) = missing(store) {
            self.progress.inc(u64::from(self.rounds) * Trial::ALL.len() as u64);
            let why = format!("skipped, there is no {program} (package {package})");
            return vec![Finding::without(store, "all of it", why, !workspace::on_ci())];
        }
        let mut measured = Trial::ALL.map(|trial| (trial, Vec::new()));
        let mut failures = Vec::new();
        for _ in 0..self.rounds {
            if let Err(error) = self.round(store, &mut measured) {
                failures.push(Finding::without(store, "failed", format!("{error:#}"), false));
            }
        }
        let measured = measured.iter().filter(|(_, rounds)| !rounds.is_empty());
        let found = measured.flat_map(|(trial, rounds)| asked::findings(store, *trial, rounds));
        found.chain(failures).collect()
    }

    /// Each trial once, on new servers.
    fn round(&self, store: Store, measured: &mut [(Trial, Vec<Sides>)]) -> anyhow::Result<()> {
        self.progress.set_message(format!("{}: starting it", store.name()));
        let servers = Servers::start(store, &self.program)?;
        for (trial, rounds) in measured {
            self.progress.set_message(format!("{}: {}", store.name(), trial.title()));
            let sides = self.one(store, *trial, &servers);
            rounds.push(sides.with_context(|| trial.title())?);
            self.progress.inc(1);
        }
        Ok(())
    }

    fn one(&self, store: Store, trial: Trial, servers: &Servers) -> anyhow::Result<Sides> {
        let size = (self.size)(trial);
        let mut command = Command::new(&self.program);
        command
            .args(["with-parent"])
            .arg(&self.program)
            .arg("stores")
            .arg(option("store", store.name()))
            .arg(option("trial", trial.name()))
            .arg(option("before-ms", size.before))
            .arg(option("during-ms", size.during))
            .arg(option("after-ms", size.after));
        if let Some([primary, other]) = servers.addresses() {
            command.arg(option("primary", primary)).arg(option("other", other));
        }
        let output = command
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .context("running seawall-lab")?;
        anyhow::ensure!(output.status.success(), "seawall-lab ended with {}", output.status);
        let line = String::from_utf8_lossy(&output.stdout);
        serde_json::from_str(&line).with_context(|| format!("reading `{}`", line.trim()))
    }
}
