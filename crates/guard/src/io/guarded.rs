//! A client whose every operation is guarded.

use std::{future::Future, sync::Arc};

use super::CallError;
use crate::{
    admit::{Ctx, Outcome, Rejected, Rejection, Scope},
    breaker::{self, Breaker},
    classify::{Diagnose, Diagnosis, Impact},
    limit::{self, ConcurrencyLimit},
    retry::{DeadlineSettings, with_deadline},
    time::{Instant, Timer},
};

/// A client of a store, or a pool of its connections, whose operations run under a
/// deadline, a concurrency limit and a breaker.
///
/// An operation asks, in this order, whether there is time left, for a place among those
/// in flight (in the limit's queue, if it has one), and last of all the breaker, so that
/// nothing behind a breaker refuses what it let pass. It is dropped at its deadline. Its
/// answer is read by `classifier`, and only what says something of the server counts.
///
/// Dropping the future drops the operation and counts for nothing.
#[derive(Debug)]
pub struct Guarded<C, K, T> {
    client: C,
    classifier: K,
    timer: T,
    guards: Guards,
}

/// What guards a client. Clones share breakers and limit.
#[derive(Debug, Clone)]
pub struct Guards {
    /// Asked before every operation; counts what is true of all of them.
    pub breaker: Arc<Breaker>,
    /// Asked before writes as well; counts what is true of writes only, as when a server
    /// has no memory or disk left for them, and reads go on. Give it the breaker's
    /// settings, but no mind for slowness (`slow_ratio` none): of a server that is slow
    /// for all, both would open, and then close one after the other.
    pub writes: Arc<Breaker>,
    /// How many operations may be in flight. With a pool of connections, no more than it
    /// has, so that none waits for one.
    pub limit: Arc<ConcurrencyLimit>,
    /// How long an operation may take.
    pub deadlines: DeadlineSettings,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// It reads and nothing else.
    Read,
    /// It writes, or nobody knows.
    Write,
}

impl<C, K, T: Timer> Guarded<C, K, T> {
    /// Guards `client`, whose errors `classifier` reads.
    pub const fn new(client: C, classifier: K, timer: T, guards: Guards) -> Self {
        Self { client, classifier, timer, guards }
    }

    /// The client, unguarded.
    pub const fn client(&self) -> &C {
        &self.client
    }

    /// Its timer, whose clock is that of deadlines in a [`Ctx`].
    pub const fn timer(&self) -> &T {
        &self.timer
    }

    /// What guards it.
    pub const fn guards(&self) -> &Guards {
        &self.guards
    }

    /// Runs one operation. `ctx` says until when its caller waits.
    ///
    /// # Errors
    ///
    /// It was refused, took too long, or failed; see [`CallError`].
    pub async fn call<'g, A, E, F>(
        &'g self,
        ctx: &Ctx<'_>,
        access: Access,
        operation: impl FnOnce(&'g C) -> F,
    ) -> Result<A, CallError<E>>
    where
        K: Diagnose<E>,
        F: Future<Output = Result<A, E>>,
    {
        let place = self.place(ctx).await?;
        let now = self.timer.now();
        let deadline = self.deadline(ctx, now)?;
        let leave = Leave::ask(&self.guards, access, now)?;
        let ended = with_deadline(&self.timer, deadline, operation(&self.client)).await;
        let (diagnosis, answer) = match ended {
            Ok(Ok(answer)) => (Diagnosis::of(Outcome::Success), Ok(answer)),
            Ok(Err(error)) => {
                let diagnosis = self.classifier.diagnose(&error);
                (diagnosis, Err(CallError::Failed { error, diagnosis }))
            }
            Err(elapsed) => (Diagnosis::of(Outcome::Timeout), Err(elapsed.into())),
        };
        let now = self.timer.now();
        leave.finish(now, diagnosis);
        place.finish(now, diagnosis.outcome);
        answer
    }

