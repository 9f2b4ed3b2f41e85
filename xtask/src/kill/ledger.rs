//! What one writer knows: which value of each thing was acknowledged last, and which
//! write was on its way when the server died.

use std::collections::BTreeMap;

use super::thing::{Thing, Version};

/// What a reader found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The thing is not there.
    Absent,
    /// It is there, and all its parts agree.
    Whole {
        /// Its value.
        version: Version,
        /// What else must never change unless it is written: for a configuration its
        /// digest and its times.
        stamp: Option<String>,
    },
    /// Its parts do not agree, and how.
    Half(String),
}

/// What a comparison says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The acknowledged value is there.
    Kept,
    /// The write that was on its way is there instead, whole.
    Completed,
    /// The acknowledged value is not there, and what is.
    Lost(String),
    /// Something is there in part.
    Half(String),
    /// The value is there, but its digest or its times changed.
    Restamped(String),
}

/// The writes of one writer.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: BTreeMap<Thing, Entry>,
    /// Touched since the last comparison.
    recent: Vec<Thing>,
    acknowledged: u64,
}

/// What is known of one thing. The value is nothing when it was removed.
#[derive(Debug, Default, Clone)]
struct Entry {
    acknowledged: Option<Version>,
    stamp: Option<String>,
    on_its_way: Option<Option<Version>>,
}

impl Ledger {
    /// A write starts: `value` is nothing when the thing is removed.
    pub(crate) fn starts(&mut self, thing: Thing, value: Option<Version>) {
        self.entries.entry(thing).or_default().on_its_way = Some(value);
        if !self.recent.contains(&thing) {
            self.recent.push(thing);
        }
    }

    /// The write that started last was acknowledged.
    pub(crate) fn acknowledged(&mut self, thing: Thing) {
        if let Some(entry) = self.entries.get_mut(&thing)
            && let Some(value) = entry.on_its_way.take()
        {
            entry.acknowledged = value;
            entry.stamp = None;
            self.acknowledged += 1;
        }
    }

    /// The write that started last was refused, so nothing may have changed.
    pub(crate) fn refused(&mut self, thing: Thing) {
        if let Some(entry) = self.entries.get_mut(&thing) {
            entry.on_its_way = None;
        }
    }

    /// The acknowledged thing was read before the server died, and had this stamp.
    pub(crate) fn stamped(&mut self, thing: Thing, seen: &Seen) {
        if let (Some(entry), Seen::Whole { version, stamp }) = (self.entries.get_mut(&thing), seen)
            && entry.acknowledged == Some(*version)
        {
            entry.stamp.clone_from(stamp);
        }
    }

    /// Whether the thing is there, as far as is known.
    pub(crate) fn is_there(&self, thing: Thing) -> bool {
        self.entries.get(&thing).is_some_and(|entry| entry.acknowledged.is_some())
    }

    /// The values that a thing may have: the acknowledged, and the one on its way.
    pub(crate) fn candidates(&self, thing: Thing) -> Vec<Version> {
        let Some(entry) = self.entries.get(&thing) else { return Vec::new() };
        entry.acknowledged.into_iter().chain(entry.on_its_way.flatten()).collect()
    }

    /// Compares with what a restarted server shows, and goes on from there.
    pub(crate) fn compare(&mut self, thing: Thing, seen: Seen) -> Verdict {
        let entry = self.entries.entry(thing).or_default();
        let on_its_way = entry.on_its_way.take();
        let (found, stamp) = match seen {
            Seen::Half(how) => return Verdict::Half(how),
            Seen::Absent => (None, None),
            Seen::Whole { version, stamp } => (Some(version), stamp),
        };
        if found == entry.acknowledged {
            let before = entry.stamp.take();
            entry.stamp.clone_from(&stamp);
            return match (before, stamp) {
                (Some(before), Some(now)) if before != now => {
                    Verdict::Restamped(format!("{before} became {now}"))
                }
                _ => Verdict::Kept,
            };
        }
        if on_its_way == Some(found) {
            entry.acknowledged = found;
            entry.stamp = stamp;
            return Verdict::Completed;
        }
        Verdict::Lost(format!(
            "acknowledged {:?}, on its way {on_its_way:?}, found {found:?}",
            entry.acknowledged
        ))
    }

