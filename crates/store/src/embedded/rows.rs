//! How keys, values and leases lie in the engine's tables.
//!
//! | table | key | value |
//! |---|---|---|
//! | every | `00` | how far the table is: index, time |
//! | data | `01` key | form, where the value is, created, modified, lease, then the value or its pieces' count and length |
//! | chunk | `01` key length (u16), key, number (u32) | a piece of the value |
//! | data | `02` lease | time to live |
//! | data | `03` lease, key | nothing: the key is bound to the lease |
//!
//! Numbers are big endian. Every row ends with the CRC-32 of its key and value, as
//! the engine does not check what it reads back after a restart. Long values lie in
//! pieces, because a value longer than about a page can leave a torn journal that
//! the engine refuses (rule 8).

use bytes::Bytes;
use seawall_clock::Timestamp;

use super::commit_record::{CommitRecord, Effect};
use crate::{
    Key, LeaseId, Revision,
    engine::{EngineBatch, Table},
};

/// The longest value kept in one row, and the length of a piece.
pub(super) const PIECE_BYTES: usize = 3_900;

const FORM: u8 = 1;
const INLINE: u8 = 0;
const IN_PIECES: u8 = 1;
const CRC_BYTES: usize = 4;

/// The first byte of rows tells what they are about.
const ENTITY: u8 = 1;
const LEASE: u8 = 2;
const BINDING: u8 = 3;
/// The key of the row that says how far a table is.
pub(super) const PROGRESS_KEY: [u8; 1] = [0];

/// How far a table is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Progress {
    /// The last commit applied.
    pub(super) index: u64,
    /// Its time.
    pub(super) time: Timestamp,
}

/// What is known of a key that has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyMeta {
    pub(super) created: Revision,
    pub(super) modified: Revision,
    /// The lease, as it is stored.
    pub(super) lease: u64,
    /// Pieces the value lies in; 0: it is in the row.
    pub(super) chunks: u32,
}

/// A row of the data table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DataRow {
    pub(super) meta: KeyMeta,
    pub(super) value: StoredValue,
}

/// Where the value of a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StoredValue {
    /// In the row.
    Inline(Bytes),
    /// In as many pieces as the row says, this long together.
    InPieces { bytes: u64 },
}

/// A row that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a row of the {table} table is damaged (key {key})")]
pub(super) struct DamagedRow {
    table: &'static str,
    key: String,
}

impl DamagedRow {
    pub(super) fn new(table: Table, key: &[u8]) -> Self {
        Self { table: table.name(), key: key.escape_ascii().to_string() }
    }
}

/// How many pieces a value lies in.
pub(super) fn chunks_of(value_bytes: usize) -> u32 {
    if value_bytes <= PIECE_BYTES {
        return 0;
    }
    u32::try_from(value_bytes.div_ceil(PIECE_BYTES)).unwrap_or(u32::MAX)
}

/// Writes what a commit does to the tables, and that it was done.
pub(super) fn write_commit(batch: &mut EngineBatch, index: u64, record: &CommitRecord) {
    for effect in &record.effects {
        write_effect(batch, Revision::new(index), effect);
    }
    if record.granted_ttl_ms > 0 {
        let ttl = record.granted_ttl_ms.to_be_bytes().to_vec();
        put(batch, Table::Data, lease_key(index), ttl);
    }
    if record.ended_lease > 0 {
        batch.delete(Table::Data, lease_key(record.ended_lease));
    }
}

/// Writes how far the tables are. In every table, because each is written to disk
/// by itself: the least of them is how far the whole is (rule 7).
pub(super) fn write_progress(batch: &mut EngineBatch, progress: Progress) {
    for table in Table::ALL {
        let mut value = progress.index.to_be_bytes().to_vec();
        value.extend_from_slice(&progress.time.to_bits().to_be_bytes());
        put(batch, table, PROGRESS_KEY.to_vec(), value);
    }
}

