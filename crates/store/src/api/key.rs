//! Keys, values and ranges of keys.

use std::fmt;

use bytes::Bytes;

/// A key: any bytes, ordered as bytes. Cheap to clone.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Bytes);

/// A value: any bytes. Cheap to clone.
pub type Value = Bytes;

/// The byte between the parts of a key. No name may contain it.
const SEPARATOR: u8 = 0;

impl Key {
    /// A key of exactly these bytes.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }

    /// Joins `parts` so that keys sort by their first part, then the second, and
    /// so on, and no part can run into the next: each part ends with a zero byte.
    /// A key of fewer parts is a prefix of every key that continues it.
    ///
    /// Parts with a zero byte would be ambiguous; names are checked at the doors,
    /// where none may contain one.
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut bytes = Vec::with_capacity(64);
        for part in parts {
            debug_assert!(!part.as_bytes().contains(&SEPARATOR), "a key part holds a zero byte");
            bytes.extend_from_slice(part.as_bytes());
            bytes.push(SEPARATOR);
        }
        Self(bytes.into())
    }

    /// The parts this key was joined from; `None` if it was not made by
    /// [`Key::of_parts`].
    pub fn parts(&self) -> Option<Vec<&str>> {
        let body = self.0.strip_suffix(&[SEPARATOR])?;
        body.split(|byte| *byte == SEPARATOR).map(|part| std::str::from_utf8(part).ok()).collect()
    }

    /// The bytes of the key.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same bytes, shared.
    pub(crate) fn to_bytes(&self) -> Bytes {
        self.0.clone()
    }

    /// Whether the key begins with `prefix`.
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }

    /// The smallest key greater than this one.
    pub fn successor(&self) -> Self {
        let mut bytes = Vec::with_capacity(self.0.len() + 1);
        bytes.extend_from_slice(&self.0);
        bytes.push(0);
        Self(bytes.into())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// Keys from `start` up to but not including `end`; without `end`, all the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// First key of the range.
    pub start: Key,
    /// First key after the range.
    pub end: Option<Key>,
}

impl KeyRange {
    /// Every key.
    pub fn all() -> Self {
        Self { start: Key::default(), end: None }
    }

    /// Every key that begins with `prefix`.
    pub fn prefix(prefix: &Key) -> Self {
        let mut end = prefix.0.to_vec();
        // The first key past the prefix: drop trailing 0xff bytes, add one to the last.
        while end.last() == Some(&u8::MAX) {
            end.pop();
        }
        let end = match end.last_mut() {
            Some(last) => {
                *last += 1;
                Some(Key(end.into()))
            }
            None => None,
        };
        Self { start: prefix.clone(), end }
    }

    /// Whether `key` lies in the range.
    pub fn contains(&self, key: &Key) -> bool {
        *key >= self.start && self.end.as_ref().is_none_or(|end| key < end)
    }

    /// What is left of the range after `key`.
    pub fn after(&self, key: &Key) -> Self {
        Self { start: key.successor().max(self.start.clone()), end: self.end.clone() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_sort_part_by_part() {
        let short = Key::of_parts(["config", "a", "z"]);
        let longer = Key::of_parts(["config", "ab", "a"]);
        assert!(short < longer, "`a` sorts before `ab`, whatever follows");
        assert!(short.starts_with(&Key::of_parts(["config", "a"])));
        assert!(!longer.starts_with(&Key::of_parts(["config", "a"])));
        assert_eq!(short.parts(), Some(vec!["config", "a", "z"]));
    }

    proptest! {
        #[test]
        fn a_prefix_range_holds_exactly_the_keys_with_that_prefix(
            prefix in prop::collection::vec(prop_oneof![Just(0u8), Just(255), any::<u8>()], 0..4),
            key in prop::collection::vec(prop_oneof![Just(0u8), Just(255), any::<u8>()], 0..6),
        ) {
            let (prefix, key) = (Key::new(prefix), Key::new(key));
            prop_assert_eq!(KeyRange::prefix(&prefix).contains(&key), key.starts_with(&prefix));
        }

        #[test]
        fn nothing_fits_between_a_key_and_its_successor(
            key in prop::collection::vec(any::<u8>(), 0..4),
            other in prop::collection::vec(any::<u8>(), 0..6),
        ) {
            let (key, other) = (Key::new(key), Key::new(other));
            prop_assert!(!(key < other && other < key.successor()));
        }
    }
}
