//! Opening: finds out whether the log and the state agree (rules 7 and 8).

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    ops::ControlFlow,
    path::Path,
    sync::Arc,
    time::Duration,
};

use seawall_clock::Clock;

use super::{
    directory::{Directory, io_error},
    flushing::Flushing,
    hole::{self, Hole},
    planner::Planner,
    replay::{self, ReplayError},
    rows::{self, LeaseRow, Progress},
    settings::StoreSettings,
    shared::Shared,
};
use crate::{
    Key, Lease, LeaseId, OpenError,
    engine::{
        self, Engine, EngineError, EngineSettings, EngineSnapshot, FjallEngine, Span, Table,
        sync_folder,
    },
    lessor::{LeaseEvent, Lessor},
    log::{CommitLog, History, LogError},
};

/// Everything an opened store is made of, before its threads run.
pub(super) struct Started {
    pub(super) directory: Directory,
    pub(super) shared: Arc<Shared>,
    pub(super) engine: Arc<dyn Engine>,
    pub(super) planner: Planner,
    pub(super) history: History,
}

/// What is known of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LogFacts {
    /// Its oldest entry; 1: it reaches back to the beginning.
    pub(super) first: u64,
    /// Its newest entry; 0: it never had one.
    pub(super) last: u64,
    /// How far the state was on disk when that was last written into the log.
    pub(super) persisted: u64,
}

/// What is known of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StateFacts {
    /// There is none.
    Missing,
    /// It cannot be opened.
    Broken(String),
    /// It holds every commit up to this one.
    At(u64),
    /// A journal in its middle is damaged: after this commit some may be missing.
    Hole(u64),
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    /// Apply what the state lacks.
    Continue,
    /// Make a new state from the whole log.
    Rebuild,
    /// Acknowledged commits are gone, or may be: leave everything as it is.
    Refuse(String),
}

/// Compares the log and the state. What is refused could only go on by losing
/// something silently.
pub(super) fn decide(log: LogFacts, state: &StateFacts) -> Decision {
    let refuse = |reason: String| Decision::Refuse(reason);
    if log.persisted > log.last {
        let LogFacts { last, persisted, .. } = log;
        return refuse(format!("the log ends at commit {last}, but had commit {persisted}"));
    }
    let rebuild = |reason: String| match log.first {
        1 => Decision::Rebuild,
        first => refuse(format!("{reason}, and the log reaches back to commit {first} only")),
    };
    match state {
        StateFacts::Missing => rebuild("the state is missing".to_owned()),
        StateFacts::Broken(reason) => rebuild(format!("the state is broken ({reason})")),
        StateFacts::Hole(sound) if sound + 1 < log.first => {
            let LogFacts { first, .. } = log;
            refuse(format!(
                "a journal of the state is damaged after commit {sound}, and the log reaches back \
                 to commit {first} only"
            ))
        }
        StateFacts::At(applied) if *applied > log.last => {
            refuse(format!("the log ends at commit {}, before the state's {applied}", log.last))
        }
        StateFacts::At(applied) if *applied < log.persisted => rebuild(format!(
            "the state has commits up to {applied}, but had {} on disk",
            log.persisted
        )),
        StateFacts::At(applied) if applied + 1 < log.first => {
            refuse(format!("the log begins at commit {}, the state ends at {applied}", log.first))
        }
        StateFacts::At(_) | StateFacts::Hole(_) => Decision::Continue,
    }
}

/// Opens the store in `root`.
pub(super) fn start(
    root: &Path,
    settings: StoreSettings,
    clock: Arc<dyn Clock>,
) -> Result<Started, OpenError> {
    let directory = Directory::take(root)?;
    let (log, state) = open_both(&directory, &settings)?;
    let (engine, from) = agree(&directory, &settings, &log, state)?;
    assemble(directory, settings, clock, log, Arc::new(engine), from)
}