fn write_effect(batch: &mut EngineBatch, revision: Revision, effect: &Effect) {
    let mut chunks = 0;
    match &effect.value {
        Some(value) => {
            chunks = chunks_of(value.len());
            if chunks > 0 {
                for (number, piece) in (0..).zip(value.chunks(PIECE_BYTES)) {
                    put(batch, Table::Chunk, chunk_key(&effect.key, number), piece.to_vec());
                }
            }
            let row = data_value(revision, effect, value, chunks);
            put(batch, Table::Data, data_key(&effect.key), row);
        }
        None => batch.delete(Table::Data, data_key(&effect.key)),
    }
    for number in chunks..effect.prior_chunks {
        batch.delete(Table::Chunk, chunk_key(&effect.key, number));
    }
    if effect.prior_lease > 0 && effect.prior_lease != effect.lease {
        batch.delete(Table::Data, binding_key(effect.prior_lease, &effect.key));
    }
    if effect.lease > 0 && effect.value.is_some() {
        put(batch, Table::Data, binding_key(effect.lease, &effect.key), Vec::new());
    }
}

fn data_value(revision: Revision, effect: &Effect, value: &[u8], chunks: u32) -> Vec<u8> {
    let inline = if chunks == 0 { value } else { &[] };
    let mut row = Vec::with_capacity(2 + 3 * 8 + 12 + inline.len() + CRC_BYTES);
    row.push(FORM);
    row.push(if chunks == 0 { INLINE } else { IN_PIECES });
    row.extend_from_slice(&effect.created_by(revision).get().to_be_bytes());
    row.extend_from_slice(&revision.get().to_be_bytes());
    row.extend_from_slice(&effect.lease.to_be_bytes());
    if chunks > 0 {
        row.extend_from_slice(&chunks.to_be_bytes());
        row.extend_from_slice(&(value.len() as u64).to_be_bytes());
    }
    row.extend_from_slice(inline);
    row
}

/// Puts a row with its checksum.
fn put(batch: &mut EngineBatch, table: Table, key: Vec<u8>, mut value: Vec<u8>) {
    let crc = checksum(&key, &value);
    value.extend_from_slice(&crc.to_be_bytes());
    batch.put(table, key, value);
}

fn checksum(key: &[u8], value: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(key);
    crc.update(value);
    crc.finalize()
}

/// The contents of a row, if its checksum is right.
pub(super) fn checked<'a>(table: Table, key: &[u8], row: &'a [u8]) -> Result<&'a [u8], DamagedRow> {
    row.split_last_chunk::<CRC_BYTES>()
        .filter(|(value, crc)| checksum(key, value) == u32::from_be_bytes(**crc))
        .map(|(value, _)| value)
        .ok_or_else(|| DamagedRow::new(table, key))
}

/// Reads a row of the data table.
pub(super) fn read_data(key: &[u8], row: &[u8]) -> Result<DataRow, DamagedRow> {
    let mut rest = checked(Table::Data, key, row)?;
    let read = |rest: &mut &[u8]| -> Option<DataRow> {
        let [form, place] = take(rest)?;
        let created = Revision::new(u64::from_be_bytes(take(rest)?));
        let modified = Revision::new(u64::from_be_bytes(take(rest)?));
        let lease = u64::from_be_bytes(take(rest)?);
        let (chunks, value) = match (form, place) {
            (FORM, INLINE) => (0, StoredValue::Inline(Bytes::copy_from_slice(rest))),
            (FORM, IN_PIECES) => {
                let chunks = u32::from_be_bytes(take(rest)?);
                (chunks, StoredValue::InPieces { bytes: u64::from_be_bytes(take(rest)?) })
            }
            _ => return None,
        };
        Some(DataRow { meta: KeyMeta { created, modified, lease, chunks }, value })
    };
    read(&mut rest).ok_or_else(|| DamagedRow::new(Table::Data, key))
}

/// Reads the row that says how far a table is.
pub(super) fn read_progress(table: Table, row: &[u8]) -> Result<Progress, DamagedRow> {
    let mut rest = checked(table, &PROGRESS_KEY, row)?;
    let read = |rest: &mut &[u8]| -> Option<Progress> {
        let index = u64::from_be_bytes(take(rest)?);
        Some(Progress { index, time: Timestamp::from_bits(u64::from_be_bytes(take(rest)?)) })
    };
    read(&mut rest).ok_or_else(|| DamagedRow::new(table, &PROGRESS_KEY))
}

