//! The thread that tidies up: removes old log files and watches free space.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::{
    log_thread::AbortOnPanic,
    shared::Shared,
    space::{SpaceEffect, SpaceWatch},
};

/// Ticks from one look to the next.
const LOOK_EVERY: u32 = 10;

pub(super) struct UpkeepThread {
    shared: Arc<Shared>,
    root: PathBuf,
    reserve: PathBuf,
    space: SpaceWatch,
    /// Closed when the store is.
    stop: Receiver<()>,
}

impl UpkeepThread {
    pub(super) fn new(
        shared: Arc<Shared>,
        root: &Path,
        reserve: PathBuf,
        stop: Receiver<()>,
    ) -> Self {
        let settings = &shared.settings;
        let space =
            SpaceWatch::new(settings.space_low_bytes, settings.reserve_bytes, reserve.exists());
        Self { shared, root: root.to_owned(), reserve, space, stop }
    }

    /// Works until the store is closed.
    pub(super) fn run(mut self) {
        let _abort = AbortOnPanic;
        let patience = self.shared.settings.tick() * LOOK_EVERY;
        while self.stop.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            self.look_at_space();
            self.purge();
        }
    }

    /// Looks at free space once, so that the first write already knows.
    pub(super) fn look_at_space(&mut self) {
        let free = match free_bytes(&self.root) {
            Ok(free) => free,
            Err(error) => {
                tracing::warn!(%error, "free space is not known");
                return;
            }
        };
        self.shared.metrics.free_bytes.set(i64::try_from(free).unwrap_or(i64::MAX));
        let mut full = false;
        self.shared.health.change(|obstacles| full = obstacles.log_full || obstacles.engine_full);
        for effect in self.space.handle(free, full) {
            tracing::info!(?effect, free, "free space");
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: SpaceEffect) {
        match effect {
            SpaceEffect::SetLow(low) => {
                self.shared.health.change(|obstacles| obstacles.low_space = low);
            }
            SpaceEffect::GiveUpReserve => {
                if let Err(error) = fs::remove_file(&self.reserve) {
                    tracing::warn!(%error, "the reserve cannot be removed");
                }
            }
            SpaceEffect::MakeReserve => {
                match make_reserve(&self.reserve, self.shared.settings.reserve_bytes) {
                    Ok(()) => self.space.reserve_made(),
                    Err(error) => tracing::warn!(%error, "the reserve cannot be made"),
                }
            }
        }
    }

    fn purge(&self) {
        if let Err(error) = self.shared.log.purge() {
            tracing::warn!(?error, "old log files cannot be removed");
        }
        let metrics = &self.shared.metrics;
        let gauge = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        metrics.log_bytes.set(gauge(self.shared.log.used_bytes()));
        metrics.log_syncs.set(gauge(self.shared.log.syncs()));
    }
}

/// Bytes free on the disk that a path is on.
pub(super) fn free_bytes(path: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn make_reserve(path: &Path, bytes: u64) -> io::Result<()> {
    let file = File::create(path)?;
    // Really taken from the disk, not only promised.
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes)?;
    Ok(())
}
