//! The registry as the rest of the process uses it: the core behind a lock, the
//! store beside it, and the tasks that move what passes between them.
//!
//! Calls that change something take the write lock for a few microseconds and hand
//! out pushes after letting it go; queries take the read lock. What is stored is
//! written first and comes into the core by following the store, on one path for
//! this node's writes and everybody else's.

mod clients;
mod follow;
mod instances;
mod lists;
mod memory;
mod pushes;
mod services;
mod sweep;
mod timer;
mod warming;
mod writes;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::{Mutex, RwLock};
use seawall_clock::Clock;
use seawall_store::{Revision, Store};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use self::pushes::Pushes;
use crate::{
    OpenError, PushSink, RegistrySettings,
    checks::{self, CheckBoard},
    core::{Effect, Effects, Millis, Moment, RegistryCore},
};

type Sink = Arc<dyn PushSink>;
type Core = RegistryCore<Sink>;

/// How long [`Registry::close`] waits for what is being written down.
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);

/// Services and their instances, with those who want to know of them.
pub struct Registry {
    shell: Arc<Shell>,
    tasks: Mutex<JoinSet<()>>,
}

/// What the registry's tasks share.
pub(crate) struct Shell {
    core: RwLock<Core>,
    clock: Arc<dyn Clock>,
    store: Arc<dyn Store>,
    settings: RegistrySettings,
    checks: Arc<CheckBoard>,
    /// Wakes the timer task when something is due earlier than it knows.
    wake: Notify,
    /// When the timer task wakes by itself, in nanoseconds of the monotonic clock.
    wakes_at: AtomicU64,
    /// Requests that wait for services to be whole again.
    warm_waits: warming::WarmWaits,
    /// Wakes the task that writes down what is remembered.
    remember: Notify,
    /// Up to where the store's changes are in the core.
    applied: watch::Sender<Revision>,
    ready: AtomicBool,
    stop: CancellationToken,
}

impl Registry {
    /// Reads what the last run remembered, then loads what is stored in the
    /// background and follows it; see [`Registry::ready`].
    pub async fn open(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: RegistrySettings,
    ) -> Result<Arc<Self>, OpenError> {
        settings.validate()?;
        let memory = memory::read(&*store).await?;
        let shell = Arc::new(Shell {
            core: RwLock::new(Core::new(settings.clone())),
            checks: Arc::new(CheckBoard::new(settings.checks.clone(), clock.clone())),
            clock,
            store,
            settings,
            wake: Notify::new(),
            wakes_at: AtomicU64::new(u64::MAX),
            warm_waits: warming::WarmWaits::default(),
            remember: Notify::new(),
            applied: watch::Sender::new(Revision::ZERO),
            ready: AtomicBool::new(false),
            stop: CancellationToken::new(),
        });
        shell.change(|core, at, effects| core.recall(at, memory, effects));
        let mut tasks = JoinSet::new();
        tasks.spawn(follow::run(shell.clone()));
        tasks.spawn(timer::run(shell.clone()));
        tasks.spawn(memory::run(shell.clone()));
        tasks.spawn(sweep::run(shell.clone()));
        let judged = shell.clone();
        tasks.spawn(checks::run(shell.checks.clone(), shell.stop.clone(), move |verdict| {
            judged.take_verdict(verdict);
        }));
        Ok(Arc::new(Self { shell, tasks: Mutex::new(tasks) }))
    }

    /// From now on nothing is pushed, and instances stay when their connection or
    /// their beats end. To be called when the process begins to end, before it closes
    /// connections: nobody shall believe that the clients behind them are gone.
    pub fn freeze(&self) {
        self.shell.core.write().freeze();
    }

    /// Freezes the registry and ends its background tasks. What is stored is on disk
    /// already; what is remembered lazily is written down if that goes quickly.
    pub async fn close(&self) {
        self.freeze();
        let last = self.shell.core.write().take_memory_change();
        self.shell.stop.cancel();
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        let ended = async {
            while tasks.join_next().await.is_some() {}
            if let Some(change) = last {
                memory::write_once(&*self.shell.store, &change).await;
            }
        };
        if tokio::time::timeout(CLOSE_PATIENCE, ended).await.is_err() {
            tracing::warn!("the registry's tasks did not end in time");
        }
    }

    /// Whether answers may be given: what is stored is loaded, the warm-up is over.
    pub fn ready(&self) -> bool {
        self.shell.ready.load(Ordering::Acquire)
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("counts", &self.counts()).finish_non_exhaustive()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.shell.stop.cancel();
    }
}

impl Shell {
    /// Runs one event through the core, then does what the core asks for.
    fn change<R>(&self, event: impl FnOnce(&mut Core, Moment, &mut Effects<Sink>) -> R) -> R {
        let mut effects = Effects::new();
        let (answer, due, forgetful) = {
            let mut core = self.core.write();
            // Read under the lock, so that the core never sees time go back.
            let at = self.moment();
            let answer = event(&mut core, at, &mut effects);
            (answer, core.next_due(), core.has_memory_change())
        };
        let mut pushes = Pushes::default();
        for effect in effects {
            match effect {
                Effect::Push { to, push } => pushes.add(to, push),
                Effect::Stalled { to } => to.stalled(),
                Effect::Check(change) => self.checks.change(change),
                Effect::Warmed(service) => self.warm_waits.warmed(&service),
            }
        }
        pushes.send();
        if let Some(due) = due
            && nanos(due) < self.wakes_at.load(Ordering::SeqCst)
        {
            self.wake.notify_one();
        }
        if forgetful {
            self.remember.notify_one();
        }
        answer
    }

    fn moment(&self) -> Moment {
        Moment { now: Millis::at(self.clock.now()), wall: self.clock.wall() }
    }
}

fn nanos(due: Millis) -> u64 {
    u64::try_from(due.instant().since_start().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
