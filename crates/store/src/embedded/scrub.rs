//! Reads through everything stored, a little at a time, and says what is damaged
//! (rule 7). What is never read would otherwise rot unnoticed.
//!
//! No clock and no waiting here: the time comes in, what was found comes out, and
//! [`Scrub::due`] says when to go on.

use std::{collections::BTreeSet, fmt, num::NonZeroU64, ops::ControlFlow, time::Duration};

use seawall_clock::Instant;

use super::{commit_record::CommitRecord, rows, rows::PROGRESS_KEY, view::View};
use crate::{
    engine::{EngineError, Span, Table},
    log::{CommitLog, LogError},
};

/// Bytes read in one step, about: one row or commit more than this at most.
const STEP_BYTES: usize = 64 * 1024;
/// Wait before what could not be read because it was being reopened is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// Damaged places remembered; more are only counted once a pass.
const PLACES_MAX: usize = 1_000;

/// How much is read, and how often.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) bytes_per_second: NonZeroU64,
    /// From the end of one pass to the start of the next.
    pub(super) pause: Duration,
}

/// A place that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Damage {
    /// A row of the state, or what is behind it too: the key, and what is wrong.
    Row { table: Table, key: Vec<u8>, reason: String },
    /// A commit in the log, which is needed only as history and to rebuild the state.
    Commit { index: u64, reason: String },
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ScrubEffect {
    /// So many bytes were read.
    Read(u64),
    /// A damaged place that was not known.
    Found(Damage),
    /// Everything was read once; this many damaged places were met.
    PassEnded { damaged: usize },
}

/// Where a pass is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// At this key of a table.
    Table(Table, Vec<u8>),
    /// At this commit of the log.
    Log(u64),
}

/// A pass over everything, again and again.
#[derive(Debug)]
pub(super) struct Scrub {
    pace: Pace,
    due: Instant,
    place: Place,
    /// Found in passes before this one, and in this one.
    known: BTreeSet<Damage>,
    /// Found in this pass.
    found: BTreeSet<Damage>,
    uncounted: usize,
}

/// What one step did.
#[derive(Default)]
struct Step {
    bytes: usize,
    damage: Vec<Damage>,
    /// Nothing could be read just now.
    away: bool,
}

impl Scrub {
    /// Begins at `due`.
    pub(super) fn new(pace: Pace, due: Instant) -> Self {
        Self {
            pace,
            due,
            place: Place::Table(Table::Data, Vec::new()),
            known: BTreeSet::new(),
            found: BTreeSet::new(),
            uncounted: 0,
        }
    }

    /// When the next step may be made.
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// Reads on, if it is time.
    pub(super) fn step(&mut self, now: Instant, view: &View, log: &CommitLog) -> Vec<ScrubEffect> {
        if now < self.due {
            return Vec::new();
        }
        let (step, next) = match &self.place {
            Place::Table(table, from) => read_rows(view, *table, from),
            Place::Log(from) => read_commits(log, *from),
        };
        if step.away {
            self.due = now + RETRY;
            return Vec::new();
        }
        let bytes = step.bytes as u64;
        // Even an empty step costs a little.
        self.due = now + self.time_for(bytes.max(1_024));
        let mut effects = vec![ScrubEffect::Read(bytes)];
        for damage in step.damage {
            effects.extend(self.note(damage).map(ScrubEffect::Found));
        }
        match next {
            Some(next) => self.place = next,
            None => effects.push(self.end_pass()),
        }
        effects
    }

    fn time_for(&self, bytes: u64) -> Duration {
        let nanos =
            u128::from(bytes) * 1_000_000_000 / u128::from(self.pace.bytes_per_second.get());
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// The damage, if it was not known.
    fn note(&mut self, damage: Damage) -> Option<Damage> {
        if self.found.len() >= PLACES_MAX {
            self.uncounted += 1;
            return None;
        }
        let new = !self.known.contains(&damage);
        (self.found.insert(damage.clone()) && new).then_some(damage)
    }

    fn end_pass(&mut self) -> ScrubEffect {
        self.due = self.due + self.pace.pause;
        self.place = Place::Table(Table::Data, Vec::new());
        let damaged = self.found.len() + std::mem::take(&mut self.uncounted);
        self.known = std::mem::take(&mut self.found);
        ScrubEffect::PassEnded { damaged }
    }
}

impl Damage {
    fn row(table: Table, key: &[u8], reason: impl fmt::Display) -> Self {
        Self::Row { table, key: key.to_vec(), reason: reason.to_string() }
    }

