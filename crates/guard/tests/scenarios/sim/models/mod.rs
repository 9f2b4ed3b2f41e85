//! Admission as peers do it, written from their published formulas and constants, to
//! stand beside ours in every scenario.

mod dagor;
mod gozero;
mod sentinel;
mod static_cap;

pub(crate) use dagor::Dagor;
pub(crate) use gozero::GoZero;
pub(crate) use sentinel::{Rule, Sentinel};
pub(crate) use static_cap::StaticCap;
