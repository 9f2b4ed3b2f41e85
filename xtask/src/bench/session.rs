//! All phases of one product, one server after the other.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use indicatif::ProgressBar;
use seawall_clock::{Clock as _, SystemClock};
use serde::Deserialize;

use super::plan::{Answer, Phase};
use crate::report;
use crate::server::{Launch, Product, Server};

/// Between "ready" and the load: the peer is ready before its log has a leader, which
/// takes up to five seconds, and what it acknowledges until then is lost at a restart.
const BREATH: Duration = Duration::from_secs(6);

/// How long a restarted server may take until it has its data.
const RESTART_PATIENCE: Duration = Duration::from_secs(120);

/// One number with its name, as the load program prints them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Measure {
    /// For example `register.grpc.p99_ms`.
    pub(crate) name: String,
    /// In the unit that the name says.
    pub(crate) value: f64,
}

/// What one product was measured to do.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// All measurements, in the order they were made.
    pub(crate) measures: Vec<Measure>,
    /// Phases that ended with an error.
    pub(crate) failures: Vec<String>,
}

/// A product ready to be measured.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    /// Which product it is.
    pub(crate) product: Product,
    /// Its program.
    pub(crate) binary: PathBuf,
    /// The load program.
    pub(crate) load: &'a Path,
    /// Where servers keep their data and logs; emptied before each phase.
    pub(crate) folder: PathBuf,
}

impl Session<'_> {
    /// Runs every phase, also after one failed.
    pub(crate) fn run(&self, phases: &[Phase], progress: &ProgressBar) -> Measured {
        let mut measured = Measured::default();
        for phase in phases {
            let name = phase.arguments.join(" ");
            progress.set_message(format!("{}: {name}", self.product.name()));
            if let Err(error) = self.phase(phase, &mut measured.measures) {
                progress.suspend(|| eprintln!("{}: {name}: {error:#}", self.product.name()));
                measured.failures.push(format!("{name}: {error:#}"));
            }
            progress.inc(1);
        }
        measured
    }

    fn phase(&self, phase: &Phase, measures: &mut Vec<Measure>) -> anyhow::Result<()> {
        if self.folder.exists() {
            std::fs::remove_dir_all(&self.folder).context("emptying the folder of a phase")?;
        }
        std::fs::create_dir_all(&self.folder).context("making the folder of a phase")?;
        let launch = Launch::new(self.product, &self.binary, &self.folder.join("data"))?;
        let mut server = launch.start()?;
        if !measures.iter().any(|measure| measure.name == "startup.empty_ms") {
            measures.push(milliseconds("startup.empty_ms", server.startup()));
        }
        std::thread::sleep(BREATH);
        let found = self.load(&server, &phase.arguments)?;
        server.require_alive()?;
        let fresh: Vec<Measure> = found
            .into_iter()
            .filter(|found| !measures.iter().any(|known| known.name == found.name))
            .collect();
        measures.extend(fresh);
        server.kill()?;
        if let Some(answer) = &phase.restart {
            measures.push(restart(&launch, answer)?);
        }
        Ok(())
    }

    fn load(&self, server: &Server, arguments: &[String]) -> anyhow::Result<Vec<Measure>> {
        let output = Command::new(self.load)
            .args(arguments)
            .args(["--http-port", &server.http_port().to_string()])
            .args(["--grpc-port", &server.grpc_port().to_string()])
            .args(["--pid", &server.pid().to_string()])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .output()
            .context("running the load program")?;
        let complaints = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!("the load failed with {}: {}", output.status, complaints.trim());
        }
        if !complaints.trim().is_empty() {
            eprintln!("{}: {}", self.product.name(), complaints.trim());
        }
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(|line| serde_json::from_str(line).with_context(|| format!("reading {line}")))
            .collect()
    }
}

/// From the start of the process on existing data to the first answer that shows it.
fn restart(launch: &Launch, answer: &Answer) -> anyhow::Result<Measure> {
    let clock = SystemClock::default();
    let started = clock.now();
    let server = launch.start()?;
    let url = format!("{}{}", server.url(), answer.path);
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(5))).build().into();
    loop {
        let body = agent.get(&url).call().and_then(|mut reply| reply.body_mut().read_to_string());
        if body.is_ok_and(|body| body.matches(answer.text).count() == answer.times) {
            let took = clock.now() - started;
            server.kill()?;
            return Ok(milliseconds(&answer.name, took));
        }
        if clock.now() - started > RESTART_PATIENCE {
            bail!("no right answer after a restart on stored data");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn milliseconds(name: &str, took: Duration) -> Measure {
    Measure { name: name.to_owned(), value: report::milliseconds(took) }
}