    /// A place among those in flight, waited for no longer than there is time.
    async fn place(
        &self,
        ctx: &Ctx<'_>,
    ) -> Result<limit::Permit<Arc<ConcurrencyLimit>>, Rejection> {
        let now = self.timer.now();
        let deadline = self.deadline(ctx, now)?;
        let waiting = self.guards.limit.acquire(now);
        let late = Rejection::new(Rejected::QueueFull, Scope::Resource);
        with_deadline(&self.timer, deadline, waiting).await.unwrap_or(Err(late))
    }

    fn deadline(&self, ctx: &Ctx<'_>, now: Instant) -> Result<Instant, Rejection> {
        let late = Rejection::new(Rejected::DeadlinePassed, Scope::Resource);
        self.guards.deadlines.of_attempt(now, ctx.deadline).ok_or(late)
    }
}

/// The leave of all breakers an operation has to ask.
struct Leave<'g> {
    all: breaker::Permit<&'g Breaker>,
    writes: Option<breaker::Permit<&'g Breaker>>,
}

impl<'g> Leave<'g> {
    fn ask(guards: &'g Guards, access: Access, now: Instant) -> Result<Self, Rejection> {
        let all = guards.breaker.try_acquire(now)?;
        let writes = match access {
            Access::Read => None,
            Access::Write => Some(guards.writes.try_acquire(now)?),
        };
        Ok(Self { all, writes })
    }

    fn finish(self, now: Instant, diagnosis: Diagnosis) {
        let outcome = diagnosis.outcome;
        let of_all = match diagnosis.impact {
            Impact::Writes if !outcome.is_accept() => Outcome::Ignore,
            _ => outcome,
        };
        self.all.finish(now, of_all);
        if let Some(writes) = self.writes {
            // What is true of all says nothing of writes alone.
            let of_writes = match diagnosis.impact {
                Impact::All if !outcome.is_accept() => Outcome::Cancelled,
                _ => outcome,
            };
            writes.finish(now, of_writes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::ready, time::Duration};

    use super::*;
    use crate::{
        breaker::{BreakerSettings, ConsecutiveSettings, Policy, State},
        limit::LimitSettings,
        time::{Clock as _, ManualTimer},
    };

    struct AsSaid;

    impl Diagnose<Diagnosis> for AsSaid {
        fn diagnose(&self, said: &Diagnosis) -> Diagnosis {
            *said
        }
    }

    /// Two breakers that open together close one after the other: each waits for a probe
    /// of its own, and lets a share pass of what the other one does.
    #[test]
    fn an_outage_opens_one_breaker_and_writes_come_back_with_it() {
        let timer = ManualTimer::default();
        let once = ConsecutiveSettings { failures: 1, ..ConsecutiveSettings::default() };
        let settings = BreakerSettings::new(Policy::Consecutive(once));
        let breaker = || {
            let breaker = Breaker::new(settings.clone(), Scope::Resource, 1, timer.now());
            Arc::new(breaker.unwrap())
        };
        let guards = Guards {
            breaker: breaker(),
            writes: breaker(),
            limit: Arc::new(ConcurrencyLimit::new(&LimitSettings::fixed(1), timer.now()).unwrap()),
            deadlines: DeadlineSettings::default(),
        };
        let guarded = Guarded::new((), AsSaid, timer.clone(), guards);
        let write = |answer: Result<(), Diagnosis>| {
            let ctx = Ctx::default();
            timer.run(guarded.call(&ctx, Access::Write, |()| ready(answer))).unwrap()
        };
        assert!(write(Err(Outcome::Failure.into())).is_err());
        assert_eq!(guarded.guards().breaker.state(), State::Open);
        assert_eq!(guarded.guards().writes.state(), State::Closed);
        timer.advance(Duration::from_secs(60));
        assert_eq!(write(Ok(())), Ok(()), "a write is a probe as good as a read");
        assert_eq!(guarded.guards().breaker.state(), State::Closed);
    }
}
