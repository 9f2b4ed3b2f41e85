//! The folder of a store: who may use it and what is where.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{OpenError, engine::sync_folder};

/// The newest form of the folder that this version reads, and the one it writes.
const FORMAT: u32 = 1;

/// A folder that belongs to this process until it is dropped.
#[derive(Debug)]
pub(super) struct Directory {
    root: PathBuf,
    /// Locked; the system lets go of it with the process, however that ends.
    _lock: File,
}

impl Directory {
    /// Takes the folder, making it if it is not there. Touches nothing if another
    /// process has it or a newer version wrote it.
    pub(super) fn take(root: &Path) -> Result<Self, OpenError> {
        check_format(root)?;
        make_folder(root).map_err(io_error(root))?;
        let lock = lock(root)?;
        // Somebody may have been quicker between the look and the lock.
        check_format(root)?;
        let directory = Self { root: root.to_owned(), _lock: lock };
        directory.write_format()?;
        Ok(directory)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    pub(super) fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    /// Where a state that is built anew is put aside.
    pub(super) fn damaged_state(&self) -> PathBuf {
        self.root.join("state.damaged")
    }

    pub(super) fn reserve(&self) -> PathBuf {
        self.root.join("RESERVE")
    }

    fn write_format(&self) -> Result<(), OpenError> {
        let path = format_path(&self.root);
        if path.exists() {
            return Ok(());
        }
        let building = path.with_extension("tmp");
        let write = || {
            let mut file = File::create(&building)?;
            writeln!(file, "{FORMAT}")?;
            file.sync_all()?;
            fs::rename(&building, &path)?;
            sync_folder(&self.root)
        };
        write().map_err(io_error(&path))
    }
}

/// Whether a folder holds a store.
pub(super) fn is_store(root: &Path) -> bool {
    format_path(root).is_file()
}

/// Makes a folder and those above it, each on disk with its name (rule 4).
fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = match path.parent() {
        Some(above) if above.as_os_str().is_empty() => Path::new("."),
        Some(above) => above,
        None => return fs::create_dir(path),
    };
    make_folder(above)?;
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => sync_folder(above),
    }
}

fn format_path(root: &Path) -> PathBuf {
    root.join("FORMAT")
}

fn lock(root: &Path) -> Result<File, OpenError> {
    let path = root.join("LOCK");
    let options = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = options.map_err(io_error(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: root.to_owned() }),
        Err(TryLockError::Error(source)) => Err(OpenError::Io { path, source }),
    }
}

fn check_format(root: &Path) -> Result<(), OpenError> {
    let path = format_path(root);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(OpenError::Io { path, source }),
    };
    match text.trim().parse::<u32>() {
        Ok(1..=FORMAT) => Ok(()),
        Ok(found) if found > FORMAT => {
            Err(OpenError::TooNew { path: root.to_owned(), found, known: FORMAT })
        }
        _ => Err(OpenError::Damaged {
            path: root.to_owned(),
            reason: format!("its FORMAT file says {:?}", text.trim()),
        }),
    }
}

/// Wraps an error of the system with the path it is about.
pub(super) fn io_error(path: &Path) -> impl FnOnce(io::Error) -> OpenError + use<> {
    let path = path.to_owned();
    move |source| OpenError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_has_it_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = Directory::take(folder.path()).unwrap();
        let second = Directory::take(folder.path());
        assert!(matches!(second, Err(OpenError::InUse { .. })), "{second:?}");
        drop(first);
        Directory::take(folder.path()).unwrap();
    }

    #[test]
    fn what_a_newer_version_wrote_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("FORMAT"), "7\n").unwrap();
        let refused = Directory::take(folder.path());
        assert!(matches!(refused, Err(OpenError::TooNew { found: 7, known: 1, .. })));
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(names.len(), 1, "only what was there: {names:?}");
    }
}
