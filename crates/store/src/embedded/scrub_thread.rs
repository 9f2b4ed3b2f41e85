//! The thread that reads through everything stored, at the pace [`Scrub`] sets.

use std::{sync::Arc, time::Duration};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::{
    log_thread::AbortOnPanic,
    scrub::{Damage, Scrub, ScrubEffect},
    shared::Shared,
};

/// Begun only then, since a start has more urgent things to read.
const FIRST_AFTER: Duration = Duration::from_secs(60);
/// The longest wait before the time is asked again; a test may move it.
const LOOK: Duration = Duration::from_secs(1);
/// Damaged places told one by one; more are only counted.
const TOLD_MAX: u64 = 20;

pub(super) struct ScrubThread {
    pub(super) shared: Arc<Shared>,
    /// Closed when the store is.
    pub(super) stop: Receiver<()>,
}

impl ScrubThread {
    /// Works until the store is closed, or not at all where it is turned off.
    pub(super) fn run(self) {
        let _abort = AbortOnPanic;
        let Some(pace) = self.shared.settings.scrub() else { return };
        let mut scrub = Scrub::new(pace, self.shared.clock.now() + FIRST_AFTER);
        let mut told = 0;
        loop {
            let patience = scrub.due().since(self.shared.clock.now()).min(LOOK);
            if self.stop.recv_timeout(patience) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let (now, view) = (self.shared.clock.now(), self.shared.view());
            for effect in scrub.step(now, &view, &self.shared.log) {
                self.carry_out(effect, &mut told);
            }
        }
    }

    fn carry_out(&self, effect: ScrubEffect, told: &mut u64) {
        let metrics = &self.shared.metrics;
        match effect {
            ScrubEffect::Read(bytes) => {
                metrics.scrubbed_bytes.inc_by(bytes);
            }
            ScrubEffect::Found(damage) => {
                metrics.damaged.inc();
                self.shared.health.change(|obstacles| obstacles.damaged += 1);
                *told += 1;
                if *told <= TOLD_MAX {
                    self.tell(&damage);
                }
            }
            ScrubEffect::PassEnded { damaged } => {
                metrics.scrub_passes.inc();
                metrics.damaged.set(i64::try_from(damaged).unwrap_or(i64::MAX));
                self.shared.health.change(|obstacles| obstacles.damaged = damaged);
                if damaged > 0 {
                    tracing::error!(damaged, "the store has damaged places");
                }
                *told = 0;
            }
        }
    }

    fn tell(&self, damage: &Damage) {
        let whole_log = self.shared.log.first() == Some(1);
        let remedy = damage.remedy(whole_log);
        tracing::error!(%damage, remedy, "stored data is damaged");
    }
}
