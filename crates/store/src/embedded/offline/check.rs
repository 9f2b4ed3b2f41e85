//! Reads through everything in a store.

use std::{num::NonZeroU64, path::Path, sync::Arc, time::Duration};

use seawall_clock::{Clock, Instant};

use super::{OfflineError, OfflineProgress};
use crate::{
    Revision,
    embedded::{
        directory::is_store,
        scrub::{Pace, Scrub, ScrubEffect},
        settings::StoreSettings,
        startup::start,
    },
};

/// Damaged places that are told; more are counted.
const TOLD_MAX: usize = 1_000;

/// What reading through everything came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// The last commit.
    pub revision: Revision,
    /// The oldest commit that is kept as history.
    pub history_from: Revision,
    /// Bytes read.
    pub bytes: u64,
    /// Damaged places.
    pub damaged: usize,
    /// The first of them in words, with what can be done about each.
    pub places: Vec<String>,
}

/// Opens the store in `dir` as a start does, which also mends what a start mends, and
/// reads through everything in it.
///
/// # Errors
/// A folder without a store, in use, of a newer version, or that cannot be opened.
pub fn check(
    dir: &Path,
    settings: StoreSettings,
    clock: Arc<dyn Clock>,
    tell: &mut dyn FnMut(OfflineProgress),
) -> Result<CheckReport, OfflineError> {
    if !is_store(dir) {
        return Err(OfflineError::NotAStore { path: dir.to_owned() });
    }
    let started = start(dir, settings, clock)?;
    let shared = &started.shared;
    let view = shared.view();
    let first = shared.log.first();
    let mut report = CheckReport {
        revision: view.revision(),
        history_from: Revision::new(first.unwrap_or(1)),
        ..CheckReport::default()
    };
    let pace = Pace { bytes_per_second: NonZeroU64::MAX, pause: Duration::ZERO };
    let mut scrub = Scrub::new(pace, Instant::default());
    let mut ended = false;
    while !ended {
        for effect in scrub.step(scrub.due(), &view, &shared.log) {
            match effect {
                ScrubEffect::Read(bytes) => report.bytes += bytes,
                ScrubEffect::Found(damage) if report.places.len() < TOLD_MAX => {
                    report.places.push(format!("{damage}; {}", damage.remedy(first == Some(1))));
                }
                ScrubEffect::Found(_) => {}
                ScrubEffect::PassEnded { damaged } => {
                    report.damaged = damaged;
                    ended = true;
                }
            }
        }
        tell(OfflineProgress { done_bytes: report.bytes, total_bytes: None });
    }
    started.engine.close();
    shared.log.close();
    Ok(report)
}
