//! The history of one configuration, in pages: however long it is, little of it is
//! held at once.

use std::collections::BTreeSet;

use super::{Importer, configurations::Outcomes, grays};
use crate::{
    api::import::{
        ImportOutcome, ImportedConfiguration, ImportedGray, ImportedHistory, ImportedHistoryPage,
    },
    exit::Failure,
    migrate::{HistoryForm, ItemName},
};

/// Most entries of a page.
const PAGE_ENTRIES_MAX: usize = 100;
/// Contents of a page, in bytes; a larger one goes alone. In JSON a byte may become
/// six, and the server takes 32 MiB.
const PAGE_BYTES: usize = 4 << 20;
/// Numbers the server has for the entries of one millisecond before it takes those of
/// the next one.
const NUMBERS_PER_MILLI: u64 = 1_000;

/// An entry of the list, with its place among those of the same millisecond.
#[derive(Debug, PartialEq)]
struct Placed {
    entry: HistoryForm,
    at_ms: u64,
    ordinal: u32,
}

impl Importer<'_> {
    /// Copies the history of `item`, which is not here yet; the names of the gray
    /// releases it speaks of.
    pub(super) async fn history(
        &self,
        namespace: &str,
        name: &ItemName,
        item: &ImportedConfiguration,
        outcomes: &mut Outcomes,
    ) -> Result<BTreeSet<String>, Failure> {
        let listed = placed(self.source.history(namespace, name).await?);
        let wanted = !self.args.no_history;
        let mut pages = Pages::of(item);
        let mut grays = BTreeSet::new();
        let mut unclear = BTreeSet::new();
        for Placed { entry, at_ms, ordinal } in listed {
            let of_gray = entry.publish_type == "gray" || !entry.gray_name.is_empty();
            if !of_gray && (self.args.dry_run || !wanted) {
                outcomes.entries += usize::from(wanted);
                continue;
            }
            let Some(full) = self.source.history_entry(namespace, name, &entry.id).await? else {
                // It was cleaned meanwhile.
                continue;
            };
            let gray = match grays::of_entry(&full) {
                None => None,
                Some((name, rule)) => {
                    grays.insert(name.to_owned());
                    match rule {
                        Ok(rule) => Some(rule),
                        Err(reason) => {
                            unclear.insert(format!("history of gray release {name}: {reason}"));
                            continue;
                        }
                    }
                }
            };
            if wanted && !self.args.dry_run {
                let full_page = pages.add(imported(full, at_ms, ordinal, gray));
                outcomes.entries += self.put_page(full_page).await?;
            } else {
                outcomes.entries += usize::from(wanted);
            }
        }
        outcomes.entries += self.put_page(pages.take()).await?;
        unclear.iter().for_each(|what| outcomes.leave(namespace, name, what));
        Ok(grays)
    }

    /// Sends a page, if it is one; how many entries were taken.
    async fn put_page(&self, page: Option<ImportedHistoryPage>) -> Result<usize, Failure> {
        let Some(page) = page else { return Ok(0) };
        let outcome = self.put("/api/v1/import/history", &page).await?;
        Ok(if outcome == ImportOutcome::Copied { page.entries.len() } else { 0 })
    }
}

/// Collects entries until they fill a page.
struct Pages {
    configuration: ImportedConfiguration,
    entries: Vec<ImportedHistory>,
    bytes: usize,
}

impl Pages {
    fn of(item: &ImportedConfiguration) -> Self {
        let configuration = ImportedConfiguration { content: String::new(), ..item.clone() };
        Self { configuration, entries: Vec::new(), bytes: 0 }
    }

    /// Adds an entry; the page before it if there is no room in it.
    fn add(&mut self, entry: ImportedHistory) -> Option<ImportedHistoryPage> {
        let no_room = self.bytes.saturating_add(entry.content.len()) > PAGE_BYTES
            || self.entries.len() >= PAGE_ENTRIES_MAX;
        let page = if no_room { self.take() } else { None };
        self.bytes = self.bytes.saturating_add(entry.content.len());
        self.entries.push(entry);
        page
    }

    /// What is collected, unless it is nothing.
    fn take(&mut self) -> Option<ImportedHistoryPage> {
        self.bytes = 0;
        let entries = std::mem::take(&mut self.entries);
        let configuration = self.configuration.clone();
        (!entries.is_empty()).then_some(ImportedHistoryPage { configuration, entries })
    }
}

/// The entries oldest first, each with its place. One without a time has no place in a
/// history.
fn placed(listed: Vec<HistoryForm>) -> Vec<Placed> {
    let mut timed: Vec<_> =
        listed.into_iter().filter_map(|entry| Some((entry.modify_time?, entry))).collect();
    // Sources that keep seconds have many entries at one time: their numbers tell then.
    timed.sort_by_cached_key(|(at, entry)| (*at, entry.id.parse::<u64>().unwrap_or_default()));
    let mut next = 0;
    timed
        .into_iter()
        .filter_map(|(at_ms, entry)| {
            let first = at_ms.saturating_mul(NUMBERS_PER_MILLI);
            let number = first.max(next);
            next = number.saturating_add(1);
            let ordinal = u32::try_from(number.saturating_sub(first)).ok()?;
            Some(Placed { entry, at_ms, ordinal })
        })
        .collect()
}

fn imported(
    entry: HistoryForm,
    at_ms: u64,
    ordinal: u32,
    gray: Option<ImportedGray>,
) -> ImportedHistory {
    ImportedHistory {
        content: entry.content,
        operation: entry.op_type.trim().to_owned(),
        author: entry.src_user,
        source_ip: entry.src_ip,
        encrypted_data_key: entry.encrypted_data_key,
        modified_ms: at_ms,
        ordinal,
        gray,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn entries_of_one_second_keep_their_order_and_get_numbers_of_their_own() {
        let entry = |id: u64, at: &str| {
            serde_json::from_value::<HistoryForm>(json!({ "id": id, "lastModifiedTime": at }))
                .unwrap()
        };
        let (first, then) = ("2023-11-14T22:13:20.000+0000", "2023-11-14T22:13:20.001+0000");
        let listed = vec![entry(12, then), entry(10, first), entry(9, first), entry(11, "no time")];
        let numbers: Vec<_> =
            placed(listed).into_iter().map(|it| (it.entry.id, it.ordinal)).collect();
        let expected = [("9", 0), ("10", 1), ("12", 0)];
        assert_eq!(numbers, expected.map(|(id, ordinal)| (id.to_owned(), ordinal)));

        let many = (0..1_002).map(|id| entry(id, first)).chain([entry(2_000, then)]).collect();
        let last = placed(many).pop().unwrap();
        assert_eq!(last.ordinal, 2, "the millisecond before it ran over");
    }
}
