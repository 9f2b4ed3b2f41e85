//! The thread that carries out: the only one that writes to the engine (rule 1).

use std::{path::PathBuf, sync::Arc, thread, time::Duration};

use crossbeam_channel::{Receiver, Sender, never};
use seawall_clock::Instant;

use super::{
    flushing::Flushing,
    log_thread::{AbortOnPanic, LoggedCommit},
    replay,
    rows::{self, Progress},
    shared::Shared,
    upkeep::free_bytes,
    view::View,
};
use crate::{
    CommitError,
    engine::{Engine, EngineBatch, EngineError},
};

/// Groups of the log applied at once, at most.
const GROUPS: usize = 16;
/// Wait before a failed engine is tried again.
const RETRY: Duration = Duration::from_millis(100);

pub(super) struct ApplyThread {
    pub(super) shared: Arc<Shared>,
    pub(super) engine: Arc<dyn Engine>,
    pub(super) logged: Receiver<Vec<LoggedCommit>>,
    /// On the disk that may be full.
    pub(super) root: PathBuf,
    /// Tells the checkpoint thread that a checkpoint is due.
    pub(super) due: Sender<()>,
    /// How its checkpoints failed.
    pub(super) failed: Receiver<EngineError>,
    /// Bytes applied since a checkpoint was last begun.
    pub(super) dirty_bytes: u64,
    pub(super) dirty_since: Instant,
}

/// What the thread was woken for.
enum Woken {
    Logged(Vec<LoggedCommit>),
    CheckpointFailed(EngineError),
    Idle,
    Ended,
}

impl ApplyThread {
    /// Works until the log thread has ended and everything it wrote is applied.
    pub(super) fn run(mut self) {
        let _abort = AbortOnPanic;
        loop {
            match self.wait() {
                Woken::Logged(mut commits) => {
                    for more in self.logged.try_iter().take(GROUPS) {
                        commits.extend(more);
                    }
                    self.apply(commits);
                }
                Woken::CheckpointFailed(error) => self.mend_checkpoint(&error),
                Woken::Idle => {}
                Woken::Ended => break,
            }
            self.checkpoint_if_due();
        }
    }

    fn wait(&mut self) -> Woken {
        crossbeam_channel::select! {
            recv(self.logged) -> logged => logged.map_or(Woken::Ended, Woken::Logged),
            recv(self.failed) -> failed => match failed {
                Ok(error) => Woken::CheckpointFailed(error),
                Err(_) => {
                    // Only the end of that thread: not to be woken for it again.
                    self.failed = never();
                    Woken::Idle
                }
            },
            default(self.shared.settings.checkpoint_interval()) => Woken::Idle,
        }
    }

    fn apply(&mut self, mut commits: Vec<LoggedCommit>) {
        let Some(last) = commits.last() else { return };
        let progress = Progress { index: last.index, time: last.record.time() };
        if self.dirty_bytes == 0 {
            self.dirty_since = self.shared.clock.now();
        }
        let view = match self.write(&commits, progress) {
            Ok(view) => view,
            Err(error) => match self.mend(&error, progress.index, &mut commits) {
                Some(view) => view,
                None => return,
            },
        };
        self.shared.publish(view);
        self.remember(&commits);
        self.shared.applied.send_replace(progress.index);
        self.shared.metrics.commits.inc_by(commits.len() as u64);
        for commit in commits {
            let answer = commit.commit();
            if let Some(ack) = commit.ack {
                // A caller that is gone does not want to know.
                drop(ack.send(Ok(answer)));
            }
        }
        self.wait_for_flush(progress.index);
    }

    fn write(&self, commits: &[LoggedCommit], progress: Progress) -> Result<View, EngineError> {
        let mut batch = EngineBatch::default();
        for commit in commits {
            rows::write_commit(&mut batch, commit.index, &commit.record);
        }
        rows::write_progress(&mut batch, progress);
        self.engine.write(batch)?;
        replay::view(self.engine.as_ref(), progress.index)
    }

