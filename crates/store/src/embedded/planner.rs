//! Decides what becomes of a batch. No thread, no disk: the applied state, the
//! wall clock's time and the batch come in, a record for the log or a refusal comes out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use seawall_clock::{HybridClock, Timestamp, WallTime};

use super::{
    commit_record::{CommitRecord, Effect, lease_of, stored_lease},
    overlay::Overlay,
    rows::{KeyMeta, Progress, chunks_of},
};
use crate::{Batch, CommitError, Key, LeaseId, Operation, Revision, Unavailable, Value};

/// The state the planner looks at: everything applied up to some commit.
pub(super) trait Applied {
    /// What is known of a key; `None`: it has no value.
    fn meta(&self, key: &Key) -> Result<Option<KeyMeta>, Unavailable>;
}

/// A commit as it goes into the log.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Planned {
    pub(super) index: u64,
    pub(super) record: CommitRecord,
}

/// What a key is left as by a batch.
type Outcome = Option<(Value, Option<LeaseId>)>;

/// Plans commits one after the other, each on top of those before it.
#[derive(Debug)]
pub(super) struct Planner {
    last: u64,
    stamps: HybridClock,
    overlay: Overlay,
    bound: HashMap<LeaseId, BTreeSet<Key>>,
}

impl Planner {
    /// A planner that goes on after `last`, with the leases there are and their keys.
    pub(super) fn new(last: Progress, bound: HashMap<LeaseId, BTreeSet<Key>>) -> Self {
        Self {
            last: last.index,
            stamps: HybridClock::after(last.time),
            overlay: Overlay::default(),
            bound,
        }
    }

    /// Forgets what the applied state knows by now.
    pub(super) fn applied(&mut self, index: u64) {
        self.overlay.forget(index);
    }

    /// Plans a batch. A refused batch changes nothing.
    pub(super) fn batch(
        &mut self,
        applied: &dyn Applied,
        wall: WallTime,
        batch: Batch,
    ) -> Result<Planned, CommitError> {
        for failed in &batch.preconditions {
            let meta = self.meta(applied, failed.key())?;
            let modified = meta.map(|meta| meta.modified);
            if !failed.holds(modified) {
                return Err(CommitError::Precondition { failed: failed.clone(), modified });
            }
        }
        let mut outcomes = BTreeMap::new();
        for operation in batch.operations {
            match operation {
                Operation::Put { lease: Some(lease), .. } if !self.bound.contains_key(&lease) => {
                    return Err(CommitError::NoLease(lease));
                }
                Operation::Put { key, value, lease } => outcomes.insert(key, Some((value, lease))),
                Operation::Delete { key } => outcomes.insert(key, None),
            };
        }
        Ok(self.plan(applied, wall, outcomes, CommitRecord::default())?)
    }

    /// Plans the grant of a lease, whose id is the commit's revision.
    pub(super) fn grant(&mut self, wall: WallTime, ttl_ms: u64) -> Planned {
        let (index, time) = self.stamp(wall);
        self.bound.insert(LeaseId::new(index), BTreeSet::new());
        let record = CommitRecord {
            time: time.to_bits(),
            granted_ttl_ms: ttl_ms,
            ..CommitRecord::default()
        };
        Planned { index, record }
    }

    /// Plans the end of a lease: its keys go with it.
    pub(super) fn end(
        &mut self,
        applied: &dyn Applied,
        wall: WallTime,
        lease: LeaseId,
    ) -> Result<Planned, CommitError> {
        let Some(keys) = self.bound.get(&lease) else { return Err(CommitError::NoLease(lease)) };
        let outcomes = keys.iter().map(|key| (key.clone(), None)).collect();
        let record = CommitRecord { ended_lease: lease.get(), ..CommitRecord::default() };
        let planned = self.plan(applied, wall, outcomes, record)?;
        self.bound.remove(&lease);
        Ok(planned)
    }

    fn plan(
        &mut self,
        applied: &dyn Applied,
        wall: WallTime,
        outcomes: BTreeMap<Key, Outcome>,
        record: CommitRecord,
    ) -> Result<Planned, Unavailable> {
        // Everything that can fail comes first, so that a failure leaves no trace.
        let mut before = Vec::with_capacity(outcomes.len());
        for key in outcomes.keys() {
            before.push(self.meta(applied, key)?);
        }
        let (index, time) = self.stamp(wall);
        let mut effects = Vec::with_capacity(outcomes.len());
        let mut after = Vec::with_capacity(outcomes.len());
        for ((key, outcome), before) in outcomes.into_iter().zip(before) {
            if before.is_none() && outcome.is_none() {
                continue;
            }
            let (effect, meta) = effect(&key, outcome, before, Revision::new(index));
            self.rebind(&key, &effect);
            effects.push(effect);
            after.push((key, meta));
        }
        self.overlay.push(index, after);
        Ok(Planned { index, record: CommitRecord { time: time.to_bits(), effects, ..record } })
    }

    fn meta(&self, applied: &dyn Applied, key: &Key) -> Result<Option<KeyMeta>, Unavailable> {
        match self.overlay.get(key) {
            Some(meta) => Ok(meta),
            None => applied.meta(key),
        }
    }

    fn stamp(&mut self, wall: WallTime) -> (u64, Timestamp) {
        self.last += 1;
        (self.last, self.stamps.tick(wall))
    }

    fn rebind(&mut self, key: &Key, effect: &Effect) {
        if effect.prior_lease == effect.lease && effect.value.is_some() {
            return;
        }
        if let Some(lease) = lease_of(effect.prior_lease)
            && let Some(keys) = self.bound.get_mut(&lease)
        {
            keys.remove(key);
        }
        if let Some(lease) = lease_of(effect.lease)
            && let Some(keys) = self.bound.get_mut(&lease)
        {
            keys.insert(key.clone());
        }
    }
}

fn effect(
    key: &Key,
    outcome: Outcome,
    before: Option<KeyMeta>,
    revision: Revision,
) -> (Effect, Option<KeyMeta>) {
    let prior = Effect {
        key: key.to_bytes(),
        prior_lease: before.map_or(0, |before| before.lease),
        prior_chunks: before.map_or(0, |before| before.chunks),
        ..Effect::default()
    };
    let Some((value, lease)) = outcome else { return (prior, None) };
    let meta = KeyMeta {
        created: before.map_or(revision, |before| before.created),
        modified: revision,
        lease: stored_lease(lease),
        chunks: chunks_of(value.len()),
    };
    let created = before.map_or(0, |before| before.created.get());
    (Effect { value: Some(value), created, lease: meta.lease, ..prior }, Some(meta))
}
