//! Brings an engine up to date from the log.

use std::sync::Arc;

use super::{
    commit_record::CommitRecord,
    flushing::{Flushing, Stuck},
    rows::{self, PROGRESS_KEY, Progress},
    view::View,
};
use crate::{
    engine::{Engine, EngineBatch, EngineError, EngineSnapshot, Table},
    log::{CommitLog, LogError},
    record::RecordError,
};

/// Bytes of the log applied at once.
const STEP_BYTES: usize = 2 * 1024 * 1024;
/// Entries of the log applied at once.
const STEP_ENTRIES: u64 = 4_096;

/// Why an engine could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReplayError {
    #[error("the state fails: {0}")]
    Engine(EngineError),
    #[error("the log fails: {0:?}")]
    Log(LogError),
    #[error("commit {index} in the log is damaged: {source}")]
    Record { index: u64, source: RecordError },
    #[error("{0}")]
    Stuck(#[from] Stuck),
    #[error("commit {0} is missing in the log")]
    Missing(u64),
    #[error("the state has commits up to {found}, but had {persisted} on disk")]
    Forgotten { found: u64, persisted: u64 },
}

/// How far an engine is: as far as its least table, since each reaches the disk by
/// itself and what comes after can be applied again (rule 7).
pub(super) fn progress(engine: &dyn Engine) -> Result<Progress, EngineError> {
    let snapshot = engine.snapshot()?;
    let mut least = None;
    for table in Table::ALL {
        let progress = table_progress(snapshot.as_ref(), table)?;
        least = Some(least.map_or(progress, |least: Progress| least.min(progress)));
    }
    Ok(least.unwrap_or_default())
}

fn table_progress(snapshot: &dyn EngineSnapshot, table: Table) -> Result<Progress, EngineError> {
    match snapshot.get(table, &PROGRESS_KEY)? {
        Some(row) => rows::read_progress(table, &row)
            .map_err(|damaged| EngineError::Damaged(damaged.to_string())),
        None => Ok(Progress::default()),
    }
}

/// Applies every commit after `from` through `through`; says how far the engine is then.
pub(super) fn replay(
    engine: &dyn Engine,
    log: &CommitLog,
    from: Progress,
    through: u64,
    flushing: Flushing,
) -> Result<Progress, ReplayError> {
    let mut reached = from;
    while reached.index < through {
        let first = reached.index + 1;
        let entries = log.read(first, through.min(first + STEP_ENTRIES), STEP_BYTES)?;
        let mut batch = EngineBatch::default();
        for entry in entries {
            if entry.index != reached.index + 1 {
                return Err(ReplayError::Missing(reached.index + 1));
            }
            let record = CommitRecord::from_entry(&entry)
                .map_err(|source| ReplayError::Record { index: entry.index, source })?;
            rows::write_commit(&mut batch, entry.index, &record);
            reached = Progress { index: entry.index, time: record.time() };
        }
        if reached.index < first {
            return Err(ReplayError::Missing(first));
        }
        rows::write_progress(&mut batch, reached);
        engine.write(batch)?;
        flushing.wait(engine)?;
    }
    Ok(reached)
}

/// The engine's present state, known to be that after `applied`.
pub(super) fn view(engine: &dyn Engine, applied: u64) -> Result<View, EngineError> {
    Ok(View { applied, engine: engine.snapshot()? })
}

/// Closes a failed engine, opens it again, and brings it to where it was (rule 9).
/// Everything since the last checkpoint is applied again, also what is there: after a
/// failed sync the system shows as written what never reached the disk.
/// One that forgot what was on disk is left to the next start, which can build a new one.
pub(super) fn reopen(
    engine: &Arc<dyn Engine>,
    log: &CommitLog,
    persisted: u64,
    through: u64,
    flushing: Flushing,
) -> Result<(), ReplayError> {
    engine.reopen()?;
    let from = progress(engine.as_ref())?;
    if from.index < persisted {
        return Err(ReplayError::Forgotten { found: from.index, persisted });
    }
    let from = Progress { index: persisted, time: from.time };
    replay(engine.as_ref(), log, from, through, flushing)?;
    Ok(())
}

impl From<EngineError> for ReplayError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<LogError> for ReplayError {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}
