//! Following objects.

use std::sync::Arc;

use seawall_store::{Change, KeyValue, Mirror, MirrorEvent};

use crate::{Kind, Object, ObjectId, ResourceError, ResourceStore, keys, record::decode_object};

/// The objects of one kind: first all of them, then every change.
pub struct ObjectWatch {
    mirror: Mirror,
}

/// What happened to the objects of a kind.
#[derive(Debug, Clone, PartialEq)]
pub enum ObjectEvent {
    /// These are all; comes first, and again when changes may have been missed.
    Reset(Vec<Object>),
    /// These changed together.
    Changed(Vec<ObjectChange>),
    /// The store is away: what is known may be out of date. A reset ends this.
    Unavailable,
}

/// What happened to one object.
#[derive(Debug, Clone, PartialEq)]
pub enum ObjectChange {
    /// It is like this now; it is new, or its labels, spec or status changed.
    Put(Object),
    /// It is gone.
    Deleted(ObjectId),
}

impl ResourceStore {
    /// Follows the objects of a kind.
    pub fn watch(&self, kind: &Kind) -> Result<ObjectWatch, ResourceError> {
        self.rules(kind)?;
        let mirror = Mirror::start(Arc::clone(&self.store), keys::kind(kind));
        Ok(ObjectWatch { mirror })
    }
}

impl ObjectWatch {
    /// The next event. Cancel-safe. An object that a newer version wrote and this
    /// one cannot read is left out, and logged.
    pub async fn next(&mut self) -> ObjectEvent {
        loop {
            match self.mirror.next().await {
                MirrorEvent::Unavailable => return ObjectEvent::Unavailable,
                MirrorEvent::Reset { pairs, .. } => {
                    return ObjectEvent::Reset(pairs.iter().filter_map(readable).collect());
                }
                MirrorEvent::Changed(set) => {
                    let changes: Vec<_> = set.changes.iter().filter_map(change).collect();
                    if !changes.is_empty() {
                        return ObjectEvent::Changed(changes);
                    }
                }
            }
        }
    }
}

fn change(change: &Change) -> Option<ObjectChange> {
    match change {
        Change::Put(pair) => readable(pair).map(ObjectChange::Put),
        Change::Delete(key) => keys::id_of(key).map(ObjectChange::Deleted),
    }
}

fn readable(pair: &KeyValue) -> Option<Object> {
    decode_object(pair).inspect_err(|error| tracing::error!(%error, "object left out")).ok()
}
