//! One server under all of the load.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use super::measured::{Measured, Step};
use super::plan::{PATIENCE_MS, Size, Work};
use super::server::{Product, Programs};

/// The core of the generator; where there is one only, it shares that of the server.
const CORE: &str = "1";

/// What is sent to a server that is to have hardly anything to do, in parts of what it
/// should be able to do.
const HARDLY: f64 = 0.1;

/// A server's process may live so much longer than its load, in seconds.
const SPARE: f64 = 30.0;

/// What a server can do when nothing is in its way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Alone {
    /// Requests a second, at most.
    pub(crate) peak: f64,
    /// The 99th percentile when it has hardly anything to do.
    pub(crate) p99_ms: f64,
}

/// Measures what it can do.
pub(crate) fn alone(
    programs: &Programs,
    product: Product,
    work: Work,
    size: Size,
) -> anyhow::Result<Alone> {
    let server = programs.start(product, work, 2.0 * size.measure + SPARE)?;
    let seconds = size.measure;
    let hardly = format!("--step={}:{seconds}", HARDLY * work.expected());
    let unloaded = load(programs, server.address(), 0, &[hardly])?;
    let closed = format!("--closed={}:{seconds}", work.at_once());
    let loaded = load(programs, server.address(), 0, &[closed])?;
    let (Some(unloaded), Some(loaded)) = (unloaded.first(), loaded.first()) else {
        bail!("the generator printed no step");
    };
    anyhow::ensure!(loaded.goodput > 0.0, "nothing was served");
    Ok(Alone { peak: loaded.goodput, p99_ms: unloaded.p99_ms })
}

/// Puts all overloads on a new server, one after the other.
pub(crate) fn overloads(
    programs: &Programs,
    product: Product,
    work: Work,
    size: Size,
    alone: Alone,
    seed: u64,
) -> anyhow::Result<Measured> {
    let server = programs.start(product, work, size.seconds() + SPARE)?;
    let plan = size.steps();
    let arguments: Vec<String> = plan
        .iter()
        .map(|(times, seconds)| format!("--step={:.1}:{seconds}", times * alone.peak))
        .collect();
    let steps = load(programs, server.address(), seed, &arguments)?;
    anyhow::ensure!(steps.len() == plan.len(), "the generator left steps out");
    Ok(Measured::of(alone.peak, alone.p99_ms, &steps))
}

fn load(
    programs: &Programs,
    server: SocketAddr,
    seed: u64,
    arguments: &[String],
) -> anyhow::Result<Vec<Step>> {
    let output = Command::new(&programs.lab)
        .args(["on-core", CORE])
        .arg(&programs.lab)
        .arg("load")
        .arg(format!("--server={server}"))
        .arg(format!("--patience-ms={PATIENCE_MS}"))
        .arg(format!("--seed={seed}"))
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("running the generator")?;
    anyhow::ensure!(output.status.success(), "the generator ended with {}", output.status);
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).with_context(|| format!("reading `{line}`")))
        .collect()
}
