//! The last commits, in memory, for watchers.

use std::{collections::VecDeque, sync::Arc};

use super::commit_record::CommitRecord;
use crate::{ChangeSet, Key};

/// Commits without gaps, up to a number and a size.
#[derive(Debug)]
pub(super) struct Recent {
    commits: VecDeque<(u64, Arc<CommitRecord>, usize)>,
    bytes: usize,
    /// The next commit that will be taken in.
    next: u64,
    max_commits: usize,
    max_bytes: usize,
}

/// What was found of the changes from some commit on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// The first change.
    Change(ChangeSet),
    /// No change; every commit before this one was looked at.
    Nothing {
        /// Where to look next.
        next: u64,
    },
    /// Commits that old are not in memory.
    Older,
}

impl Recent {
    /// Nothing yet; the first commit taken in will be `next`.
    pub(super) fn new(next: u64, max_commits: usize, max_bytes: usize) -> Self {
        Self { commits: VecDeque::new(), bytes: 0, next, max_commits, max_bytes }
    }

    /// Takes in the next commit.
    pub(super) fn push(&mut self, index: u64, record: Arc<CommitRecord>, bytes: usize) {
        if index != self.next {
            // Commits were applied that it was not told of: what it has is of no use.
            self.commits.clear();
            self.bytes = 0;
        }
        self.next = index + 1;
        self.bytes += bytes;
        self.commits.push_back((index, record, bytes));
        while self.commits.len() > self.max_commits || self.bytes > self.max_bytes {
            let Some((_, _, bytes)) = self.commits.pop_front() else { return };
            self.bytes -= bytes;
        }
    }

    /// The first change under `prefix` at or after `from`.
    pub(super) fn find(&self, prefix: &Key, from: u64) -> Found {
        if from >= self.next {
            return Found::Nothing { next: from };
        }
        let oldest = self.commits.front().map_or(self.next, |(index, _, _)| *index);
        if from < oldest {
            return Found::Older;
        }
        let skip = usize::try_from(from - oldest).unwrap_or(usize::MAX);
        self.commits
            .iter()
            .skip(skip)
            .find_map(|(index, record, _)| record.changes(*index, prefix))
            .map_or(Found::Nothing { next: self.next }, Found::Change)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::embedded::commit_record::Effect;

    fn commit(key: &'static str) -> Arc<CommitRecord> {
        let effect = Effect { key: Bytes::from_static(key.as_bytes()), ..Effect::default() };
        Arc::new(CommitRecord { effects: vec![effect], ..CommitRecord::default() })
    }

    #[test]
    fn finds_the_first_change_and_says_when_it_reaches_not_far_enough_back() {
        let mut recent = Recent::new(5, 3, usize::MAX);
        assert_eq!(recent.find(&Key::default(), 4), Found::Older);
        assert_eq!(recent.find(&Key::default(), 5), Found::Nothing { next: 5 });
        for (index, key) in [(5, "a"), (6, "b"), (7, "a"), (8, "c")] {
            recent.push(index, commit(key), 1);
        }
        assert_eq!(recent.find(&Key::new("a"), 5), Found::Older, "only three are kept");
        let Found::Change(set) = recent.find(&Key::new("a"), 6) else { panic!("a change") };
        assert_eq!(set.revision.get(), 7);
        assert_eq!(recent.find(&Key::new("a"), 8), Found::Nothing { next: 9 });
    }

    #[test]
    fn keeps_no_more_than_its_bytes() {
        let mut recent = Recent::new(1, usize::MAX, 10);
        recent.push(1, commit("a"), 6);
        recent.push(2, commit("a"), 6);
        assert_eq!(recent.find(&Key::default(), 1), Found::Older);
        recent.push(3, commit("a"), 60);
        assert_eq!(recent.find(&Key::default(), 3), Found::Older, "too large to keep at all");
    }
}
