//! What is logged but not applied yet.

use std::collections::{HashMap, VecDeque};

use super::rows::KeyMeta;
use crate::Key;

/// Keys as the commits between the applied state and the end of the log leave them.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    keys: HashMap<Key, (u64, Option<KeyMeta>)>,
    /// The commits in it, oldest first, with the keys each wrote.
    commits: VecDeque<(u64, Vec<Key>)>,
}

impl Overlay {
    /// What is known of `key`: `None` if only the applied state knows; else whether
    /// it has a value.
    pub(super) fn get(&self, key: &Key) -> Option<Option<KeyMeta>> {
        self.keys.get(key).map(|(_, meta)| *meta)
    }

    /// Takes in a commit; commits come in order.
    pub(super) fn push(&mut self, index: u64, outcomes: Vec<(Key, Option<KeyMeta>)>) {
        let mut keys = Vec::with_capacity(outcomes.len());
        for (key, meta) in outcomes {
            self.keys.insert(key.clone(), (index, meta));
            keys.push(key);
        }
        self.commits.push_back((index, keys));
    }

    /// Forgets the commits up to and including `applied`.
    pub(super) fn forget(&mut self, applied: u64) {
        while self.commits.front().is_some_and(|(index, _)| *index <= applied) {
            let Some((index, keys)) = self.commits.pop_front() else { return };
            for key in keys {
                // A later commit may have written it again.
                if self.keys.get(&key).is_some_and(|(last, _)| *last == index) {
                    self.keys.remove(&key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Revision;

    #[test]
    fn a_key_stays_until_its_last_commit_is_applied() {
        let meta = |revision| {
            let modified = Revision::new(revision);
            Some(KeyMeta { created: modified, modified, lease: 0, chunks: 0 })
        };
        let key = Key::new("k");
        let mut overlay = Overlay::default();
        overlay.push(1, vec![(key.clone(), meta(1))]);
        overlay.push(2, vec![(key.clone(), None)]);
        overlay.forget(1);
        assert_eq!(overlay.get(&key), Some(None), "deleted by the second");
        overlay.forget(2);
        assert_eq!(overlay.get(&key), None);
    }
}
