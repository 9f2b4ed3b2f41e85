//! What decides how many may be in flight.

use std::fmt;

use super::{AlgorithmSettings, WindowSample};

/// Decides the next limit from what a window measured. Plain and deterministic: it sees
/// time, load and latency in its argument and nowhere else.
pub trait LimitAlgorithm: Send + fmt::Debug {
    /// The limit after `window`; it holds until the next window ends.
    fn update(&mut self, window: &WindowSample) -> u32;

    /// Whether the limit is low on purpose, to find something out: then hardly anybody
    /// should be let in beyond it.
    fn is_measuring(&self) -> bool {
        false
    }

    /// Takes other settings over and keeps what was learnt; `None` when they are of
    /// another algorithm, or else the limit that now holds.
    fn reconfigure(&mut self, settings: &AlgorithmSettings) -> Option<u32> {
        let _ = settings;
        None
    }
}
