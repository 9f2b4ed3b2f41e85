//! The thread that carries out: the only one that writes to the engine (rule 1).

use std::{sync::Arc, thread, time::Duration};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use seawall_clock::Instant;

use super::{
    log_thread::{AbortOnPanic, LoggedCommit},
    replay,
    rows::{self, Progress},
    shared::Shared,
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
/// The write buffer may grow to this many times the size of one memtable (rule 3).
const BUFFERS: u64 = 4;
/// Milliseconds between looks at a write buffer that is too full.
const FLUSH_LOOK_MS: u64 = 5;

pub(super) struct ApplyThread {
    pub(super) shared: Arc<Shared>,
    pub(super) engine: Arc<dyn Engine>,
    pub(super) logged: Receiver<Vec<LoggedCommit>>,
    /// Bytes applied since the engine was last brought to disk.
    pub(super) dirty_bytes: u64,
    pub(super) dirty_since: Instant,
}

impl ApplyThread {
    /// Works until the log thread has ended and everything it wrote is applied.
    pub(super) fn run(mut self) {
        let _abort = AbortOnPanic;
        loop {
            let patience = self.shared.settings.checkpoint_interval();
            match self.logged.recv_timeout(patience) {
                Ok(first) => {
                    let mut commits = first;
                    for more in self.logged.try_iter().take(GROUPS) {
                        commits.extend(more);
                    }
                    self.apply(commits);
                    self.checkpoint_if_due();
                }
                Err(RecvTimeoutError::Timeout) => self.checkpoint_if_due(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.checkpoint();
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
            self.shared.metrics.engine_reopened.inc();
            let persisted = self.shared.checkpoints.last();
            match replay::reopen(&self.engine, &self.shared.log, persisted, through) {
                Ok(()) => {
                    if let Ok(view) = replay::view(self.engine.as_ref(), through) {
                        tracing::info!(through, "the state takes writes again");
                        self.shared.health.change(|obstacles| obstacles.engine = None);
                        return Some(view);
                    }
                }
                Err(reason) => tracing::warn!(%reason, "the state cannot be opened yet"),
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

    /// Lets flushing catch up. Without this a queue inside the engine can fill and
    /// stop it for good (rule 3).
    fn wait_for_flush(&mut self, applied: u64) {
        let limit = BUFFERS * self.shared.settings.memtable_bytes;
        let mut before = self.engine.write_buffer_bytes();
        // Counted in looks, not by the clock, which a test may have stopped.
        let looks_max = self.shared.settings.flush_stall_ms / FLUSH_LOOK_MS;
        let mut looks = 0;
        while before > limit {
            if looks >= looks_max {
                let stuck = EngineError::Damaged("writing tables to disk is stuck".to_owned());
                if let Some(view) = self.mend(&stuck, applied, &mut []) {
                    self.shared.publish(view);
                }
                return;
            }
            thread::sleep(Duration::from_millis(FLUSH_LOOK_MS));
            let now = self.engine.write_buffer_bytes();
            looks = if now < before { 0 } else { looks + 1 };
            before = now;
        }
        let bytes = i64::try_from(before).unwrap_or(i64::MAX);
        self.shared.metrics.write_buffer_bytes.set(bytes);
    }

    fn checkpoint_if_due(&mut self) {
        let settings = &self.shared.settings;
        let age = self.shared.clock.now().since(self.dirty_since);
        let old = self.dirty_bytes > 0 && age >= settings.checkpoint_interval();
        if self.dirty_bytes >= settings.checkpoint_bytes || old {
            self.checkpoint();
        }
    }

    /// Brings the engine to disk. The log may forget commits only after that, and
    /// learns of it with its next write.
    fn checkpoint(&mut self) {
        let applied = self.shared.view().applied;
        match self.engine.persist() {
            Ok(()) => self.shared.checkpoints.reached(applied),
            Err(error) => {
                if let Some(view) = self.mend(&error, applied, &mut []) {
                    self.shared.publish(view);
                }
            }
        }
        self.dirty_bytes = 0;
    }
}

fn give_up_waiting(commits: &mut [LoggedCommit], error: &EngineError) {
    for commit in commits {
        let Some(ack) = commit.ack.take() else { continue };
        let reason = format!("it is in the log but could not be applied yet: {error}");
        drop(ack.send(Err(CommitError::Unknown { reason })));
    }
}
