//! How often an operation may happen.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What happens over the limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MonitorMode {
    /// It is counted, and done.
    #[default]
    Monitor,
    /// It is refused.
    Intercept,
}

/// The time over which operations are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Period {
    /// One second.
    #[default]
    Seconds,
    /// One minute.
    Minutes,
    /// One hour.
    Hours,
}

impl Period {
    /// Its length.
    pub const fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Seconds => 1,
            Self::Minutes => 60,
            Self::Hours => 3_600,
        })
    }
}

/// The limit of one operation on this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct TpsRule {
    /// How many are let through in one period.
    pub max_count: u32,
    /// The period: `SECONDS` (default), `MINUTES` or `HOURS`.
    #[serde(default)]
    pub period: Period,
    /// `monitor` (default) or `intercept`.
    #[serde(default)]
    pub monitor: MonitorMode,
}