    /// Things written since this was last asked.
    pub(crate) fn take_recent(&mut self) -> Vec<Thing> {
        std::mem::take(&mut self.recent)
    }

    /// Every thing ever written.
    pub(crate) fn things(&self) -> Vec<Thing> {
        self.entries.keys().copied().collect()
    }

    /// How many writes were acknowledged.
    pub(crate) const fn acknowledged_writes(&self) -> u64 {
        self.acknowledged
    }
}

#[cfg(test)]
mod tests {
    use super::super::thing::Kind;
    use super::*;

    const THING: Thing = Thing { kind: Kind::Configuration, writer: 0, number: 0 };

    fn whole(version: u64, stamp: &str) -> Seen {
        Seen::Whole { version: Version(version), stamp: Some(stamp.to_owned()) }
    }

    fn acknowledged(version: u64) -> Ledger {
        let mut ledger = Ledger::default();
        ledger.starts(THING, Some(Version(version)));
        ledger.acknowledged(THING);
        ledger
    }

    #[test]
    fn an_acknowledged_value_must_be_there() {
        assert_eq!(acknowledged(1).compare(THING, whole(1, "a")), Verdict::Kept);
        assert!(matches!(acknowledged(1).compare(THING, Seen::Absent), Verdict::Lost(_)));
        assert!(matches!(acknowledged(2).compare(THING, whole(1, "a")), Verdict::Lost(_)));
    }

    #[test]
    fn a_write_on_its_way_may_be_there_or_not_but_only_whole() {
        let mut ledger = acknowledged(1);
        ledger.starts(THING, Some(Version(2)));
        assert_eq!(ledger.compare(THING, whole(1, "a")), Verdict::Kept);

        let mut ledger = acknowledged(1);
        ledger.starts(THING, Some(Version(2)));
        assert_eq!(ledger.compare(THING, whole(2, "b")), Verdict::Completed);
        assert_eq!(ledger.compare(THING, whole(2, "b")), Verdict::Kept);

        let mut ledger = acknowledged(1);
        ledger.starts(THING, Some(Version(2)));
        let cut = Seen::Half("cut".to_owned());
        assert_eq!(ledger.compare(THING, cut), Verdict::Half("cut".to_owned()));
    }

    #[test]
    fn a_removal_counts_as_a_write() {
        let mut ledger = acknowledged(1);
        ledger.starts(THING, None);
        ledger.acknowledged(THING);
        assert_eq!(ledger.compare(THING, Seen::Absent), Verdict::Kept);
        assert!(matches!(ledger.compare(THING, whole(1, "a")), Verdict::Lost(_)));
    }

    #[test]
    fn what_was_decided_after_one_death_holds_after_the_next() {
        let mut ledger = acknowledged(1);
        ledger.starts(THING, Some(Version(2)));
        ledger.compare(THING, whole(1, "a"));
        assert!(matches!(ledger.compare(THING, whole(2, "b")), Verdict::Lost(_)));
    }

    #[test]
    fn digests_and_times_stay_as_they_were_seen() {
        let mut ledger = acknowledged(1);
        ledger.stamped(THING, &whole(1, "noon"));
        assert_eq!(ledger.compare(THING, whole(1, "noon")), Verdict::Kept);
        assert!(matches!(ledger.compare(THING, whole(1, "later")), Verdict::Restamped(_)));
    }

    #[test]
    fn a_refused_write_must_not_be_there() {
        let mut ledger = acknowledged(1);
        ledger.starts(THING, Some(Version(2)));
        ledger.refused(THING);
        assert!(matches!(ledger.compare(THING, whole(2, "b")), Verdict::Lost(_)));
    }
}
