//! What `seawall-lab stores` says of a trial.

use serde::Deserialize;

/// One side; see `lab/src/stores/measured.rs`. What never came has no number.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Measured {
    pub(crate) served: f64,
    pub(crate) told_wrong: f64,
    pub(crate) p99_ms: f64,
    pub(crate) fast_after_ms: Option<f64>,
    pub(crate) in_flight_max: f64,
    pub(crate) reached_per_s: f64,
    pub(crate) connections: f64,
    pub(crate) recovered_ms: Option<f64>,
    pub(crate) other_p99_before_ms: f64,
    pub(crate) other_p99_ms: f64,
    pub(crate) opened_ms: Option<f64>,
    pub(crate) changes: f64,
    pub(crate) moved_ms: Option<f64>,
    pub(crate) writes_again_ms: Option<f64>,
}

/// Both sides of one trial.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Sides {
    pub(crate) guarded: Measured,
    pub(crate) control: Measured,
}
