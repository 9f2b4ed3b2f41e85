//! Does the checks.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use seawall_clock::Clock;
use tokio::{sync::Notify, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{CheckError, CheckId, CheckJob, CheckSchedule, Verdict, http, mysql, tcp};
use crate::{CheckCounts, CheckSettings, HealthChecker, core::CheckChange};

/// What is to be checked, shared between those who change it and [`run`].
pub(crate) struct CheckBoard {
    schedule: Mutex<CheckSchedule>,
    changed: Notify,
    clock: Arc<dyn Clock>,
    settings: CheckSettings,
    made: Made,
}

/// Checks made, by kind.
#[derive(Default)]
struct Made {
    tcp: AtomicU64,
    http: AtomicU64,
    mysql: AtomicU64,
}

impl CheckBoard {
    /// Nothing to check yet.
    pub(crate) fn new(settings: CheckSettings, clock: Arc<dyn Clock>) -> Self {
        let schedule = Mutex::new(CheckSchedule::new(settings.clone()));
        Self { schedule, changed: Notify::new(), clock, settings, made: Made::default() }
    }

    /// Checks made so far.
    pub(crate) fn counts(&self) -> CheckCounts {
        let Made { tcp, http, mysql } = &self.made;
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        CheckCounts { tcp: read(tcp), http: read(http), mysql: read(mysql) }
    }

    fn count(&self, checker: &HealthChecker) {
        let count = match checker {
            HealthChecker::None => return,
            HealthChecker::Tcp => &self.made.tcp,
            HealthChecker::Http { .. } => &self.made.http,
            HealthChecker::Mysql { .. } => &self.made.mysql,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Begins, changes or ends the checks of one instance.
    pub(crate) fn change(&self, change: CheckChange) {
        self.schedule.lock().change(self.clock.now(), change);
        self.changed.notify_one();
    }

    fn next_wait(&self) -> Option<Duration> {
        let due = self.schedule.lock().next_due()?;
        Some(due - self.clock.now())
    }
}

/// Checks what is due until `stop`, and hands on what is believed from then on.
pub(crate) async fn run(
    board: Arc<CheckBoard>,
    stop: CancellationToken,
    tell: impl Fn(Verdict) + Send,
) {
    let mut running = JoinSet::new();
    loop {
        while running.len() < board.settings.concurrent_max {
            let Some(job) = board.schedule.lock().take_due(board.clock.now()) else { break };
            board.count(&job.plan.checker);
            running.spawn(check(job, board.clock.clone(), board.settings.timeout_ms));
        }
        let full = running.len() >= board.settings.concurrent_max;
        let wait = board.next_wait().filter(|_| !full);
        tokio::select! {
            () = stop.cancelled() => return,
            () = board.changed.notified() => {}
            () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {}
            Some(done) = running.join_next(), if !running.is_empty() => {
                // A check that was torn down says nothing of the instance.
                let Ok((id, passed, took)) = done else { continue };
                let verdict = board.schedule.lock().finish(board.clock.now(), id, passed, took);
                verdict.into_iter().for_each(&tell);
            }
        }
    }
}

async fn check(job: CheckJob, clock: Arc<dyn Clock>, timeout_ms: u64) -> (CheckId, bool, Duration) {
    let began = clock.now();
    let limit = Duration::from_millis(timeout_ms);
    let result = timeout(limit, probe(&job)).await.unwrap_or(Err(CheckError::Timeout));
    if let Err(error) = &result {
        tracing::debug!(ip = %job.address.ip, port = job.plan.port, %error, "check failed");
    }
    (job.id, result.is_ok(), clock.now() - began)
}

async fn probe(job: &CheckJob) -> Result<(), CheckError> {
    let (host, port) = (job.address.ip.as_str(), job.plan.port);
    match &job.plan.checker {
        HealthChecker::None => Ok(()),
        HealthChecker::Tcp => tcp::check(host, port).await,
        HealthChecker::Http { path, headers, expected_status } => {
            http::check(host, port, path, headers, *expected_status).await
        }
        HealthChecker::Mysql { user, password, statement } => {
            mysql::check(host, port, user, &password.0, statement).await
        }
    }
}
