//! What one operation was measured to cost.

use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::command;

/// One operation, as `crates/guard/benches/timing.rs` prints it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Cost {
    /// The bench it is of, or `peers`.
    pub(crate) bench: String,
    /// What was done.
    pub(crate) what: String,
    /// Nanoseconds that it may take with one thread, where something is asked.
    pub(crate) budget: Option<f64>,
    /// Nanoseconds an operation and thread, with one thread and with two; nothing where
    /// the peer's own loop has one thread only.
    pub(crate) nanos: [Option<f64>; 2],
    /// Allocations of a thousand operations.
    pub(crate) allocations: f64,
}

/// Runs a bench and reads what it prints.
pub(crate) fn of_bench(bench: &mut Command) -> anyhow::Result<Vec<Cost>> {
    let printed = output(bench)?;
    printed
        .lines()
        .map(|line| serde_json::from_str(line).with_context(|| format!("reading `{line}`")))
        .collect()
}

/// Runs a program and returns what it printed; what it says of errors goes to ours.
pub(crate) fn output(program: &mut Command) -> anyhow::Result<String> {
    let shown = command::shown(program);
    eprintln!("+ {shown}");
    let output = program
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("starting `{shown}`"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("`{shown}` failed with {}: {}", output.status, printed.trim());
    }
    Ok(printed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_bench_is_read() {
        let line = r#"{"bench":"rate","what":"RateLimit, passes","budget":50.0,"nanos":[19.5,30.0],"allocations":0}"#;
        let costs = of_bench(Command::new("echo").arg(line)).unwrap();
        assert_eq!(costs.first().unwrap().nanos, [Some(19.5), Some(30.0)]);
    }

    #[test]
    fn a_bench_that_fails_is_an_error_with_what_it_said() {
        let mut bench = Command::new("sh");
        let error = of_bench(bench.args(["-c", "echo oh; exit 2"])).unwrap_err().to_string();
        assert!(error.contains("oh"), "{error}");
    }
}
