//! What history may be forgotten.

use std::{collections::HashSet, time::Duration};

use seawall_clock::WallTime;

use crate::{HistoryId, HistorySettings, model::meta::ContentVersion};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What the policy looks at of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) id: HistoryId,
    pub(crate) at: WallTime,
    pub(crate) version: ContentVersion,
}

/// What may go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Forget {
    pub(crate) entries: Vec<HistoryId>,
    /// Contents that no entry and no item needs any more.
    pub(crate) contents: Vec<ContentVersion>,
}

/// What of one item's history may go. `entries` are all of its entries, oldest
/// first; `current` the contents its item and gray releases have now.
pub(crate) fn forget(
    entries: &[Kept],
    current: &HashSet<ContentVersion>,
    now: WallTime,
    settings: HistorySettings,
) -> Forget {
    let keep_from = WallTime::from_millis(
        now.as_millis().saturating_sub(millis(DAY.saturating_mul(settings.days))),
    );
    let surplus = entries.len().saturating_sub(settings.per_item_max);
    let old = entries.iter().take_while(|entry| entry.at < keep_from).count();
    let (gone, kept) = entries.split_at(surplus.max(old).min(entries.len()));
    let needed: HashSet<ContentVersion> =
        kept.iter().map(|entry| entry.version).chain(current.iter().copied()).collect();
    let mut contents: Vec<_> = gone
        .iter()
        .map(|entry| entry.version)
        .filter(|version| !needed.contains(version))
        .collect();
    contents.sort_unstable();
    contents.dedup();
    Forget { entries: gone.iter().map(|entry| entry.id).collect(), contents }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

    fn entry(id: u64, day: u64, version: u64) -> Kept {
        Kept {
            id: HistoryId::new(id),
            at: WallTime::from_millis(day * DAY_MS),
            version: ContentVersion(version),
        }
    }

    fn settings(days: u32, per_item_max: usize) -> HistorySettings {
        HistorySettings { days, per_item_max, ..HistorySettings::default() }
    }

    #[test]
    fn old_entries_go_with_contents_nobody_needs() {
        // Created (1), published anew (1 -> 3), and again (3 -> 4).
        let entries = [entry(1, 0, 1), entry(3, 10, 1), entry(4, 40, 3)];
        let current = HashSet::from([ContentVersion(4)]);
        let now = WallTime::from_millis(41 * DAY_MS);
        let gone = forget(&entries, &current, now, settings(30, 100));
        assert_eq!(gone.entries, [HistoryId::new(1), HistoryId::new(3)]);
        assert_eq!(gone.contents, [ContentVersion(1)]);
    }

    #[test]
    fn what_is_current_stays_however_old_it_is() {
        let entries = [entry(1, 0, 1)];
        let current = HashSet::from([ContentVersion(1)]);
        let now = WallTime::from_millis(400 * DAY_MS);
        let gone = forget(&entries, &current, now, settings(30, 100));
        assert_eq!(gone, Forget { entries: vec![HistoryId::new(1)], contents: Vec::new() });
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let entries = [entry(1, 1, 1), entry(2, 1, 1), entry(3, 1, 2)];
        let now = WallTime::from_millis(DAY_MS);
        let gone = forget(&entries, &HashSet::new(), now, settings(30, 1));
        assert_eq!(gone.entries, [HistoryId::new(1), HistoryId::new(2)]);
        assert_eq!(gone.contents, [ContentVersion(1)]);
    }

    proptest! {
        #[test]
        fn nothing_that_is_kept_loses_its_content(
            entries in prop::collection::vec((0u64..60, 0u64..6), 0..20),
            current in prop::collection::hash_set(0u64..6, 0..3),
            days in 0u32..60,
            per_item_max in 0usize..20,
        ) {
            let entries: Vec<_> = entries
                .into_iter()
                .enumerate()
                .map(|(id, (day, version))| entry(id as u64, day, version))
                .collect();
            let current: HashSet<_> = current.into_iter().map(ContentVersion).collect();
            let now = WallTime::from_millis(60 * DAY_MS);
            let gone = forget(&entries, &current, now, settings(days, per_item_max));
            let kept: Vec<_> = entries.iter().filter(|e| !gone.entries.contains(&e.id)).collect();
            prop_assert!(kept.len() <= per_item_max);
            for needed in kept.iter().map(|e| e.version).chain(current) {
                prop_assert!(!gone.contents.contains(&needed));
            }
        }
    }
}
