//! A state with damage in an older journal. fjall leaves out what is behind the
//! damage and goes on with the next journal; the log fills the hole (rule 7).

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use seawall_clock::Timestamp;

use super::rows::{self, PROGRESS_KEY, Progress};
use crate::engine::{OlderDamage, Table, damage_in_older, sync_folder};

/// A state in which commits after some point may be missing.
#[derive(Debug)]
pub(super) struct Hole {
    /// Up to here nothing is missing.
    pub(super) sound: Progress,
    /// The damage; `None`: it was cut off by an earlier start that did not get further.
    damage: Option<OlderDamage>,
}

/// Looks for a hole, before the state is opened.
pub(super) fn find(state: &Path) -> io::Result<Option<Hole>> {
    let noted = read_note(state)?;
    let damage = damage_in_older(state, &PROGRESS_KEY)?;
    let told = damage.as_ref().map(|damage| {
        let row = damage.mark.as_deref();
        let progress = row.and_then(|row| rows::read_progress(Table::Data, row).ok());
        progress.unwrap_or_default()
    });
    let sound = [noted, told].into_iter().flatten().min();
    Ok(sound.map(|sound| Hole { sound, damage }))
}

impl Hole {
    /// Cuts the damage off, so that the state can be opened, and keeps a copy of it.
    /// Writes down first that the hole has to be filled, since the traces go with that.
    pub(super) fn cut(&self, state: &Path) -> io::Result<()> {
        let building = state.join("HOLE.tmp");
        let mut file = File::create(&building)?;
        writeln!(file, "{} {}", self.sound.index, self.sound.time.to_bits())?;
        file.sync_all()?;
        fs::rename(&building, note_path(state))?;
        sync_folder(state)?;
        match &self.damage {
            Some(damage) => damage.cut(&state.with_extension("uncut-journal")),
            None => Ok(()),
        }
    }
}

/// Whether a hole is noted and has not been filled.
pub(super) fn is_noted(state: &Path) -> bool {
    note_path(state).exists()
}

/// Forgets the hole, once the log has filled it and that is on disk.
pub(super) fn filled(state: &Path) -> io::Result<()> {
    fs::remove_file(note_path(state))?;
    sync_folder(state)
}

fn read_note(state: &Path) -> io::Result<Option<Progress>> {
    let text = match fs::read_to_string(note_path(state)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut numbers = text.split_whitespace().map_while(|word| word.parse::<u64>().ok());
    Ok(Some(match (numbers.next(), numbers.next()) {
        (Some(index), Some(bits)) => Progress { index, time: Timestamp::from_bits(bits) },
        // Unreadable: nothing is known to be whole.
        _ => Progress::default(),
    }))
}

fn note_path(state: &Path) -> PathBuf {
    state.join("HOLE")
}
