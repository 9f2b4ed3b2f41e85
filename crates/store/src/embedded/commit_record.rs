//! The form of a commit in the log: what became of each key, not what was asked.
//!
//! Applying a record again, also when later ones were applied already, ends in the
//! same state once the later ones have been applied again as well.

use bytes::Bytes;
use raft_proto::eraftpb::Entry;
use seawall_clock::Timestamp;

use crate::{
    Change, ChangeSet, Key, KeyValue, LeaseId, Revision,
    record::{self, Record, RecordError},
};

/// One commit.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CommitRecord {
    /// Its time, as the bits of a [`Timestamp`].
    #[prost(fixed64, tag = "1")]
    pub(crate) time: u64,
    /// What becomes of keys, in key order.
    #[prost(message, repeated, tag = "2")]
    pub(crate) effects: Vec<Effect>,
    /// Time to live in milliseconds of the lease granted here, whose id is the
    /// commit's revision; 0: none.
    #[prost(uint64, tag = "3")]
    pub(crate) granted_ttl_ms: u64,
    /// The lease that ends here; 0: none.
    #[prost(uint64, tag = "4")]
    pub(crate) ended_lease: u64,
}

/// What becomes of one key.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Effect {
    /// The key.
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) key: Bytes,
    /// Its new value; none: it is deleted.
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub(crate) value: Option<Bytes>,
    /// The commit that made the key; 0: this one.
    #[prost(uint64, tag = "3")]
    pub(crate) created: u64,
    /// The lease the key is bound to; 0: none.
    #[prost(uint64, tag = "4")]
    pub(crate) lease: u64,
    /// The lease it was bound to before; 0: none.
    #[prost(uint64, tag = "5")]
    pub(crate) prior_lease: u64,
    /// Pieces its value was stored in before; 0: it was short, or there was none.
    #[prost(uint32, tag = "6")]
    pub(crate) prior_chunks: u32,
}

impl Record for CommitRecord {
    const KIND: &'static str = "commit";
    const VERSION: u8 = 1;
}

impl CommitRecord {
    /// The entry of the log that holds this record.
    pub(super) fn to_entry(&self, index: u64) -> Entry {
        Entry { index, term: 1, data: record::encode(self), ..Entry::default() }
    }

    /// The record that an entry of the log holds.
    pub(super) fn from_entry(entry: &Entry) -> Result<Self, RecordError> {
        record::decode(&entry.data)
    }

    /// The commit's time.
    pub(super) fn time(&self) -> Timestamp {
        Timestamp::from_bits(self.time)
    }

    /// What the commit changed under `prefix`, if it did.
    pub(super) fn changes(&self, index: u64, prefix: &Key) -> Option<ChangeSet> {
        let revision = Revision::new(index);
        let changes: Vec<_> = self
            .effects
            .iter()
            .filter(|effect| effect.key.starts_with(prefix.as_bytes()))
            .map(|effect| effect.to_change(revision))
            .collect();
        (!changes.is_empty()).then(|| ChangeSet { revision, time: self.time(), changes })
    }
}

impl Effect {
    /// The commit that made the key, given the commit this effect is of.
    pub(super) fn created_by(&self, revision: Revision) -> Revision {
        if self.created == 0 { revision } else { Revision::new(self.created) }
    }

    fn to_change(&self, revision: Revision) -> Change {
        let key = Key::new(self.key.clone());
        match &self.value {
            Some(value) => Change::Put(KeyValue {
                key,
                value: value.clone(),
                created: self.created_by(revision),
                modified: revision,
                lease: lease_of(self.lease),
            }),
            None => Change::Delete(key),
        }
    }
}

/// A lease as it is stored: 0 stands for none, as no commit has that number.
pub(super) fn lease_of(number: u64) -> Option<LeaseId> {
    (number != 0).then(|| LeaseId::new(number))
}

/// How a lease is stored.
pub(super) fn stored_lease(lease: Option<LeaseId>) -> u64 {
    lease.map_or(0, LeaseId::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes written by version 1. If this fails, logs of existing stores are not
    /// readable any more: make a new version instead.
    #[test]
    fn reads_what_the_first_version_wrote() {
        let record = CommitRecord {
            time: 0x0102_0304_0506_0708,
            effects: vec![
                Effect {
                    key: Bytes::from_static(b"a"),
                    value: Some(Bytes::from_static(b"")),
                    created: 3,
                    lease: 9,
                    prior_lease: 8,
                    prior_chunks: 2,
                },
                Effect { key: Bytes::from_static(b"b"), ..Effect::default() },
            ],
            granted_ttl_ms: 1_000,
            ended_lease: 5,
        };
        let bytes = hex(
            "01 09 0807060504030201 12 0d 0a0161 1200 1803 2009 2808 3002 12 03 0a0162 18e807 2005",
        );
        assert_eq!(record::encode(&record), bytes);
        assert_eq!(record::decode::<CommitRecord>(&bytes), Ok(record));
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: String = text.split_whitespace().collect();
        (0..digits.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
            .collect()
    }
}
