//! What the machine says at one moment.

use std::time::Duration;

use super::{Memory, Pressure, Source};

/// What is new since the last time; `None` where nothing is, because it was not asked,
/// did not answer, or answered what makes no sense. Never zero for want of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Readings {
    /// The share that was used of what this process may use of the CPU, and who measured
    /// it. For moments above 1, where a quota's periods and ours do not coincide.
    pub cpu: Option<(f64, Source)>,
    /// Processors' worth of time this process may use.
    pub cpu_limit: Option<f64>,
    /// The share that was used, by anybody, of the processors this process may run on.
    pub host_cpu: Option<f64>,
    /// Pressure on the processors.
    pub pressure: Option<Pressure>,
    /// How late tasks ran. Not the sensors' but the canaries' word.
    pub delay: Option<Duration>,
    /// The memory this process may use.
    pub memory: Option<Memory>,
    /// Pressure on the memory.
    pub memory_pressure: Option<Pressure>,
}
