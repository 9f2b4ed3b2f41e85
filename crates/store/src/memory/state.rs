//! What the model holds and how a batch changes it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use seawall_clock::{Clock, HybridClock, Timestamp};

use crate::{
    Batch, Change, ChangeSet, Commit, CommitError, Key, KeyValue, Lease, LeaseError, LeaseId,
    Operation, Revision, Unavailable, Value, WatchError,
    lessor::{LeaseEffect, LeaseEvent, Lessor, granted_ttl},
};

/// All pairs at one revision. Shared with snapshots; copied by the first write after one.
pub(super) type Pairs = Arc<BTreeMap<Key, KeyValue>>;

/// What a key is left as by a batch.
type Outcome = Option<(Value, Option<LeaseId>)>;

pub(super) struct State {
    pub(super) pairs: Pairs,
    pub(super) last: Revision,
    pub(super) unavailable: Option<String>,
    stamps: HybridClock,
    history: VecDeque<Arc<ChangeSet>>,
    /// Changes before this one are gone from `history`.
    oldest: Revision,
    history_max: usize,
    lessor: Lessor,
    attached: HashMap<LeaseId, BTreeSet<Key>>,
}

impl State {
    pub(super) fn new(history_max: usize) -> Self {
        Self {
            pairs: Pairs::default(),
            last: Revision::ZERO,
            unavailable: None,
            stamps: HybridClock::default(),
            history: VecDeque::new(),
            oldest: Revision::ZERO.next(),
            history_max,
            lessor: Lessor::default(),
            attached: HashMap::new(),
        }
    }

    /// The state a process would find after a restart: leases start anew.
    pub(super) fn restarted(&self, clock: &dyn Clock) -> Self {
        let mut lessor = Lessor::default();
        for lease in self.lessor.leases() {
            lessor.handle(clock.now(), LeaseEvent::Granted(lease));
        }
        Self {
            pairs: self.pairs.clone(),
            last: self.last,
            unavailable: None,
            stamps: HybridClock::after(self.stamps.last()),
            history: self.history.clone(),
            oldest: self.oldest,
            history_max: self.history_max,
            lessor,
            attached: self.attached.clone(),
        }
    }

    pub(super) fn available(&self) -> Result<(), Unavailable> {
        match &self.unavailable {
            Some(reason) => Err(Unavailable { reason: reason.clone() }),
            None => Ok(()),
        }
    }

    pub(super) fn has_leases(&self) -> bool {
        self.lessor.next_deadline().is_some()
    }

