//! What a file holds, with little memory for what is empty.

use std::{collections::BTreeMap, fs::File, io, os::unix::fs::FileExt, path::Path};

/// The smallest part that a disk writes whole.
pub(crate) const SECTOR: usize = 512;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Content {
    length: u64,
    sectors: BTreeMap<u64, [u8; SECTOR]>,
}

impl Content {
    pub(crate) fn write(&mut self, offset: u64, bytes: &[u8]) {
        for (sector, within, part) in parts(offset, bytes) {
            let held = self.sectors.entry(sector).or_insert([0; SECTOR]);
            held[within..within + part.len()].copy_from_slice(part);
        }
        self.length = self.length.max(offset + bytes.len() as u64);
    }

    pub(crate) fn resize(&mut self, length: u64) {
        if length < self.length {
            self.sectors.split_off(&length.div_ceil(SECTOR as u64));
            let within = (length % SECTOR as u64) as usize;
            if let Some(last) = self.sectors.get_mut(&(length / SECTOR as u64)) {
                last[within..].fill(0);
            }
        }
        self.length = length;
    }

    pub(crate) fn save(&self, path: &Path) -> io::Result<()> {
        let file = File::create(path)?;
        for (sector, bytes) in &self.sectors {
            file.write_all_at(bytes, sector * SECTOR as u64)?;
        }
        file.set_len(self.length)
    }
}

/// What a write brings to each sector: its number, where in it, and the bytes.
pub(crate) fn parts(offset: u64, bytes: &[u8]) -> impl Iterator<Item = (u64, usize, &[u8])> {
    let mut at = offset;
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (sector, within) = (at / SECTOR as u64, (at % SECTOR as u64) as usize);
        let (part, others) = rest.split_at(rest.len().min(SECTOR - within));
        at += part.len() as u64;
        rest = others;
        Some((sector, within, part))
    })
}

#[test]
fn a_file_is_cut_and_grown_with_zeros() {
    let mut content = Content::default();
    content.write(500, &[7; 1_000]);
    content.resize(600);
    content.resize(2_000);
    content.write(1_998, &[9]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    content.save(&path).unwrap();
    let mut expected = vec![0; 2_000];
    expected[500..600].fill(7);
    expected[1_998] = 9;
    assert_eq!(std::fs::read(path).unwrap(), expected);
}
