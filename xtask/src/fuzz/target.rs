//! One target: its inputs, its run, and what it leaves behind.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use indicatif::ProgressBar;

use super::build::Program;
use super::outcome::{Outcome, Seen};
use crate::workspace::Workspace;

/// Names the target to the program.
pub(crate) const VARIABLE: &str = "SEAWALL_FUZZ_TARGET";

/// An input that takes longer is a finding, in seconds: no parser may.
const INPUT_SECONDS_MAX: u32 = 10;

/// A process that takes more memory is a finding, in MiB.
const MEMORY_MIB_MAX: u32 = 1024;

/// Longest input that is tried.
const INPUT_BYTES_MAX: u32 = 4096;

/// How long to look, and where to begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Search {
    pub(crate) time: Duration,
    /// Begin with the committed inputs alone, not with what earlier runs found.
    pub(crate) fresh: bool,
}

/// One target and its folders.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    /// Committed: `fuzz/corpus/NAME`, `fuzz/regressions/NAME`, `fuzz/words/NAME`.
    seeds: PathBuf,
    regressions: PathBuf,
    words: PathBuf,
    /// Below the target folder: what runs found, and what they say.
    found: PathBuf,
    fresh: PathBuf,
    crashes: PathBuf,
    log: PathBuf,
    /// For files that a target writes.
    scratch: PathBuf,
}

impl Target {
    pub(crate) fn new(workspace: &Workspace, name: &str) -> Self {
        let committed = workspace.root().join("fuzz");
        let left = workspace.target().join("fuzz");
        Self {
            name: name.to_owned(),
            seeds: committed.join("corpus").join(name),
            regressions: committed.join("regressions").join(name),
            words: committed.join("words").join(name),
            found: left.join("corpus").join(name),
            fresh: left.join("fresh").join(name),
            crashes: left.join("crashes").join(name),
            log: left.join("logs").join(format!("{name}.log")),
            scratch: left.join("scratch"),
        }
    }

    /// Replays every committed input, then looks for more until the time is over.
    pub(crate) fn run(
        &self,
        program: &Program,
        search: Search,
        progress: &ProgressBar,
    ) -> anyhow::Result<Outcome> {
        self.make_folders(search.fresh)?;
        let mut log = File::create(&self.log).context("opening the target's log")?;
        let mut committed = inputs(&self.regressions)?;
        committed.extend(inputs(&self.seeds)?);
        anyhow::ensure!(!committed.is_empty(), "{} has no inputs to begin with", self.name);
        let mut replay = self.command(program);
        replay.args(&committed);
        let replayed = follow(&mut replay, &mut log, |_| {})?;
        if let Some(how) = &replayed.failed {
            progress.inc(millis(search.time));
            let input = replayed.running.clone().map(PathBuf::from);
            return Ok(Outcome::crashed(&self.name, &replayed, how, input, &self.log));
        }
        self.search(program, search, progress, &mut log)
    }

    fn search(
        &self,
        program: &Program,
        search: Search,
        progress: &ProgressBar,
        log: &mut File,
    ) -> anyhow::Result<Outcome> {
        let grown = if search.fresh { &self.fresh } else { &self.found };
        let mut command = self.command(program);
        command
            .arg(format!("-max_total_time={}", search.time.as_secs().max(1)))
            .arg(format!("-max_len={INPUT_BYTES_MAX}"))
            .args(["-print_final_stats=1", "-len_control=20"])
            .arg(grown)
            .arg(&self.seeds);
        if self.regressions.is_dir() {
            command.arg(&self.regressions);
        }
        if self.words.is_file() {
            command.arg(format!("-dict={}", self.words.display()));
        }
        progress.set_message(self.name.clone());
        let seen = follow(&mut command, log, |seen| progress.set_message(seen.shown(&self.name)))?;
        progress.inc(millis(search.time));
        let Some(how) = &seen.failed else { return Ok(Outcome::passed(&self.name, &seen)) };
        let input = seen.written.clone().map(PathBuf::from);
        Ok(Outcome::crashed(&self.name, &seen, how, input, &self.log))
    }

    /// Gives it one input, with everything it says on our standard error.
    pub(crate) fn replay(&self, program: &Program, input: &Path) -> anyhow::Result<()> {
        anyhow::ensure!(input.is_file(), "{} is not a file", input.display());
        self.make_folders(false)?;
        let mut command = self.command(program);
        command.arg(input);
        crate::command::run(&mut command)
    }

    fn command(&self, program: &Program) -> Command {
        let mut command = program.command(&self.name);
        command
            .env("TMPDIR", &self.scratch)
            .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
            .arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}"))
            .arg(format!("-artifact_prefix={}/", self.crashes.display()));
        command
    }

    fn make_folders(&self, fresh: bool) -> anyhow::Result<()> {
        if fresh && self.fresh.exists() {
            std::fs::remove_dir_all(&self.fresh).context("emptying the fresh corpus")?;
        }
        let logs = self.log.parent().context("a log lies in a folder")?;
        for folder in [self.found.as_path(), &self.fresh, &self.crashes, &self.scratch, logs] {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("making {}", folder.display()))?;
        }
        Ok(())
    }
}

/// Runs libFuzzer to its end, and keeps all it says in `log`.
fn follow(
    command: &mut Command,
    log: &mut File,
    mut tell: impl FnMut(&Seen),
) -> anyhow::Result<Seen> {
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("starting the fuzzer")?;
    let mut output = BufReader::new(child.stderr.take().context("the fuzzer has no output")?);
    let mut seen = Seen::default();
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line).context("reading what the fuzzer says")? > 0 {
        log.write_all(&line).context("writing the target's log")?;
        if seen.take(String::from_utf8_lossy(&line).trim_end()) {
            tell(&seen);
        }
        line.clear();
    }
    let status = child.wait().context("waiting for the fuzzer")?;
    if !status.success() {
        seen.failed = Some(seen.complaint.clone().unwrap_or_else(|| status.to_string()));
    }
    Ok(seen)
}

/// The files of a folder, sorted; none when there is no such folder.
fn inputs(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))?
    {
        let path = entry.context("listing inputs")?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
