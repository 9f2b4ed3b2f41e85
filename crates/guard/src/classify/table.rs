//! A vendor's codes as data.

use super::Diagnosis;

/// Codes in rising order and what each says.
pub(super) type Table<K> = [(K, Diagnosis)];

/// What `code` says; `None` if the table does not know it.
pub(super) fn find<K: Ord + Copy>(table: &Table<K>, code: K) -> Option<Diagnosis> {
    let place = table.binary_search_by(|(known, _)| known.cmp(&code)).ok()?;
    table.get(place).map(|(_, diagnosis)| *diagnosis)
}

/// Fails unless the codes rise, which also says that none is there twice.
#[cfg(test)]
pub(super) fn assert_sorted<K: Ord + std::fmt::Debug>(table: &Table<K>) {
    for pair in table.windows(2) {
        let [(one, _), (next, _)] = pair else { unreachable!() };
        assert!(one < next, "{one:?} stands before {next:?}");
    }
}
