//! A client of a store, with a guard in front of it and without.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use seawall_guard::breaker::{Breaker, BreakerSettings, Policy, SreSettings};
use seawall_guard::io::{CallError, Guarded, Guards};
use seawall_guard::limit::{AdaptiveSettings, AlgorithmSettings, ConcurrencyLimit, LimitSettings};
use seawall_guard::retry::DeadlineSettings;
use seawall_guard::settings::InvalidSetting;
use seawall_guard::time::TokioTimer;
use seawall_guard::{Clock as _, Ctx, Outcome, Scope};
use tokio::time::{Instant, timeout_at};

use super::client::{Call, Client, POOL};
use crate::sample::End;

/// A client, and what is in front of it.
pub(crate) enum Side<C: Client> {
    /// Everything that `seawall_guard::io` has, with its defaults.
    Guarded(Box<Guarded<C, C::Classifier, TokioTimer>>),
    /// Nothing but the caller's patience.
    Plain(C),
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    /// For its caller.
    pub(crate) end: End,
    /// Whether it says that another server has to be asked.
    pub(crate) is_elsewhere: bool,
}

/// The defaults, with a limit that goes no higher than the pool, as [`Guards`] says.
pub(crate) fn guards(timer: &TokioTimer) -> Result<Guards, InvalidSetting> {
    let now = timer.now();
    let breaker = |seed, sre| {
        let settings = BreakerSettings::new(Policy::Sre(sre));
        Breaker::new(settings, Scope::Resource, seed, now).map(Arc::new)
    };
    let algorithm = AdaptiveSettings { limit_max: POOL, ..AdaptiveSettings::default() };
    let limit = LimitSettings {
        algorithm: AlgorithmSettings::Adaptive(algorithm),
        ..LimitSettings::default()
    };
    Ok(Guards {
        breaker: breaker(1, SreSettings::default())?,
        writes: breaker(2, SreSettings { slow_ratio: None, ..SreSettings::default() })?,
        limit: Arc::new(ConcurrencyLimit::new(&limit, now)?),
        deadlines: DeadlineSettings::default(),
    })
}

impl<C: Client> Side<C> {
    /// Makes one call, whose caller waits until `until`.
    pub(crate) async fn call(&self, call: Call, until: Instant, flights: &Flights) -> Ended {
        let operation = async |client: &C| {
            let _flight = flights.enter();
            client.run(call).await
        };
        let end = match self {
            Self::Plain(client) => match timeout_at(until, operation(client)).await {
                Ok(Ok(())) => End::Good,
                Ok(Err(_)) => End::Failed,
                Err(_) => End::Abandoned,
            },
            Self::Guarded(guarded) => {
                let left = until.saturating_duration_since(Instant::now());
                return Self::guarded(guarded, call, left, flights).await;
            }
        };
        Ended { end, is_elsewhere: false }
    }

    async fn guarded(
        guarded: &Guarded<C, C::Classifier, TokioTimer>,
        call: Call,
        left: Duration,
        flights: &Flights,
    ) -> Ended {
        let ctx = Ctx::default().deadline(guarded.timer().now() + left);
        let operation = |client| async move {
            let _flight = flights.enter();
            C::run(client, call).await
        };
        let ended = guarded.call(&ctx, call.access(), operation).await;
        let outcome = ended.as_ref().err().and_then(CallError::outcome);
        let end = match ended {
            Ok(()) => End::Good,
            Err(CallError::Rejected(_)) => End::Refused,
            Err(CallError::Elapsed(_)) => End::Abandoned,
            Err(CallError::Failed { .. }) => End::Failed,
        };
        Ended { end, is_elsewhere: outcome == Some(Outcome::Topology) }
    }
}

/// What reaches the client.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    now: AtomicU32,
    most: AtomicU32,
    begun: AtomicU64,
}

impl Flights {
    fn enter(&self) -> Flight<'_> {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
        Flight(self)
    }

    /// Looks for the most at once from here on.
    pub(crate) fn look(&self) {
        self.most.store(self.now.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The most at once since then.
    pub(crate) fn most(&self) -> u32 {
        self.most.load(Ordering::Relaxed)
    }

    /// How many there have been.
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }
}

/// One call, until it has ended or was dropped.
#[derive(Debug)]
struct Flight<'f>(&'f Flights);

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}
