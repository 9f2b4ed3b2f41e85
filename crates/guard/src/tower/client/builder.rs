//! How a client is put together.

use std::{fmt, sync::Arc};

use super::{
    BalancedClient, ClientLayer, ClientSettings,
    error::DiagnoseError,
    shared::{ClockTimer, Shared},
};
use crate::{
    retry::{Hedge, HedgeSettings, RetryBudget, RetryPolicy},
    settings::InvalidSetting,
    stack::{Guard, GuardBuilder},
    time::{Clock, MonotonicClock},
    tower::speech::{Ends, Speech},
};

/// Puts a client together: see [`ClientLayer::http`] and [`ClientLayer::grpc`].
#[must_use = "nothing is put together yet"]
pub struct ClientBuilder {
    pub(super) destination: String,
    pub(super) settings: ClientSettings,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) seed: u64,
    speech: Speech,
    budget: Option<Arc<RetryBudget>>,
    diagnose_error: DiagnoseError,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("destination", &self.destination)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    pub(super) fn new(destination: &str, speech: Speech) -> Self {
        Self {
            destination: destination.into(),
            settings: ClientSettings::default(),
            clock: Arc::new(MonotonicClock::new()),
            seed: 0,
            speech,
            budget: None,
            diagnose_error: |_| None,
        }
    }

    /// What stands in between; by default [`ClientSettings::default`].
    pub fn settings(mut self, settings: ClientSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Where it reads the time; by default a [`MonotonicClock`] of its own. A process has
    /// one, or the deadlines of a [`CallCtx`](super::CallCtx) mean nothing.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Where random numbers begin. By default all draw the same ones, so processes should
    /// differ here, or those who failed together come back together.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// A budget of retries that others have too who ask the same service.
    pub fn budget(mut self, budget: Arc<RetryBudget>) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Asked first what an error of the service, or one of its causes, says of the server;
    /// by default an I/O error among them is looked for. For what only the client knows,
    /// as that a connection could not be made, so that nothing was sent:
    ///
    /// ```
    /// use seawall_guard::{Outcome, classify::Diagnosis, tower::client::ClientLayer};
    /// # use std::net::AddrParseError as ConnectError;
    ///
    /// let stock = ClientLayer::http("stock").diagnose_errors(|error| {
    ///     error.is::<ConnectError>().then(|| Diagnosis::of(Outcome::Failure).unprocessed())
    /// });
    /// ```
    pub fn diagnose_errors(mut self, diagnose: DiagnoseError) -> Self {
        self.diagnose_error = diagnose;
        self
    }

    /// A call has ended when its answer begins, and its body may take as long as it likes.
    /// It is so anyway over HTTP; over gRPC it is for long streams, whose trailers come
    /// when nobody asks any more how they went.
    pub fn streaming(mut self) -> Self {
        self.speech.ends = Ends::WithHead;
        self
    }

    /// The layer for a client of one destination.
    ///
    /// # Errors
    ///
    /// A setting is out of its range.
    pub fn build(self) -> Result<ClientLayer, InvalidSetting> {
        let guard = Arc::new(self.guard(&self.destination).build()?);
        Ok(ClientLayer { shared: self.shared()?, guard })
    }

    /// A client of many endpoints, of which there are none yet. `make` makes the service
    /// that asks one; it must not wait, so one that has to connect first does that when
    /// it is polled for readiness or called.
    ///
    /// # Errors
    ///
    /// A setting is out of its range.
    pub fn balanced<K, S, M>(self, make: M) -> Result<BalancedClient<K, S, M>, InvalidSetting>
    where
        M: Fn(&K) -> S,
    {
        let shared = self.shared()?;
        BalancedClient::new(shared, self, make)
    }

    pub(super) fn guard(&self, resource: &str) -> GuardBuilder {
        Guard::builder(resource)
            .settings(self.settings.guard.clone())
            .clock(Arc::clone(&self.clock))
            .seed(self.seed)
    }

    fn shared(&self) -> Result<Arc<Shared>, InvalidSetting> {
        self.settings.validate()?;
        let now = self.clock.now();
        let retry = match &self.budget {
            Some(budget) => {
                RetryPolicy::with_budget(&self.settings.retry, Arc::clone(budget), self.seed)?
            }
            None => RetryPolicy::new(&self.settings.retry, self.seed, now)?,
        };
        let deadline = self.settings.retry.deadline.clone();
        let hedge = HedgeSettings { deadline, ..self.settings.hedge.clone() };
        let hedge = Hedge::new(&hedge, Arc::clone(retry.budget()), now)?;
        Ok(Arc::new(Shared {
            speech: self.speech.clone(),
            retry,
            hedge: hedge.settings().enabled.then_some(hedge),
            timer: ClockTimer(Arc::clone(&self.clock)),
            diagnose_error: self.diagnose_error,
            replay_bytes_max: self.settings.replay_bytes_max,
        }))
    }
}