    fn remember(&mut self, commits: &[LoggedCommit]) {
        let mut recent = self.shared.recent.write();
        for commit in commits {
            self.dirty_bytes += commit.bytes as u64;
            recent.push(commit.index, commit.record.clone(), commit.bytes);
        }
    }

    /// Opens the engine anew and applies from the log what it lost, until that
    /// succeeds; callers are told when it takes too long (rule 9). `None`: the
    /// store was closed meanwhile; the log has everything.
    fn mend(
        &self,
        error: &EngineError,
        through: u64,
        commits: &mut [LoggedCommit],
    ) -> Option<View> {
        let started = self.shared.clock.now();
        tracing::error!(%error, "the state does not take writes; it is opened again");
        self.shared.health.change(|obstacles| {
            obstacles.engine = Some(format!("the state is opened again after {error}"));
        });
        loop {
            let room = self.has_room();
            self.shared.health.change(|obstacles| obstacles.engine_full = !room);
            if room && let Some(view) = self.open_again(through) {
                return Some(view);
            }
            if self.shared.health.is_closed() {
                return None;
            }
            let waited = self.shared.clock.now().since(started);
            if waited >= self.shared.settings.unknown_after() {
                give_up_waiting(commits, error);
            }
            thread::sleep(RETRY);
        }
    }

    /// Whether an engine that is opened again could work. A full disk is no reason to
    /// give up one that can still be read.
    fn has_room(&self) -> bool {
        free_bytes(&self.root).is_ok_and(|free| free >= self.shared.settings.room_bytes())
    }

    /// The state after `through`, if the engine can be opened and brought there.
    fn open_again(&self, through: u64) -> Option<View> {
        self.shared.metrics.engine_reopened.inc();
        let persisted = self.shared.checkpoints.last();
        let flushing = Flushing::of(&self.shared.settings);
        match replay::reopen(&self.engine, &self.shared.log, persisted, through, flushing) {
            Ok(()) => {
                let view = replay::view(self.engine.as_ref(), through).ok()?;
                tracing::info!(through, "the state takes writes again");
                self.shared.health.change(|obstacles| obstacles.engine = None);
                Some(view)
            }
            Err(reason) => {
                tracing::warn!(%reason, "the state cannot be opened yet");
                None
            }
        }
    }

    fn wait_for_flush(&mut self, applied: u64) {
        match Flushing::of(&self.shared.settings).wait(self.engine.as_ref()) {
            Ok(bytes) => {
                let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
                self.shared.metrics.write_buffer_bytes.set(bytes);
            }
            Err(stuck) => {
                let stuck = EngineError::Damaged(stuck.to_string());
                if let Some(view) = self.mend(&stuck, applied, &mut []) {
                    self.shared.publish(view);
                }
            }
        }
    }

    fn checkpoint_if_due(&mut self) {
        let settings = &self.shared.settings;
        let age = self.shared.clock.now().since(self.dirty_since);
        let old = self.dirty_bytes > 0 && age >= settings.checkpoint_interval();
        if (self.dirty_bytes >= settings.checkpoint_bytes || old) && self.due.try_send(()).is_ok() {
            self.dirty_bytes = 0;
        }
    }

    fn mend_checkpoint(&mut self, error: &EngineError) {
        let applied = self.shared.view().applied;
        if let Some(view) = self.mend(error, applied, &mut []) {
            self.shared.publish(view);
            // What was written anew has to reach the disk soon.
            self.dirty_bytes = self.shared.settings.checkpoint_bytes.max(1);
        }
    }
}

fn give_up_waiting(commits: &mut [LoggedCommit], error: &EngineError) {
    for commit in commits {
        let Some(ack) = commit.ack.take() else { continue };
        let reason = format!("it is in the log but could not be applied yet: {error}");
        drop(ack.send(Err(CommitError::Unknown { reason })));
    }
}