/// Puts the parts together once the engine, whole up to `from`, may be brought up to
/// date from the log.
pub(super) fn assemble(
    directory: Directory,
    settings: StoreSettings,
    clock: Arc<dyn Clock>,
    log: CommitLog,
    engine: Arc<dyn Engine>,
    from: Progress,
) -> Result<Started, OpenError> {
    let damaged = |reason: String| OpenError::Damaged { path: directory.root().into(), reason };
    let facts = log_facts(&log);
    let flushing = Flushing::of(&settings);
    let reached = bring_up_to_date(engine.as_ref(), &log, from, facts.last, flushing)
        .map_err(|error| open_error(&directory, error))?;
    if hole::is_noted(&directory.state()) {
        engine.persist().map_err(|error| engine_error(&directory, error))?;
        hole::filled(&directory.state()).map_err(io_error(&directory.state()))?;
        tracing::warn!("what a damaged journal of the state lost was filled in from the log");
    }
    let view =
        replay::view(engine.as_ref(), reached.index).map_err(|error| damaged(error.to_string()))?;
    let (lessor, bound) = load_leases(view.engine.as_ref(), clock.as_ref()).map_err(damaged)?;
    let mut history = History::new(settings.history_commits, settings.history_bytes);
    if facts.last > 0 {
        history.found(facts.first, facts.last, log.used_bytes());
    }
    let planner = Planner::new(reached, bound);
    let shared = Arc::new(Shared::new(settings, clock, log, lessor, view));
    Ok(Started { directory, shared, engine, planner, history })
}

/// Opens the log and the state, side by side where neither depends on the other.
fn open_both(
    directory: &Directory,
    settings: &StoreSettings,
) -> Result<(CommitLog, Opened), OpenError> {
    let had_log = directory.log().exists();
    if !had_log && engine::is_ready(&directory.state()) {
        // Look before a new log is made: it would hide that the old one is gone.
        let state = open_state(directory, settings.engine())?;
        if let StateFacts::At(applied @ 1..) = state.facts() {
            let reason = format!("the log is missing, the state ends at commit {applied}");
            return Err(OpenError::Damaged { path: directory.root().into(), reason });
        }
        return Ok((open_log(directory, settings)?, state));
    }
    std::thread::scope(|scope| {
        let state = scope.spawn(|| {
            if !had_log {
                engine::create(&directory.state(), settings.engine())
                    .map_err(|error| engine_error(directory, error))?;
            }
            open_state(directory, settings.engine())
        });
        let log = open_log(directory, settings);
        let state = state.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((log?, state?))
    })
}

fn open_log(directory: &Directory, settings: &StoreSettings) -> Result<CommitLog, OpenError> {
    let path = directory.log();
    let log = CommitLog::open(&path, settings.log()).map_err(|error| match error {
        LogError::NoSpace => io_error(&path)(std::io::Error::from(std::io::ErrorKind::StorageFull)),
        other => OpenError::Damaged { path: path.clone(), reason: format!("{other:?}") },
    })?;
    sync_folder(directory.root()).map_err(io_error(directory.root()))?;
    Ok(log)
}

/// A state as it was found.
enum Opened {
    Missing,
    Broken(String),
    /// Not opened yet, because that would remove the traces.
    Hole(Hole),
    Open {
        engine: FjallEngine,
        progress: Progress,
    },
}

impl Opened {
    fn facts(&self) -> StateFacts {
        match self {
            Self::Missing => StateFacts::Missing,
            Self::Broken(reason) => StateFacts::Broken(reason.clone()),
            Self::Hole(hole) => StateFacts::Hole(hole.sound.index),
            Self::Open { progress, .. } => StateFacts::At(progress.index),
        }
    }
}

fn open_state(directory: &Directory, settings: EngineSettings) -> Result<Opened, OpenError> {
    let path = directory.state();
    if !engine::is_ready(&path) {
        return Ok(Opened::Missing);
    }
    if let Some(hole) = hole::find(&path).map_err(io_error(&path))? {
        return Ok(Opened::Hole(hole));
    }
    match open_engine(&path, settings) {
        Ok((engine, progress)) => Ok(Opened::Open { engine, progress }),
        Err(error @ (EngineError::Io(_) | EngineError::Locked)) => {
            Err(engine_error(directory, error))
        }
        Err(error) => Ok(Opened::Broken(error.to_string())),
    }
}

fn open_engine(
    path: &Path,
    settings: EngineSettings,
) -> Result<(FjallEngine, Progress), EngineError> {
    let engine = FjallEngine::open(path, settings)?;
    let progress = replay::progress(&engine)?;
    Ok((engine, progress))
}

