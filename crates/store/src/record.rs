//! How a record becomes a value of the store: one byte that names the version of
//! its form, then its protobuf bytes.
//!
//! Protobuf lets fields be added without a new version. A new version is for a
//! change of meaning, and old bytes stay in the tests as proof that they are read.

use prost::Message;

use crate::Value;

/// A stored form of something. Kept apart from the domain's types, so that these
/// may change while what is on disk stays readable.
pub trait Record: Message + Default {
    /// What it is, for error messages, e.g. `config item`.
    const KIND: &'static str;
    /// The newest version of the form, at least 1. Older versions are read as well.
    const VERSION: u8;
}

/// Why bytes are not a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A newer version of Seawall wrote it: use that version.
    #[error(
        "a {kind} of form {found} was written by a newer version; this one knows up to {known}"
    )]
    TooNew {
        /// What was being read.
        kind: &'static str,
        /// The form found.
        found: u8,
        /// The newest form this version reads.
        known: u8,
    },
    /// The bytes are not such a record.
    #[error("a {kind} cannot be read: {reason}")]
    Malformed {
        /// What was being read.
        kind: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// The value that holds `record`.
pub fn encode<R: Record>(record: &R) -> Value {
    let mut bytes = Vec::with_capacity(1 + record.encoded_len());
    bytes.push(R::VERSION);
    // Writing into a vector, which grows, cannot fail.
    record.encode_raw(&mut bytes);
    bytes.into()
}

/// The record that `value` holds.
pub fn decode<R: Record>(value: &[u8]) -> Result<R, RecordError> {
    let malformed = |reason: String| RecordError::Malformed { kind: R::KIND, reason };
    match value.split_first() {
        None | Some((0, _)) => Err(malformed("it does not begin with a version".to_owned())),
        Some((found, _)) if *found > R::VERSION => {
            Err(RecordError::TooNew { kind: R::KIND, found: *found, known: R::VERSION })
        }
        Some((_, body)) => R::decode(body).map_err(|error| malformed(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, PartialEq, Message)]
    struct Note {
        #[prost(string, tag = "1")]
        text: String,
        #[prost(uint64, tag = "2")]
        count: u64,
    }

    impl Record for Note {
        const KIND: &'static str = "note";
        const VERSION: u8 = 2;
    }

    #[test]
    fn reads_its_own_and_older_forms_and_refuses_newer_ones() {
        let note = Note { text: "harbour".to_owned(), count: 7 };
        let mut bytes = encode(&note).to_vec();
        assert_eq!(bytes, b"\x02\x0a\x07harbour\x10\x07");
        assert_eq!(decode::<Note>(&bytes), Ok(note.clone()));
        bytes[0] = 1;
        assert_eq!(decode::<Note>(&bytes), Ok(note));
        bytes[0] = 3;
        let newer = RecordError::TooNew { kind: "note", found: 3, known: 2 };
        assert_eq!(decode::<Note>(&bytes), Err(newer));
        assert!(matches!(decode::<Note>(b""), Err(RecordError::Malformed { .. })));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(note) = decode::<Note>(&bytes) {
                prop_assert_eq!(decode::<Note>(&encode(&note)), Ok(note));
            }
        }
    }
}