    /// What an operator can do about it. `whole_log`: the log reaches back to the
    /// first commit.
    pub(super) fn remedy(&self, whole_log: bool) -> &'static str {
        match self {
            Self::Row { .. } if whole_log => {
                "stop the node, move the folder `state` in its data folder away and start it: \
                 the state is built anew from the log"
            }
            Self::Row { .. } => {
                "restore the data folder from a backup and replace the disk; until then everything \
                 else is served"
            }
            Self::Commit { .. } => {
                "the state itself is not touched: take a backup of the data folder now, while it \
                 is whole, and replace the disk"
            }
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row { table, key, reason } => {
                write!(f, "table {}, key {}: {reason}", table.name(), key.escape_ascii())
            }
            Self::Commit { index, reason } => write!(f, "commit {index} of the log: {reason}"),
        }
    }
}

/// Reads rows from a key on; also says where to go on.
fn read_rows(view: &View, table: Table, from: &[u8]) -> (Step, Option<Place>) {
    let mut step = Step::default();
    let mut last = None;
    let span = Span { table, start: from, end: None, falling: false };
    let scanned = view.engine.scan(span, &mut |key, row| {
        step.bytes += key.len() + row.len();
        if let Err(damage) = check_row(view, table, key, row, &mut step.bytes) {
            step.damage.push(damage);
        }
        last = Some(key.to_vec());
        if step.bytes >= STEP_BYTES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match scanned {
        Err(EngineError::Closed) => step.away = true,
        // Where the readable part goes on is not known.
        Err(error) => {
            let behind = last.as_deref().unwrap_or(from);
            let reason = format!("unreadable from behind this key on: {error}");
            step.damage.push(Damage::row(table, behind, reason));
        }
        Ok(()) if step.bytes >= STEP_BYTES => {
            let next = last.map(|mut key| {
                key.push(0);
                Place::Table(table, key)
            });
            return (step, next);
        }
        Ok(()) => {}
    }
    let next = Table::ALL.into_iter().skip_while(|other| *other != table).nth(1);
    let next = next.map_or(Place::Log(0), |table| Place::Table(table, Vec::new()));
    (step, Some(next))
}

/// Checks a row as its readers would, with the pieces it refers to.
fn check_row(
    view: &View,
    table: Table,
    key: &[u8],
    row: &[u8],
    bytes: &mut usize,
) -> Result<(), Damage> {
    let damaged = |reason: &dyn fmt::Display| Damage::row(table, key, reason);
    if key == PROGRESS_KEY {
        return rows::read_progress(table, row).map(drop).map_err(|error| damaged(&error));
    }
    if table == Table::Chunk {
        return rows::checked(table, key, row).map(drop).map_err(|error| damaged(&error));
    }
    let Some(name) = rows::key_of_data(key) else {
        return rows::read_lease(key, row).map(drop).map_err(|error| damaged(&error));
    };
    let row = rows::read_data(key, row).map_err(|error| damaged(&error))?;
    let value = view.value(&name, row).map_err(|error| damaged(&error.reason))?;
    *bytes += value.len();
    Ok(())
}

/// Reads commits from one on; also says where to go on, if there are more.
fn read_commits(log: &CommitLog, from: u64) -> (Step, Option<Place>) {
    let mut step = Step::default();
    let (Some(first), Some(last)) = (log.first(), log.last()) else { return (step, None) };
    let from = from.max(first);
    if from > last {
        return (step, None);
    }
    let next = match log.read(from, last, STEP_BYTES) {
        Ok(entries) => {
            let mut next = from;
            for entry in entries {
                step.bytes += entry.data.len();
                next = entry.index + 1;
                if let Err(error) = CommitRecord::from_entry(&entry) {
                    let reason = error.to_string();
                    step.damage.push(Damage::Commit { index: entry.index, reason });
                }
            }
            next.max(from + 1)
        }
        Err(LogError::Compacted { oldest }) => oldest,
        Err(LogError::NoSpace) => from,
        Err(LogError::Failed(_)) => match log.read(from, from, 1) {
            // One of those behind it.
            Ok(_) => from + 1,
            Err(LogError::Failed(reason)) => {
                step.damage.push(Damage::Commit { index: from, reason });
                from + 1
            }
            Err(_) => from,
        },
    };
    (step, Some(Place::Log(next)))
}
