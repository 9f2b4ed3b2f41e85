//! Copies of a store, made and brought back.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{
    OfflineError, OfflineProgress,
    error::io_error,
    files::{copy_file, files_in, is_free, put_in_place},
    manifest::{self, Listed},
};
use crate::embedded::directory::{Directory, is_store};

/// What belongs to a process or to an earlier repair, not to the store.
const LEFT_OUT: [&str; 5] =
    ["LOCK", "RESERVE", "state.damaged", "state.uncut-journal", "state.tmp"];

/// What was copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BackupReport {
    /// Files copied.
    pub files: usize,
    /// Bytes in them.
    pub bytes: u64,
}

/// Copies the store in `dir` into the new folder `into`, which appears only once it is
/// whole and on disk. `without` are names in `dir` that are not copied.
///
/// # Errors
/// A folder without a store, or in use; `into` is there already; the disk.
pub fn backup(
    dir: &Path,
    into: &Path,
    without: &[&str],
    tell: &mut dyn FnMut(OfflineProgress),
) -> Result<BackupReport, OfflineError> {
    if !is_store(dir) {
        return Err(OfflineError::NotAStore { path: dir.to_owned() });
    }
    require_free(into)?;
    let _mine = Directory::take(dir)?;
    let left_out = |name: &str| LEFT_OUT.contains(&name) || without.contains(&name);
    let found = files_in(dir, &left_out).map_err(io_error(dir))?;
    let building = begin(into)?;
    let mut progress = Progress::new(found.iter().map(|(_, bytes)| bytes).sum(), tell);
    let mut listed = Vec::new();
    for (name, _) in found {
        let path = name.to_str().filter(|name| !name.contains('\n'));
        let path = path.ok_or_else(|| {
            io_error(&dir.join(&name))(io::Error::other("its name cannot be listed"))
        })?;
        let from = dir.join(path);
        let copied = copy_file(&from, &building.join(path), &mut |bytes| progress.add(bytes));
        let (bytes, crc) = copied.map_err(io_error(&from))?;
        listed.push(Listed { path: path.to_owned(), bytes, crc });
    }
    let list = building.join(manifest::NAME);
    let write = || {
        let mut file = File::create_new(&list)?;
        file.write_all(manifest::write(&listed).as_bytes())?;
        file.sync_all()?;
        put_in_place(&building, into)
    };
    write().map_err(io_error(into))?;
    Ok(report(&listed))
}

/// Makes the store in `dir` anew from a backup. `dir` appears only once everything is
/// compared with the backup's list and on disk.
///
/// # Errors
/// `from` is no backup or not whole; `dir` is there already; the disk.
pub fn restore(
    from: &Path,
    dir: &Path,
    tell: &mut dyn FnMut(OfflineProgress),
) -> Result<BackupReport, OfflineError> {
    let list = from.join(manifest::NAME);
    let text = match fs::read_to_string(&list) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(OfflineError::NotABackup { path: from.to_owned() });
        }
        Err(error) => return Err(io_error(&list)(error)),
    };
    let damaged = |path: &Path| {
        let path = path.to_owned();
        move |reason: String| OfflineError::Damaged { path, reason }
    };
    let listed = manifest::read(&text).map_err(damaged(&list))?;
    require_free(dir)?;
    let building = begin(dir)?;
    let mut progress = Progress::new(listed.iter().map(|file| file.bytes).sum(), tell);
    for file in &listed {
        let source = from.join(&file.path);
        let copied =
            copy_file(&source, &building.join(&file.path), &mut |bytes| progress.add(bytes));
        let right = match copied {
            Ok(copied) => copied == (file.bytes, file.crc),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(io_error(&source)(error)),
        };
        if !right {
            // Nothing half there is left behind; if it cannot be removed, the next
            // attempt does.
            drop(fs::remove_dir_all(&building));
            return Err(damaged(&source)("it is not the file that was backed up".to_owned()));
        }
    }
    put_in_place(&building, dir).map_err(io_error(dir))?;
    Ok(report(&listed))
}

fn report(listed: &[Listed]) -> BackupReport {
    BackupReport { files: listed.len(), bytes: listed.iter().map(|file| file.bytes).sum() }
}

fn require_free(path: &Path) -> Result<(), OfflineError> {
    match is_free(path).map_err(io_error(path))? {
        true => Ok(()),
        false => Err(OfflineError::NotEmpty { path: path.to_owned() }),
    }
}

/// An empty folder beside `place`, to be given its name in the end.
fn begin(place: &Path) -> Result<PathBuf, OfflineError> {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    let building = place.with_file_name(name);
    match fs::remove_dir_all(&building) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(io_error(&building)(error));
        }
        _ => fs::create_dir_all(&building).map_err(io_error(&building))?,
    }
    Ok(building)
}

struct Progress<'a> {
    done: u64,
    total: u64,
    tell: &'a mut dyn FnMut(OfflineProgress),
}

impl<'a> Progress<'a> {
    fn new(total: u64, tell: &'a mut dyn FnMut(OfflineProgress)) -> Self {
        Self { done: 0, total, tell }
    }

    fn add(&mut self, bytes: u64) {
        self.done += bytes;
        let total_bytes = Some(self.total.max(self.done));
        (self.tell)(OfflineProgress { done_bytes: self.done, total_bytes });
    }
}
