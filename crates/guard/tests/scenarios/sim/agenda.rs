//! What happens next.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
};

use seawall_guard::Instant;

/// Events by their time; those of one moment in the order in which they were entered, so
/// that a seed makes the same world every time.
pub(crate) struct Agenda<E> {
    entries: BinaryHeap<Reverse<Entry<E>>>,
    entered: u64,
}

struct Entry<E> {
    at: Instant,
    number: u64,
    event: E,
}

impl<E> Agenda<E> {
    /// With nothing on it.
    pub(crate) const fn new() -> Self {
        Self { entries: BinaryHeap::new(), entered: 0 }
    }

    /// Enters an event.
    pub(crate) fn enter(&mut self, at: Instant, event: E) {
        self.entered += 1;
        self.entries.push(Reverse(Entry { at, number: self.entered, event }));
    }

    /// Takes the first event that is due by `until`.
    pub(crate) fn next_until(&mut self, until: Instant) -> Option<(Instant, E)> {
        if self.entries.peek()?.0.at > until {
            return None;
        }
        self.entries.pop().map(|Reverse(entry)| (entry.at, entry.event))
    }
}

impl<E> Entry<E> {
    const fn key(&self) -> (Instant, u64) {
        (self.at, self.number)
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}
