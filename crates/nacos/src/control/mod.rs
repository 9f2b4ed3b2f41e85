//! Limits on what clients do: how often (TPS rules) and how many (connection rule).

mod barrier;
mod connections;
mod limits;
mod point;
mod rule;
mod settings;

pub(crate) use barrier::Verdict;
pub use connections::ConnectionRule;
pub use limits::Control;
pub use point::{Point, UnknownPoint};
pub use rule::{MonitorMode, Period, TpsRule};
pub use settings::ControlSettings;
