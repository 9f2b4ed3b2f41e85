//! What a load measured, as lines of JSON.

use serde::Serialize;

use crate::pace::Outcome;
use crate::watched::as_f64;

/// One number with its name, for example `register.grpc.p99_ms`. The name's last
/// part says the unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Measure {
    name: String,
    value: f64,
}

/// All that one load measured.
#[derive(Debug, Default)]
pub(crate) struct Measures(Vec<Measure>);

impl Measures {
    /// Adds a number.
    pub(crate) fn add(&mut self, name: impl Into<String>, value: f64) {
        self.0.push(Measure { name: name.into(), value });
    }

    /// Adds what a paced run measured: operations per second of the server's
    /// processor time, latencies, and failures.
    pub(crate) fn add_paced(&mut self, name: &str, outcome: &Outcome) {
        self.add(format!("{name}.per_s"), outcome.per_second());
        self.add(format!("{name}.per_cpu_s"), outcome.per_processor_second());
        for (label, quantile) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999)] {
            self.add(format!("{name}.{label}_ms"), outcome.quantile_ms(quantile));
        }
        self.add(format!("{name}.failed"), as_f64(outcome.failed()));
    }

    /// Adds the highest rate that was reached and what it cost.
    pub(crate) fn add_peak(&mut self, name: &str, outcome: &Outcome) {
        self.add(format!("{name}.peak_per_s"), outcome.per_second());
        self.add(format!("{name}.peak_per_cpu_s"), outcome.per_processor_second());
        self.add(format!("{name}.peak_failed"), as_f64(outcome.failed()));
    }

    /// Adds an amount of memory in mebibytes.
    pub(crate) fn add_mib(&mut self, name: impl Into<String>, bytes: u64) {
        self.add(name, as_f64(bytes) / (1024.0 * 1024.0));
    }

    /// Prints one JSON object a line.
    pub(crate) fn print(&self) -> anyhow::Result<()> {
        for measure in &self.0 {
            println!("{}", serde_json::to_string(measure)?);
        }
        Ok(())
    }
}