/// The engine to go on with, new if the state had to be given up, and up to where it
/// is whole.
fn agree(
    directory: &Directory,
    settings: &StoreSettings,
    log: &CommitLog,
    state: Opened,
) -> Result<(FjallEngine, Progress), OpenError> {
    let path = directory.state();
    match (decide(log_facts(log), &state.facts()), state) {
        (Decision::Continue, Opened::Open { engine, progress }) => Ok((engine, progress)),
        (Decision::Refuse(reason), _) => {
            Err(OpenError::Damaged { path: directory.root().into(), reason })
        }
        (Decision::Continue, Opened::Hole(hole)) => {
            tracing::warn!(?hole, "a journal of the state is damaged; the log fills it in");
            hole.cut(&path).map_err(io_error(&path))?;
            let (engine, _) = open_engine(&path, settings.engine())
                .map_err(|error| engine_error(directory, error))?;
            Ok((engine, hole.sound))
        }
        (_, state) => {
            tracing::warn!(found = ?state.facts(), "the state is built anew from the log");
            drop(state);
            put_aside(directory)?;
            engine::create(&path, settings.engine())
                .and_then(|()| FjallEngine::open(&path, settings.engine()))
                .map(|engine| (engine, Progress::default()))
                .map_err(|error| engine_error(directory, error))
        }
    }
}

fn put_aside(directory: &Directory) -> Result<(), OpenError> {
    let (state, aside) = (directory.state(), directory.damaged_state());
    if !engine::is_ready(&state) {
        return Ok(());
    }
    match fs::remove_dir_all(&aside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io_error(&aside)(error)),
        _ => fs::rename(&state, &aside).map_err(io_error(&state)),
    }
}

fn log_facts(log: &CommitLog) -> LogFacts {
    LogFacts {
        first: log.first().unwrap_or(1),
        last: log.last().unwrap_or(0),
        persisted: log.persisted(),
    }
}

fn bring_up_to_date(
    engine: &dyn Engine,
    log: &CommitLog,
    from: Progress,
    last: u64,
    flushing: Flushing,
) -> Result<Progress, ReplayError> {
    if from.index < last {
        tracing::info!(from = from.index, through = last, "the log is applied");
    }
    replay::replay(engine, log, from, last, flushing)
}

type Bound = HashMap<LeaseId, BTreeSet<Key>>;

/// Reads all leases. Each starts anew: a restart counts as a keep-alive.
fn load_leases(
    snapshot: &dyn EngineSnapshot,
    clock: &dyn Clock,
) -> Result<(Lessor, Bound), String> {
    let mut lessor = Lessor::default();
    let mut bound = Bound::new();
    let mut damaged = None;
    let span = Span { table: Table::Data, start: &rows::DATA_END, end: None, falling: false };
    let scanned = snapshot.scan(span, &mut |key, row| {
        match rows::read_lease(key, row) {
            Ok(LeaseRow::Lease { id, ttl_ms }) => {
                let ttl = Duration::from_millis(ttl_ms);
                lessor.handle(clock.now(), LeaseEvent::Granted(Lease { id, ttl }));
                bound.entry(id).or_default();
            }
            Ok(LeaseRow::Binding { lease, key }) => {
                bound.entry(lease).or_default().insert(key);
            }
            Err(row) => {
                damaged = Some(row.to_string());
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    match (scanned, damaged) {
        (Err(error), _) => Err(error.to_string()),
        (Ok(()), Some(reason)) => Err(reason),
        (Ok(()), None) => Ok((lessor, bound)),
    }
}

fn engine_error(directory: &Directory, error: EngineError) -> OpenError {
    match error {
        EngineError::Io(source) => OpenError::Io { path: directory.state(), source },
        EngineError::Locked => OpenError::InUse { path: directory.root().into() },
        other => OpenError::Damaged { path: directory.state(), reason: other.to_string() },
    }
}

fn open_error(directory: &Directory, error: ReplayError) -> OpenError {
    match error {
        ReplayError::Engine(error) => engine_error(directory, error),
        ReplayError::Stuck(stuck) => io_error(&directory.state())(std::io::Error::other(stuck)),
        other => OpenError::Damaged { path: directory.root().into(), reason: other.to_string() },
    }
}