    /// Ends every lease whose time is over.
    pub(super) fn expire(&mut self, clock: &dyn Clock) {
        loop {
            let effects = self.lessor.handle(clock.now(), LeaseEvent::Tick);
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                if let LeaseEffect::End(lease) = effect {
                    self.end(clock, lease);
                }
            }
        }
    }

    pub(super) fn commit(
        &mut self,
        clock: &dyn Clock,
        batch: Batch,
    ) -> Result<Commit, CommitError> {
        for failed in &batch.preconditions {
            let modified = self.pairs.get(failed.key()).map(|pair| pair.modified);
            if !failed.holds(modified) {
                return Err(CommitError::Precondition { failed: failed.clone(), modified });
            }
        }
        let mut outcomes = BTreeMap::new();
        for operation in batch.operations {
            match operation {
                Operation::Put { lease: Some(lease), .. } if !self.lessor.knows(lease) => {
                    return Err(CommitError::NoLease(lease));
                }
                Operation::Put { key, value, lease } => outcomes.insert(key, Some((value, lease))),
                Operation::Delete { key } => outcomes.insert(key, None),
            };
        }
        Ok(self.apply(clock, outcomes))
    }

    pub(super) fn grant(&mut self, clock: &dyn Clock, ttl: Duration) -> Lease {
        let commit = self.stamp(clock);
        let lease = Lease { id: LeaseId::new(commit.revision.get()), ttl: granted_ttl(ttl) };
        self.lessor.handle(clock.now(), LeaseEvent::Granted(lease));
        lease
    }

    pub(super) fn keep_alive(
        &mut self,
        clock: &dyn Clock,
        id: LeaseId,
    ) -> Result<Lease, LeaseError> {
        match self.lessor.handle(clock.now(), LeaseEvent::KeepAlive(id)).first() {
            Some(LeaseEffect::Renewed(lease)) => Ok(*lease),
            _ => Err(LeaseError::NotFound(id)),
        }
    }

    pub(super) fn revoke(&mut self, clock: &dyn Clock, id: LeaseId) -> Result<Commit, LeaseError> {
        if self.lessor.knows(id) { Ok(self.end(clock, id)) } else { Err(LeaseError::NotFound(id)) }
    }

    /// The first commit at or after `from` that touches `prefix`.
    pub(super) fn change_after(
        &self,
        prefix: &Key,
        from: Revision,
    ) -> Result<Option<ChangeSet>, WatchError> {
        // Revision zero is before the first commit: nothing is missing there.
        if from.max(Revision::ZERO.next()) < self.oldest {
            return Err(WatchError::Compacted { oldest: self.oldest });
        }
        let start = self.history.partition_point(|set| set.revision < from);
        Ok(self.history.range(start..).find_map(|set| {
            let touches = |change: &&Change| change.key().starts_with(prefix);
            let changes: Vec<_> = set.changes.iter().filter(touches).cloned().collect();
            (!changes.is_empty()).then(|| ChangeSet { changes, ..**set })
        }))
    }

    /// Forgets the changes before `oldest`.
    pub(super) fn compact(&mut self, oldest: Revision) {
        let oldest = oldest.min(self.last.next());
        while self.history.front().is_some_and(|set| set.revision < oldest) {
            self.history.pop_front();
        }
        self.oldest = self.oldest.max(oldest);
    }

    fn end(&mut self, clock: &dyn Clock, lease: LeaseId) -> Commit {
        let keys = self.attached.remove(&lease).unwrap_or_default();
        self.lessor.handle(clock.now(), LeaseEvent::Ended(lease));
        self.apply(clock, keys.into_iter().map(|key| (key, None)).collect())
    }

    fn apply(&mut self, clock: &dyn Clock, outcomes: BTreeMap<Key, Outcome>) -> Commit {
        let commit = self.stamp(clock);
        let mut changes = Vec::new();
        for (key, outcome) in outcomes {
            let before = Arc::make_mut(&mut self.pairs).remove(&key);
            if let Some(lease) = before.as_ref().and_then(|pair| pair.lease)
                && let Some(keys) = self.attached.get_mut(&lease)
            {
                keys.remove(&key);
            }
            let Some((value, lease)) = outcome else {
                changes.extend(before.map(|_| Change::Delete(key)));
                continue;
            };
            if let Some(lease) = lease {
                self.attached.entry(lease).or_default().insert(key.clone());
            }
            let created = before.map_or(commit.revision, |pair| pair.created);
            let pair = KeyValue { key, value, created, modified: commit.revision, lease };
            Arc::make_mut(&mut self.pairs).insert(pair.key.clone(), pair.clone());
            changes.push(Change::Put(pair));
        }
        self.remember(commit, changes);
        commit
    }

    fn stamp(&mut self, clock: &dyn Clock) -> Commit {
        self.last = self.last.next();
        let time: Timestamp = self.stamps.tick(clock.wall());
        Commit { revision: self.last, time }
    }

    fn remember(&mut self, commit: Commit, changes: Vec<Change>) {
        if !changes.is_empty() {
            let set = ChangeSet { revision: commit.revision, time: commit.time, changes };
            self.history.push_back(Arc::new(set));
        }
        if self.history.len() > self.history_max
            && let Some(dropped) = self.history.pop_front()
        {
            self.oldest = self.oldest.max(dropped.revision.next());
        }
    }
}
