//! Mends a journal that fjall refuses: cuts the newest one at its first broken
//! batch (rule 8). What is cut comes again from the log.
//!
//! A journal is a row of batches: start (tag 1, count u32, sequence number u64),
//! items (tag 2, type u8, compression u8, keyspace u64, key length u16, value
//! length u32, stored length u32, key, value) or clears (tag 4, keyspace u64), and
//! end (tag 3, XXH3 of the items u64, four trailer bytes); little endian, then zeros.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use xxhash_rust::xxh3::Xxh3;

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;
const TRAILER: [u8; 4] = *b"FJL\x03";

/// Type, compression and keyspace of an item, and the lengths of its key, its value
/// and its stored value.
const HEAD_BYTES: usize = 1 + 1 + 8 + 2 + 4 + 4;

/// The longest value that [`damage_in_older`] gives back.
const MARK_BYTES_MAX: u32 = 64;

/// Bytes read at once: journals are long, and read while somebody waits.
const READ_BYTES: usize = 256 * 1024;

/// What a journal holds up to its first broken batch.
#[derive(Debug, Default, PartialEq, Eq)]
struct Whole {
    /// Length of its whole batches.
    bytes: u64,
    /// The last value of the key that was asked for.
    mark: Option<Vec<u8>>,
}

/// An older journal with something else than whole batches in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OlderDamage {
    /// The journal.
    pub(crate) journal: PathBuf,
    /// Where its whole batches end.
    pub(crate) at: u64,
    /// The value that the key had last before that, if journals tell.
    pub(crate) mark: Option<Vec<u8>>,
}

impl OlderDamage {
    /// Cuts the journal where its whole batches end, keeping a copy of the uncut file.
    pub(crate) fn cut(&self, copy: &Path) -> io::Result<()> {
        cut(&self.journal, self.at, copy)
    }
}

/// Looks for damage in the journals of `folder` before the newest one, to be called
/// before fjall opens it: fjall silently cuts such a journal and goes on with the
/// next. A journal is synced whole before the next one is begun, so no crash
/// explains it. `key` is one whose last value before the damage is of interest.
pub(crate) fn damage_in_older(folder: &Path, key: &[u8]) -> io::Result<Option<OlderDamage>> {
    let mut mark = None;
    let mut journals = journals(folder)?;
    journals.pop();
    for (_, journal) in journals {
        let whole = whole_batches(reader(&journal)?, key)?;
        mark = whole.mark.or(mark);
        let mut rest = File::open(&journal)?;
        rest.seek(SeekFrom::Start(whole.bytes))?;
        if !is_zero(rest)? {
            return Ok(Some(OlderDamage { journal, at: whole.bytes, mark }));
        }
    }
    Ok(None)
}

/// Cuts the newest journal in `folder` after its last whole batch, keeping a copy
/// of the uncut file at `copy`. Says where it was cut; `None`: there is no journal.
pub(crate) fn cut_newest(folder: &Path, copy: &Path) -> io::Result<Option<u64>> {
    let Some((_, journal)) = journals(folder)?.pop() else { return Ok(None) };
    let whole = whole_batches(reader(&journal)?, &[])?.bytes;
    cut(&journal, whole, copy)?;
    Ok(Some(whole))
}

/// Cuts a journal, keeping a copy of the uncut file.
fn cut(journal: &Path, at: u64, copy: &Path) -> io::Result<()> {
    // Copied sparsely: only what is not zero behind the end is worth keeping.
    fs::copy(journal, copy)?;
    File::open(copy)?.sync_all()?;
    let file = OpenOptions::new().write(true).open(journal)?;
    file.set_len(at)?;
    file.sync_all()
}

/// Brings the newest journal in `folder` to disk. Older ones were before it was begun.
pub(crate) fn sync_newest(folder: &Path) -> io::Result<()> {
    loop {
        let Some((_, journal)) = journals(folder)?.pop() else { return Ok(()) };
        match File::open(journal) {
            Ok(journal) => return journal.sync_all(),
            // Followed by a newer one and removed between the look and the opening.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
}

/// The journals of a folder with their numbers, oldest first.
fn journals(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut journals = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_journal = path.extension().is_some_and(|extension| extension == "jnl");
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
        if let Some(number) = number.filter(|_| is_journal) {
            journals.push((number, path));
        }
    }
    journals.sort();
    Ok(journals)
}

fn reader(journal: &Path) -> io::Result<BufReader<File>> {
    Ok(BufReader::with_capacity(READ_BYTES, File::open(journal)?))
}

fn is_zero(mut rest: impl Read) -> io::Result<bool> {
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let read = rest.read(&mut buffer)?;
        if read == 0 {
            return Ok(true);
        }
        // Compared as a whole, which is much quicker than byte by byte.
        if buffer.get(..read).is_some_and(|bytes| bytes.iter().fold(0, |all, byte| all | byte) != 0)
        {
            return Ok(false);
        }
    }
}

