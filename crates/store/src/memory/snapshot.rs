//! The model's snapshots: the map as it was.

use std::ops::Bound;

use async_trait::async_trait;

use super::state::Pairs;
use crate::{Key, KeyRange, KeyValue, Page, Revision, Snapshot, Unavailable};

pub(super) struct MemorySnapshot {
    pub(super) pairs: Pairs,
    pub(super) revision: Revision,
}

impl MemorySnapshot {
    fn iterate(
        &self,
        range: &KeyRange,
    ) -> Option<impl DoubleEndedIterator<Item = &KeyValue> + use<'_>> {
        // A map panics when asked for a range that ends before it starts.
        if range.end.as_ref().is_some_and(|end| *end <= range.start) {
            return None;
        }
        let end = range.end.clone().map_or(Bound::Unbounded, Bound::Excluded);
        let bounds = (Bound::Included(range.start.clone()), end);
        Some(self.pairs.range(bounds).map(|(_, pair)| pair))
    }
}

#[async_trait]
impl Snapshot for MemorySnapshot {
    fn revision(&self) -> Revision {
        self.revision
    }

    async fn get(&self, key: &Key) -> Result<Option<KeyValue>, Unavailable> {
        Ok(self.pairs.get(key).cloned())
    }

    async fn scan(&self, range: &KeyRange, limit: usize) -> Result<Page, Unavailable> {
        let Some(mut all) = self.iterate(range) else { return Ok(Page::default()) };
        let pairs: Vec<_> = all.by_ref().take(limit.max(1)).cloned().collect();
        let more = all.next().is_some();
        let rest = pairs.last().filter(|_| more).map(|last| range.after(&last.key));
        Ok(Page { pairs, rest })
    }

    async fn scan_back(&self, range: &KeyRange, limit: usize) -> Result<Page, Unavailable> {
        let Some(all) = self.iterate(range) else { return Ok(Page::default()) };
        let mut all = all.rev();
        let pairs: Vec<_> = all.by_ref().take(limit.max(1)).cloned().collect();
        let more = all.next().is_some();
        let rest = pairs
            .last()
            .filter(|_| more)
            .map(|last| KeyRange { start: range.start.clone(), end: Some(last.key.clone()) });
        Ok(Page { pairs, rest })
    }
}
