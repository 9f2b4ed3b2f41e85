//! The thread that brings the state to disk, so that no writer waits for it.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use super::{log_thread::AbortOnPanic, shared::Shared};
use crate::engine::{Engine, EngineError};

pub(super) struct CheckpointThread {
    pub(super) shared: Arc<Shared>,
    pub(super) engine: Arc<dyn Engine>,
    /// Told when a checkpoint is due; closed when everything is applied.
    pub(super) due: Receiver<()>,
    /// Where a failure goes: the apply thread opens the engine anew.
    pub(super) failed: Sender<EngineError>,
}

impl CheckpointThread {
    /// Works until everything is applied, and brings that to disk too.
    pub(super) fn run(self) {
        let _abort = AbortOnPanic;
        while self.due.recv().is_ok() {
            if let Err(error) = self.checkpoint() {
                // One failure that waits to be seen to is enough.
                drop(self.failed.try_send(error));
            }
        }
        if let Err(error) = self.checkpoint() {
            tracing::warn!(%error, "the state is not on disk; the next start applies the log");
        }
    }

    /// Brings the state to disk. The log may forget commits only after that (rule 6),
    /// and learns of it with its next write.
    fn checkpoint(&self) -> Result<(), EngineError> {
        // Asked before: what is applied meanwhile may or may not be on disk.
        let applied = self.shared.view().applied;
        self.engine.persist()?;
        self.shared.checkpoints.reached(applied);
        Ok(())
    }
}
