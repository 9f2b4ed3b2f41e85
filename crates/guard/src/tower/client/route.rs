//! Where an attempt goes.

use std::{fmt, sync::Arc};

use crate::{
    admit::{Outcome, Rejection},
    retry::Repeat,
    stack::{Entry, Guard},
    time::Instant,
    tower::body::Finish,
};

/// Chooses where each attempt of one request goes.
pub(super) trait Route {
    type Service;

    fn choose(&mut self, now: Instant, repeat: Repeat) -> Result<Chosen<Self::Service>, Rejection>;
}

/// Where one attempt goes.
pub(super) struct Chosen<S> {
    pub(super) service: S,
    pub(super) guard: Arc<Guard>,
    pub(super) settle: Option<Settle>,
}

/// Tells a balancer how it ended; dropped, it was cancelled.
pub(super) type Settle = Box<dyn FnOnce(Instant, Outcome) + Send + Sync>;

/// The only destination there is.
#[derive(Debug)]
pub(super) struct Only<S> {
    /// The service that was found to be ready, for the first attempt. Readiness is one
    /// service's own and not that of its clones.
    pub(super) ready: Option<S>,
    pub(super) template: S,
    pub(super) guard: Arc<Guard>,
}

impl<S: Clone> Route for Only<S> {
    type Service = S;

    fn choose(&mut self, _now: Instant, _repeat: Repeat) -> Result<Chosen<S>, Rejection> {
        let service = self.ready.take().unwrap_or_else(|| self.template.clone());
        Ok(Chosen { service, guard: Arc::clone(&self.guard), settle: None })
    }
}

/// What an attempt holds of a guard and a balancer. Dropped, it counts as a timeout when
/// its deadline has passed and as cancelled before, in both.
pub(super) struct Held {
    entry: Option<Entry<Arc<Guard>>>,
    settle: Option<Settle>,
    guard: Arc<Guard>,
    deadline: Instant,
}

impl Held {
    pub(super) fn new(
        entry: Entry<Arc<Guard>>,
        settle: Option<Settle>,
        guard: Arc<Guard>,
        deadline: Instant,
    ) -> Self {
        Self { entry: Some(entry), settle, guard, deadline }
    }

    pub(super) const fn deadline(&self) -> Instant {
        self.deadline
    }

    fn end(&mut self, now: Instant, outcome: Outcome) {
        if let Some(entry) = self.entry.take() {
            entry.finish_at(now, outcome);
        }
        if let Some(settle) = self.settle.take() {
            settle(now, outcome);
        }
    }
}

impl Finish for Held {
    fn finish(mut self, outcome: Outcome) {
        let now = self.guard.clock().now();
        self.end(now, outcome);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.entry.is_some() {
            let now = self.guard.clock().now();
            let late = now >= self.deadline;
            self.end(now, if late { Outcome::Timeout } else { Outcome::Cancelled });
        }
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("entry", &self.entry).finish_non_exhaustive()
    }
}