/// The part of a journal that holds whole batches only.
fn whole_batches(mut journal: impl BufRead, key: &[u8]) -> io::Result<Whole> {
    let mut whole = Whole::default();
    loop {
        let mut mark = Mark { key, value: None };
        match batch(&mut journal, &mut mark) {
            Ok(Some(length)) => {
                whole.bytes += length;
                whole.mark = mark.value.or(whole.mark);
            }
            Ok(None) => return Ok(whole),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(whole),
            // Not an end: what cannot be read now must not be cut off.
            Err(error) => return Err(error),
        }
    }
}

/// The key that is looked for, and the value it got in this batch.
struct Mark<'a> {
    key: &'a [u8],
    value: Option<Vec<u8>>,
}

/// Reads one batch; its length, or `None` if what follows is not a whole one.
fn batch(journal: &mut impl BufRead, mark: &mut Mark<'_>) -> io::Result<Option<u64>> {
    let [tag] = array(journal)?;
    if tag != START {
        return Ok(None);
    }
    let count = u32::from_le_bytes(array(journal)?);
    let _sequence: [u8; 8] = array(journal)?;
    let mut length = 1 + 4 + 8;
    let mut hash = Xxh3::new();
    for _ in 0..count {
        match item(journal, &mut hash, mark)? {
            Some(item) => length += item,
            None => return Ok(None),
        }
    }
    let [tag] = array(journal)?;
    let expected = u64::from_le_bytes(array(journal)?);
    let trailer: [u8; 4] = array(journal)?;
    let whole = tag == END && trailer == TRAILER && expected == hash.digest();
    Ok(whole.then_some(length + 1 + 8 + 4))
}

fn item(
    journal: &mut impl BufRead,
    hash: &mut Xxh3,
    mark: &mut Mark<'_>,
) -> io::Result<Option<u64>> {
    let [tag] = array(journal)?;
    hash.update(&[tag]);
    if tag == CLEAR {
        let keyspace: [u8; 8] = array(journal)?;
        hash.update(&keyspace);
        return Ok(Some(1 + 8));
    }
    if tag != ITEM {
        return Ok(None);
    }
    let head: [u8; HEAD_BYTES] = array(journal)?;
    hash.update(&head);
    let [.., k0, k1, _, _, _, _, s0, s1, s2, s3] = head;
    let key_bytes = u16::from_le_bytes([k0, k1]);
    let stored_bytes = u32::from_le_bytes([s0, s1, s2, s3]);
    if usize::from(key_bytes) == mark.key.len() && stored_bytes <= MARK_BYTES_MAX {
        let mut row = vec![0; usize::from(key_bytes) + stored_bytes as usize];
        journal.read_exact(&mut row)?;
        hash.update(&row);
        if let Some(value) = row.strip_prefix(mark.key) {
            mark.value = Some(value.to_vec());
        }
    } else {
        pass(journal, hash, usize::from(key_bytes))?;
        pass(journal, hash, stored_bytes as usize)?;
    }
    let body = u64::from(key_bytes) + u64::from(stored_bytes);
    Ok(Some(1 + HEAD_BYTES as u64 + body))
}

/// Reads over `bytes` of a journal.
fn pass(journal: &mut impl BufRead, hash: &mut Xxh3, bytes: usize) -> io::Result<()> {
    let mut left = bytes;
    while left > 0 {
        let buffered = journal.fill_buf()?;
        if buffered.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let part = buffered.get(..left).unwrap_or(buffered);
        hash.update(part);
        let passed = part.len();
        journal.consume(passed);
        left -= passed;
    }
    Ok(())
}

fn array<const N: usize>(journal: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    journal.read_exact(&mut bytes)?;
    Ok(bytes)
}
