//! A second attempt before the first one has failed.

mod call;
mod hedging;
mod latency;
mod settings;

pub use hedging::{Hedge, HedgeEvent, HedgeNext, Hedging, Lane};
pub use settings::HedgeSettings;
