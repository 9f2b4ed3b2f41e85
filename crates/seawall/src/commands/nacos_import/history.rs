//! The history of one configuration, in pages: however long it is, little of it is
//! held at once.

use super::Importer;
use crate::{
    api::import::{ImportOutcome, ImportedConfiguration, ImportedHistory, ImportedHistoryPage},
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
    /// Copies the history of `item`, which is not here yet; how many entries.
    pub(super) async fn history(
        &self,
        namespace: &str,
        name: &ItemName,
        item: &ImportedConfiguration,
    ) -> Result<usize, Failure> {
        let listed = placed(self.source.history(namespace, name).await?);
        if self.args.dry_run {
            return Ok(listed.len());
        }
        let of = ImportedConfiguration { content: String::new(), ..item.clone() };
        let mut page = Vec::new();
        let (mut bytes, mut copied) = (0_usize, 0);
        for Placed { entry, at_ms, ordinal } in listed {
            let Some(full) = self.source.history_entry(namespace, name, &entry.id).await? else {
                // It was cleaned meanwhile.
                continue;
            };
            // Gray releases are not copied, so neither is what became of them.
            if !full.gray_name.is_empty() {
                continue;
            }
            let full_page = bytes.saturating_add(full.content.len()) > PAGE_BYTES
                || page.len() >= PAGE_ENTRIES_MAX;
            if full_page && !page.is_empty() {
                copied += self.put_page(&of, std::mem::take(&mut page)).await?;
                bytes = 0;
            }
            bytes = bytes.saturating_add(full.content.len());
            page.push(imported(full, at_ms, ordinal));
        }
        if !page.is_empty() {
            copied += self.put_page(&of, page).await?;
        }
        Ok(copied)
    }

    async fn put_page(
        &self,
        configuration: &ImportedConfiguration,
        entries: Vec<ImportedHistory>,
    ) -> Result<usize, Failure> {
        let count = entries.len();
        let body = ImportedHistoryPage { configuration: configuration.clone(), entries };
        let outcome = self.put("/api/v1/import/history", &body).await?;
        Ok(if outcome == ImportOutcome::Copied { count } else { 0 })
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

fn imported(entry: HistoryForm, at_ms: u64, ordinal: u32) -> ImportedHistory {
    ImportedHistory {
        content: entry.content,
        operation: entry.op_type.trim().to_owned(),
        author: entry.src_user,
        source_ip: entry.src_ip,
        encrypted_data_key: entry.encrypted_data_key,
        modified_ms: at_ms,
        ordinal,
        gray: None,
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