/// A row about a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LeaseRow {
    /// A lease and its time to live in milliseconds.
    Lease { id: LeaseId, ttl_ms: u64 },
    /// A key bound to a lease.
    Binding { lease: LeaseId, key: Key },
}

/// Reads a row about a lease.
pub(super) fn read_lease(key: &[u8], row: &[u8]) -> Result<LeaseRow, DamagedRow> {
    let mut value = checked(Table::Data, key, row)?;
    let read = |mut rest: &[u8], value: &mut &[u8]| -> Option<LeaseRow> {
        let [kind] = take(&mut rest)?;
        let id = LeaseId::new(u64::from_be_bytes(take(&mut rest)?));
        match kind {
            LEASE => Some(LeaseRow::Lease { id, ttl_ms: u64::from_be_bytes(take(value)?) }),
            BINDING => {
                let key = Key::new(Bytes::copy_from_slice(rest));
                Some(LeaseRow::Binding { lease: id, key })
            }
            _ => None,
        }
    };
    read(key, &mut value).ok_or_else(|| DamagedRow::new(Table::Data, key))
}

/// The row of a key in the data table.
pub(super) fn data_key(key: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(1 + key.len());
    row.push(ENTITY);
    row.extend_from_slice(key);
    row
}

/// The first row of leases in the data table, behind all keys.
pub(super) const DATA_END: [u8; 1] = [ENTITY + 1];

/// The key that a row of the data table is about.
pub(super) fn key_of_data(row: &[u8]) -> Option<Key> {
    row.strip_prefix(&[ENTITY]).map(|key| Key::new(Bytes::copy_from_slice(key)))
}

/// The row of a piece of a value.
pub(super) fn chunk_key(key: &[u8], number: u32) -> Vec<u8> {
    let mut row = Vec::with_capacity(1 + 2 + key.len() + 4);
    row.push(ENTITY);
    // Keys are limited to far less than this length can say.
    row.extend_from_slice(&u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
    row.extend_from_slice(key);
    row.extend_from_slice(&number.to_be_bytes());
    row
}

fn lease_key(lease: u64) -> Vec<u8> {
    let mut row = vec![LEASE];
    row.extend_from_slice(&lease.to_be_bytes());
    row
}

fn binding_key(lease: u64, key: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(1 + 8 + key.len());
    row.push(BINDING);
    row.extend_from_slice(&lease.to_be_bytes());
    row.extend_from_slice(key);
    row
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rule_7_a_flipped_bit_anywhere_in_a_row_is_noticed() {
        let effect = Effect { key: Bytes::from_static(b"k"), ..Effect::default() };
        let effect = Effect { value: Some(Bytes::from_static(b"value")), ..effect };
        let mut batch = EngineBatch::default();
        write_effect(&mut batch, Revision::new(3), &effect);
        let ((_, key), row) = batch.writes.pop_first().unwrap();
        let row = row.unwrap();
        assert!(read_data(&key, &row).is_ok());
        for bit in 0..row.len() * 8 {
            let mut flipped = row.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(read_data(&key, &flipped).is_err(), "bit {bit}");
        }
        assert!(read_data(b"\x01other", &row).is_err(), "a row under another key");
    }

    #[test]
    fn rule_8_a_value_lies_in_its_row_up_to_the_length_of_a_piece() {
        assert_eq!(chunks_of(PIECE_BYTES), 0);
        assert_eq!(chunks_of(PIECE_BYTES + 1), 2);
        assert_eq!(chunks_of(3 * PIECE_BYTES), 3);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            key in prop::collection::vec(any::<u8>(), 0..20),
            value in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let mut batch = EngineBatch::default();
            put(&mut batch, Table::Data, key.clone(), value);
            let (_, row) = batch.writes.pop_first().unwrap();
            let row = row.unwrap();
            let _ = read_data(&key, &row);
            let _ = read_lease(&key, &row);
            let _ = read_progress(Table::Data, &row);
        }
    }
}
