//! Mends a journal that fjall refuses: cuts the newest one at its first broken
//! batch (rule 8). What is cut comes again from the log.
//!
//! A journal is a row of batches: start (tag 1, count u32, sequence number u64),
//! items (tag 2, type u8, compression u8, keyspace u64, key length u16, value
//! length u32, stored length u32, key, value) or clears (tag 4, keyspace u64), and
//! end (tag 3, XXH3 of the items u64, four trailer bytes); little endian, then zeros.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use xxhash_rust::xxh3::Xxh3;

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;
const TRAILER: [u8; 4] = *b"FJL\x03";

/// Cuts the newest journal in `folder` after its last whole batch, keeping a copy
/// of the uncut file at `copy`. Says where it was cut; `None`: there is no journal.
pub(crate) fn cut_newest(folder: &Path, copy: &Path) -> io::Result<Option<u64>> {
    let Some(journal) = newest(folder)? else { return Ok(None) };
    let whole = whole_batches(BufReader::new(File::open(&journal)?));
    // Copied sparsely: only what is not zero behind the end is worth keeping.
    fs::copy(&journal, copy)?;
    let file = OpenOptions::new().write(true).open(&journal)?;
    file.set_len(whole)?;
    file.sync_all()?;
    Ok(Some(whole))
}

fn newest(folder: &Path) -> io::Result<Option<PathBuf>> {
    let mut newest: Option<(u64, PathBuf)> = None;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_journal = path.extension().is_some_and(|extension| extension == "jnl");
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
        if let Some(number) = number.filter(|_| is_journal)
            && newest.as_ref().is_none_or(|(best, _)| number > *best)
        {
            newest = Some((number, path));
        }
    }
    Ok(newest.map(|(_, path)| path))
}

/// Length of the part of a journal that holds whole batches only.
fn whole_batches(mut journal: impl Read) -> u64 {
    let mut whole = 0;
    while let Ok(Some(length)) = batch(&mut journal) {
        whole += length;
    }
    whole
}

/// Reads one batch; its length, or `None` if what follows is not a whole one.
fn batch(journal: &mut impl Read) -> io::Result<Option<u64>> {
    let [tag] = array(journal)?;
    if tag != START {
        return Ok(None);
    }
    let count = u32::from_le_bytes(array(journal)?);
    let _sequence: [u8; 8] = array(journal)?;
    let mut length = 1 + 4 + 8;
    let mut hash = Xxh3::new();
    for _ in 0..count {
        match item(journal, &mut hash)? {
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

fn item(journal: &mut impl Read, hash: &mut Xxh3) -> io::Result<Option<u64>> {
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
    let kind_and_keyspace: [u8; 10] = array(journal)?;
    let key_length: [u8; 2] = array(journal)?;
    let value_length: [u8; 4] = array(journal)?;
    let stored_length: [u8; 4] = array(journal)?;
    hash.update(&kind_and_keyspace);
    hash.update(&key_length);
    hash.update(&value_length);
    hash.update(&stored_length);
    let body =
        u64::from(u16::from_le_bytes(key_length)) + u64::from(u32::from_le_bytes(stored_length));
    let mut read = 0;
    let mut buffer = [0; 4096];
    while read < body {
        let wanted = usize::try_from(body - read).unwrap_or(usize::MAX).min(buffer.len());
        let Some(part) = buffer.get_mut(..wanted) else { return Ok(None) };
        journal.read_exact(part)?;
        hash.update(part);
        read += part.len() as u64;
    }
    Ok(Some(1 + 10 + 2 + 4 + 4 + body))
}

fn array<const N: usize>(journal: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    journal.read_exact(&mut bytes)?;
    Ok(bytes)
}
