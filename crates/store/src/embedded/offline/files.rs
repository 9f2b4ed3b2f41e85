//! Copying folders so that they are on disk and known to be right.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use crate::engine::sync_folder;

const BLOCK_BYTES: usize = 64 * 1024;

/// The files under `root`, from there, in order; `left_out` are names in `root` itself.
pub(super) fn files_in(
    root: &Path,
    left_out: &dyn Fn(&str) -> bool,
) -> io::Result<Vec<(PathBuf, u64)>> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let name = entry.file_name();
            if folder.as_os_str().is_empty() && name.to_str().is_some_and(left_out) {
                continue;
            }
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(folder.join(name));
            } else if kind.is_file() {
                files.push((folder.join(name), entry.metadata()?.len()));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Copies a file with the folders above it, to disk, leaving holes where it is zero.
/// Says how long it is and its CRC-32.
pub(super) fn copy_file(
    from: &Path,
    to: &Path,
    tell: &mut dyn FnMut(u64),
) -> io::Result<(u64, u32)> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let (mut from, mut to) = (File::open(from)?, File::create_new(to)?);
    let mut crc = crc32fast::Hasher::new();
    let mut block = vec![0; BLOCK_BYTES];
    let mut bytes = 0;
    loop {
        let read = from.read(&mut block)?;
        let Some(part) = block.get(..read).filter(|part| !part.is_empty()) else { break };
        crc.update(part);
        if part.iter().any(|byte| *byte != 0) {
            to.seek(SeekFrom::Start(bytes))?;
            to.write_all(part)?;
        }
        bytes += read as u64;
        tell(read as u64);
    }
    to.set_len(bytes)?;
    to.sync_all()?;
    Ok((bytes, crc.finalize()))
}

/// Brings the names of everything under a folder to disk.
pub(super) fn sync_folders(root: &Path) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    sync_folder(root)
}

/// Gives a finished folder its place.
pub(super) fn put_in_place(building: &Path, place: &Path) -> io::Result<()> {
    sync_folders(building)?;
    match fs::remove_dir(place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::rename(building, place)?,
    }
    match place.parent() {
        Some(above) if !above.as_os_str().is_empty() => sync_folder(above),
        _ => sync_folder(Path::new(".")),
    }
}

/// Whether a folder is not there or empty.
pub(super) fn is_free(path: &Path) -> io::Result<bool> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}
