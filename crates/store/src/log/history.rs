//! Decides how much of the log is kept.

use std::collections::VecDeque;

/// Entries that are counted together.
const SEGMENT: u64 = 256;

/// Sizes of the entries of the log, and from where on they are kept.
///
/// Entries are dropped a segment at a time when there are too many of them or
/// they are too large together.
#[derive(Debug)]
pub(crate) struct History {
    segments: VecDeque<Segment>,
    bytes: u64,
    max_entries: u64,
    max_bytes: u64,
}

#[derive(Debug)]
struct Segment {
    first: u64,
    last: u64,
    bytes: u64,
}

impl History {
    pub(crate) fn new(max_entries: u64, max_bytes: u64) -> Self {
        Self { segments: VecDeque::new(), bytes: 0, max_entries, max_bytes }
    }

    /// Takes in the entries found in the log at start, of which only the size of
    /// all together is known.
    pub(crate) fn found(&mut self, first: u64, last: u64, bytes: u64) {
        let each = bytes / (last - first + 1).max(1);
        for index in first..=last {
            self.added(index, each);
        }
    }

    /// Takes in a new entry; entries come in order.
    pub(crate) fn added(&mut self, index: u64, bytes: u64) {
        self.bytes += bytes;
        match self.segments.back_mut() {
            Some(segment) if index - segment.first < SEGMENT => {
                segment.last = index;
                segment.bytes += bytes;
            }
            _ => self.segments.push_back(Segment { first: index, last: index, bytes }),
        }
    }

    /// The first entry to keep, if older ones are to be dropped; entries after
    /// `needed` are kept in any case.
    pub(crate) fn compact(&mut self, needed: u64) -> Option<u64> {
        let mut keep_from = None;
        while self.segments.len() > 1
            && let Some(oldest) = self.segments.front()
            && oldest.last <= needed
            && self.is_over(oldest.last)
        {
            keep_from = Some(oldest.last + 1);
            self.bytes -= oldest.bytes;
            self.segments.pop_front();
        }
        keep_from
    }

    fn is_over(&self, oldest: u64) -> bool {
        let newest = self.segments.back().map_or(0, |segment| segment.last);
        newest.saturating_sub(oldest) >= self.max_entries || self.bytes > self.max_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_whole_segments_once_there_are_too_many_entries() {
        let mut history = History::new(1_000, u64::MAX);
        history.found(1, 1_000, 1_000);
        assert_eq!(history.compact(u64::MAX), None);
        for index in 1_001..=1_256 {
            history.added(index, 1);
        }
        assert_eq!(history.compact(u64::MAX), Some(257));
        assert_eq!(history.compact(u64::MAX), None);
    }

    #[test]
    fn drops_what_is_over_the_bytes_but_nothing_that_is_needed() {
        let mut history = History::new(u64::MAX, 1_000);
        for index in 1..=1_024 {
            history.added(index, 10);
        }
        assert_eq!(history.compact(200), None, "the first segment is needed");
        assert_eq!(history.compact(300), Some(257));
        assert_eq!(history.compact(u64::MAX), Some(769), "the newest segment stays");
    }
}
