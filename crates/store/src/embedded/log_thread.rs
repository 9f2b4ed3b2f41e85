//! The thread that decides: takes a group of writes, plans them and brings them to
//! disk with one sync.

use std::{
    sync::{Arc, atomic::Ordering},
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use raft_proto::eraftpb::Entry;
use seawall_clock::Instant;
use tokio::sync::oneshot;

use super::{
    commit_record::CommitRecord,
    planner::{Planned, Planner},
    shared::Shared,
};
use crate::{
    Batch, Commit, CommitError, Lease, LeaseId, Revision,
    lessor::{LeaseEffect, LeaseEvent},
    log::{History, LogError, Upkeep},
};

/// Wait before the log is tried again after it failed.
const RETRY: Duration = Duration::from_millis(50);

/// Where the answer to a write goes.
pub(super) type Ack = oneshot::Sender<Result<Commit, CommitError>>;

/// A write that waits to be decided.
pub(super) struct Submission {
    pub(super) request: Request,
    /// Its size, as counted in the queue.
    pub(super) bytes: usize,
    pub(super) ack: Ack,
}

/// What is asked for.
pub(super) enum Request {
    Batch(Batch),
    Grant { ttl_ms: u64 },
    End(LeaseId),
}

/// A commit that is on disk in the log.
pub(super) struct LoggedCommit {
    pub(super) index: u64,
    pub(super) record: Arc<CommitRecord>,
    pub(super) bytes: usize,
    pub(super) ack: Option<Ack>,
}

/// Ends the process when a thread panics. The log may call writes durable after
/// another's failed sync unwound (rule 5), and a store without its threads would
/// leave callers waiting.
pub(super) struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            std::process::abort();
        }
    }
}

pub(super) struct LogThread {
    pub(super) shared: Arc<Shared>,
    pub(super) requests: Receiver<Submission>,
    pub(super) apply: Sender<Vec<LoggedCommit>>,
    pub(super) planner: Planner,
    pub(super) history: History,
    pub(super) gathering: Gathering,
}

/// How long to wait for more writes to join a group.
///
/// Callers of the last group are being answered just now, and those that write one
/// thing after the other come back at once. Without waiting for them they would
/// split into two halves, each waiting for the other's sync; so a part of the time
/// a sync takes is spent on getting them into one group.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    /// Writes of the last group.
    last_group: usize,
    /// What a sync takes, about.
    sync: Duration,
}

impl Gathering {
    /// The longest wait, however slow the disk is.
    const LONGEST: Duration = Duration::from_millis(1);

    fn patience(&self) -> Duration {
        (self.sync / 4).min(Self::LONGEST)
    }

    fn synced(&mut self, group: usize, took: Duration) {
        self.last_group = group;
        self.sync = (self.sync * 3 + took) / 4;
    }
}

