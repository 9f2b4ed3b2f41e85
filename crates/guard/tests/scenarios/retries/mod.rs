//! What retries do to a service that fails, and to one that could be well again.

mod caller;
mod degraded;
mod metastable;
mod storm;

use std::ops::Range;

use seawall_guard::Instant;

use crate::sim::{Report, second};

/// The seconds after `end` until from then on, for half a minute, 99 of 100 calls of each
/// second succeed; `None` if they never do.
fn recovery(report: &Report, end: f64) -> Option<u32> {
    let is_well = |after: u32| report.success(second_after(end, after)) >= 0.99;
    let ill = (0..30).rev().find(|after| !is_well(*after));
    let well = ill.map_or(0, |after| after + 1);
    (well < 30).then_some(well)
}

fn second_after(end: f64, after: u32) -> Range<Instant> {
    let from = end + f64::from(after);
    second(from)..second(from + 1.0)
}
