//! How an engine comes to be: whole or not at all (rule 4).
//!
//! fjall's own creation can be cut short in a way that it never opens again, and
//! does not sync the folders it makes. So it is made under another name, synced
//! folder by folder, marked, and only then given its place.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use super::{EngineError, EngineSettings, fjall::open_tables};

/// The file that says that creation was finished.
const READY: &str = "READY";
/// Where fjall keeps its tables.
const TABLES: &str = "keyspaces";

/// Whether a finished engine is at `path`.
pub(crate) fn is_ready(path: &Path) -> bool {
    path.join(READY).is_file()
}

/// Makes an empty engine at `path`; what an interrupted creation left is removed.
pub(crate) fn create(path: &Path, settings: EngineSettings) -> Result<(), EngineError> {
    let building = building_path(path);
    remove(&building)?;
    fs::create_dir_all(&building)?;
    open_tables(&building, settings)?;
    sync_tree(&building)?;
    let mut ready = File::create(building.join(READY))?;
    ready.write_all(b"ready\n")?;
    ready.sync_all()?;
    sync_folder(&building)?;
    if !is_ready(path) {
        remove(path)?;
    }
    fs::rename(&building, path)?;
    match path.parent() {
        Some(parent) => Ok(sync_folder(parent)?),
        None => Ok(()),
    }
}

/// Brings the entries of a folder to disk.
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}

fn sync_tree(root: &Path) -> Result<(), EngineError> {
    let tables = root.join(TABLES);
    for entry in fs::read_dir(&tables)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            continue;
        }
        for inner in fs::read_dir(entry.path())? {
            let inner = inner?;
            if inner.file_type()?.is_dir() {
                sync_folder(&inner.path())?;
            }
        }
        sync_folder(&entry.path())?;
    }
    sync_folder(&tables)?;
    Ok(sync_folder(root)?)
}

fn building_path(path: &Path) -> PathBuf {
    path.with_extension("tmp")
}

fn remove(path: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