impl LogThread {
    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let _abort = AbortOnPanic;
        let mut marked = self.shared.log.persisted();
        while let Some(group) = self.take() {
            let mut planned = self.plan(group);
            if planned.is_empty() {
                continue;
            }
            let entries: Vec<_> =
                planned.iter().map(|(planned, _)| planned.record.to_entry(planned.index)).collect();
            let started = self.shared.clock.now();
            let checkpoints = &self.shared.checkpoints;
            let persisted = Some(checkpoints.last()).filter(|last| *last > marked);
            let keep_from = self.history.compact(checkpoints.not_needed());
            if !self.write(&entries, Upkeep { persisted, keep_from }, &mut planned) {
                return;
            }
            marked = persisted.unwrap_or(marked);
            let took = self.shared.clock.now().since(started);
            self.gathering.synced(planned.len(), took);
            self.hand_over(planned, &entries);
        }
    }

    /// The next group; empty when only time has passed, `None` when the store closes.
    fn take(&mut self) -> Option<Vec<Submission>> {
        let expected = self.requests.len() + self.gathering.last_group;
        let first = match self.patience() {
            Some(patience) => match self.requests.recv_timeout(patience) {
                Ok(first) => first,
                Err(RecvTimeoutError::Timeout) => return Some(Vec::new()),
                Err(RecvTimeoutError::Disconnected) => return None,
            },
            None => self.requests.recv().ok()?,
        };
        let settings = &self.shared.settings;
        let mut bytes = first.bytes;
        let mut group = vec![first];
        let until = self.shared.clock.now() + self.gathering.patience();
        while group.len() < settings.group_requests && bytes < settings.group_bytes {
            let next = self.requests.try_recv().ok().or_else(|| {
                let left = until.since(self.shared.clock.now());
                let wait = group.len() < expected && !left.is_zero();
                wait.then(|| self.requests.recv_timeout(left).ok()).flatten()
            });
            let Some(next) = next else { break };
            bytes += next.bytes;
            group.push(next);
        }
        self.shared.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.shared.metrics.waiting.set(i64::try_from(self.requests.len()).unwrap_or(i64::MAX));
        Some(group)
    }

    /// How long to wait for writes before leases are looked at again.
    fn patience(&self) -> Option<Duration> {
        let deadline = self.shared.lessor.lock().next_deadline()?;
        Some(deadline.since(self.shared.clock.now()).min(self.shared.settings.tick()))
    }

    fn plan(&mut self, group: Vec<Submission>) -> Vec<(Planned, Option<Ack>)> {
        let view = self.shared.view();
        self.planner.applied(view.applied);
        let mut planned = Vec::with_capacity(group.len());
        for submission in group {
            let wall = self.shared.clock.wall();
            let plan = match submission.request {
                Request::Batch(batch) => self.planner.batch(view.as_ref(), wall, batch),
                Request::Grant { ttl_ms } => Ok(self.planner.grant(wall, ttl_ms)),
                Request::End(lease) => self.planner.end(view.as_ref(), wall, lease),
            };
            match plan {
                Ok(plan) => planned.push((plan, Some(submission.ack))),
                // A caller that is gone does not want to know.
                Err(refusal) => drop(submission.ack.send(Err(refusal))),
            }
        }
        for lease in self.due() {
            // A lease that was just revoked is not known any more; one whose keys
            // cannot be read now ends at a later tick.
            if let Ok(plan) = self.planner.end(view.as_ref(), self.shared.clock.wall(), lease) {
                planned.push((plan, None));
            }
        }
        planned
    }

    fn due(&self) -> Vec<LeaseId> {
        let mut lessor = self.shared.lessor.lock();
        // Read under the lock: no keep-alive with an earlier time can come after.
        let effects = lessor.handle(self.shared.clock.now(), LeaseEvent::Tick);
        let end = |effect| match effect {
            LeaseEffect::End(lease) => Some(lease),
            LeaseEffect::Renewed(_) | LeaseEffect::NotFound(_) => None,
        };
        effects.into_iter().filter_map(end).collect()
    }

    /// Brings the group to disk. After a failure nothing else may be written but
    /// the very same entries (rule 6), so it tries until it succeeds; `false`: the
    /// store was closed meanwhile.
    fn write(
        &mut self,
        entries: &[Entry],
        upkeep: Upkeep,
        planned: &mut [(Planned, Option<Ack>)],
    ) -> bool {
        let started = self.shared.clock.now();
        let mut failed = false;
        loop {
            match self.shared.log.append(entries, upkeep) {
                Ok(()) => {
                    if failed {
                        tracing::info!("the log takes writes again");
                        self.log_state(None);
                    }
                    return true;
                }
                Err(error) => {
                    if !failed {
                        tracing::error!(?error, "the log does not take writes");
                    }
                    failed = true;
                    self.log_state(Some(&error));
                    if !self.stand_by(started, &error, planned) {
                        return false;
                    }
                }
            }
        }
    }

    /// Waits for the next attempt; meanwhile refuses who came later, and tells the
    /// group's callers when it takes too long. `false`: the store was closed.
    fn stand_by(
        &self,
        started: Instant,
        error: &LogError,
        planned: &mut [(Planned, Option<Ack>)],
    ) -> bool {
        while let Ok(waiting) = self.requests.try_recv() {
            self.shared.waiting_bytes.fetch_sub(waiting.bytes, Ordering::Relaxed);
            let refusal = self.shared.health.admit(false).err().unwrap_or(CommitError::Overloaded);
            drop(waiting.ack.send(Err(refusal)));
        }
        let waited = self.shared.clock.now().since(started);
        if waited >= self.shared.settings.unknown_after() || self.shared.health.is_closed() {
            let reason = format!("the log could not be written: {error:?}");
            for (_, ack) in planned {
                let Some(ack) = ack.take() else { continue };
                drop(ack.send(Err(CommitError::Unknown { reason: reason.clone() })));
            }
        }
        if self.shared.health.is_closed() {
            return false;
        }
        thread::sleep(RETRY);
        true
    }

    fn log_state(&self, error: Option<&LogError>) {
        self.shared.health.change(|obstacles| {
            obstacles.log_full = error == Some(&LogError::NoSpace);
            obstacles.log = match error {
                Some(LogError::Failed(reason)) => Some(format!("the log fails: {reason}")),
                _ => None,
            };
        });
    }

    fn hand_over(&mut self, planned: Vec<(Planned, Option<Ack>)>, entries: &[Entry]) {
        let mut logged = Vec::with_capacity(planned.len());
        for ((Planned { index, record }, ack), entry) in planned.into_iter().zip(entries) {
            self.history.added(index, entry.data.len() as u64);
            self.tell_lessor(index, &record);
            let bytes = entry.data.len();
            logged.push(LoggedCommit { index, record: Arc::new(record), bytes, ack });
        }
        // The apply thread ends only after this one.
        let _ = self.apply.send(logged);
    }

    fn tell_lessor(&self, index: u64, record: &CommitRecord) {
        let event = if record.granted_ttl_ms > 0 {
            let ttl = Duration::from_millis(record.granted_ttl_ms);
            LeaseEvent::Granted(Lease { id: LeaseId::new(index), ttl })
        } else if record.ended_lease > 0 {
            LeaseEvent::Ended(LeaseId::new(record.ended_lease))
        } else {
            return;
        };
        self.shared.lessor.lock().handle(self.shared.clock.now(), event);
    }
}

impl LoggedCommit {
    /// What its caller is told.
    pub(super) fn commit(&self) -> Commit {
        Commit { revision: Revision::new(self.index), time: self.record.time() }
    }
}
