//! The guard itself.

use std::{fmt, hash::BuildHasher as _, ops::DerefMut, sync::Arc, time::Duration};

use parking_lot::Mutex;

use super::{
    CallersSettings, Entry, GuardBuilder, GuardCounts, GuardSettings, Permits as _,
    counts::Counters, permits::Hold, rate::Rate,
};
use crate::{
    admit::{Ctx, Outcome, Rejected, Rejection, Scope},
    breaker::Breaker,
    limit::ConcurrencyLimit,
    rate::{HotParam, KeyedRateLimit},
    settings::InvalidSetting,
    shed::Shedder,
    signal::SystemSignal,
    stat::{Histogram, StripedHistogram},
    time::{Clock, Instant},
};

/// Everything in front of one resource. See the [module](super).
pub struct Guard {
    resource: Arc<str>,
    clock: Arc<dyn Clock>,
    system: Arc<SystemSignal>,
    seed: u64,
    settings: GuardSettings,
    rate: Option<Arc<Rate>>,
    caller_rate: Option<Arc<KeyedRateLimit<String>>>,
    pub(super) hot_param: Option<Arc<HotParam>>,
    pub(super) breaker: Option<Arc<Breaker>>,
    pub(super) shedder: Option<Arc<Shedder>>,
    pub(super) limit: Option<Arc<ConcurrencyLimit>>,
    seen: Arc<Seen>,
}

/// What lives as long as the resource has a guard.
#[derive(Debug, Default)]
struct Seen {
    counters: Counters,
    latencies: StripedHistogram,
    gathered: Mutex<Gathered>,
}

/// Latencies that were taken from the stripes, which only who looks at them does.
#[derive(Debug, Default)]
struct Gathered {
    all: Histogram,
    untaken: Histogram,
}

impl Seen {
    fn gather(&self) -> impl DerefMut<Target = Gathered> {
        let mut gathered = self.gathered.lock();
        let latest = self.latencies.take();
        gathered.all.merge(&latest);
        gathered.untaken.merge(&latest);
        gathered
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("resource", &self.resource)
            .field("settings", &self.settings)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

impl Guard {
    /// A guard in front of `resource`, which is a name for people: a route, a method, a
    /// store.
    pub fn builder(resource: &str) -> GuardBuilder {
        GuardBuilder::new(resource)
    }

    pub(super) fn build(
        builder: GuardBuilder,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, InvalidSetting> {
        let GuardBuilder { resource, settings, system, seed, .. } = builder;
        let empty = Self {
            resource,
            clock,
            system,
            seed,
            settings: GuardSettings::default(),
            rate: None,
            caller_rate: None,
            hot_param: None,
            breaker: None,
            shedder: None,
            limit: None,
            seen: Arc::default(),
        };
        empty.with(settings)
    }

    /// The guard of the same resource by other settings, for replacing this one. What both
    /// have keeps what it learnt, and this one goes on with the new settings of that too:
    /// requests that it admitted end well in either.
    ///
    /// # Errors
    ///
    /// A setting is out of its range; nothing has changed then.
    pub fn with(&self, settings: GuardSettings) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        let now = self.clock.now();
        let resource = Scope::Resource;
        let rate = self.rate_by(&settings, now)?;
        let caller_rate = renew(
            &self.caller_rate,
            &settings.caller_rate,
            |old, new| old.reconfigure(now, new),
            |new| Ok(KeyedRateLimit::new(new, now)?.scope(Scope::Caller)),
        )?;
        let hot_param = renew(
            &self.hot_param,
            &settings.hot_param,
            |old, new| old.reconfigure(now, new),
            |new| HotParam::new(new, now),
        )?;
        let breaker = renew(
            &self.breaker,
            &settings.breaker,
            |old, new| old.reconfigure(new.clone(), now),
            |new| Breaker::new(new.clone(), resource, self.seed_here(), now),
        )?;
        let shedder = renew(
            &self.shedder,
            &settings.shed,
            |old, new| old.reconfigure(now, new),
            |new| Shedder::new(new, self.system.clone(), now),
        )?;
        let limit = renew(
            &self.limit,
            &settings.limit,
            |old, new| old.reconfigure(new),
            |new| Ok(ConcurrencyLimit::new(new, now)?.scope(resource)),
        )?;
        Ok(Self {
            resource: self.resource.clone(),
            clock: self.clock.clone(),
            system: self.system.clone(),
            seed: self.seed,
            settings,
            rate,
            caller_rate,
            hot_param,
            breaker,
            shedder,
            limit,
            seen: self.seen.clone(),
        })
    }

    fn rate_by(
        &self,
        settings: &GuardSettings,
        now: Instant,
    ) -> Result<Option<Arc<Rate>>, InvalidSetting> {
        let Some(new) = &settings.rate else { return Ok(None) };
        let warm_up = settings.warm_up.as_ref();
        if let Some(old) = &self.rate
            && old.reconfigure(new, warm_up, now)?
        {
            return Ok(Some(old.clone()));
        }
        Ok(Some(Arc::new(Rate::new(new, warm_up, now)?)))
    }

    /// Admits a request or refuses it. The work must end by [`Entry::deadline`].
    ///
    /// # Errors
    ///
    /// The first part that refuses says why.
    pub fn enter(&self, ctx: &Ctx<'_>) -> Result<Entry<&Self>, Rejection> {
        self.admit(self, self.clock.now(), ctx)
    }

    /// As [`Guard::enter`], at a time that is known.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn enter_at(&self, now: Instant, ctx: &Ctx<'_>) -> Result<Entry<&Self>, Rejection> {
        self.admit(self, now, ctx)
    }

    /// As [`Guard::enter`], for requests that outlive the borrow.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn enter_owned(self: &Arc<Self>, ctx: &Ctx<'_>) -> Result<Entry<Arc<Self>>, Rejection> {
        self.admit(Arc::clone(self), self.clock.now(), ctx)
    }

    fn admit<G: Hold>(&self, hold: G, now: Instant, ctx: &Ctx<'_>) -> Result<Entry<G>, Rejection> {
        match self.check(now, ctx).and_then(|()| hold.permits(now, ctx)) {
            Ok(permits) => Ok(Entry::new(hold, now, self.deadline(now, ctx), permits)),
            Err(rejection) if self.settings.dry_run => {
                self.seen.counters.would_have_rejected(rejection.reason);
                Ok(Entry::new(hold, now, ctx.deadline, G::Permits::none()))
            }
            Err(rejection) => {
                self.seen.counters.rejected(rejection.reason);
                Err(rejection)
            }
        }
    }

    /// What keeps no place for those in flight.
    fn check(&self, now: Instant, ctx: &Ctx<'_>) -> Result<(), Rejection> {
        let callers = self.settings.callers.as_ref();
        if !callers.is_none_or(|callers: &CallersSettings| callers.admits(ctx.origin)) {
            return Err(Rejection::new(Rejected::NotAllowed, Scope::Caller));
        }
        if ctx.is_expired(now) {
            return Err(Rejection::new(Rejected::DeadlinePassed, Scope::Resource));
        }
        if let Some(rate) = &self.caller_rate {
            rate.try_acquire(now, ctx.origin)?;
        }
        self.rate.as_ref().map_or(Ok(()), |rate| rate.try_acquire(now))
    }

    fn deadline(&self, now: Instant, ctx: &Ctx<'_>) -> Option<Instant> {
        let timeout = self.settings.timeout.filter(|_| !self.settings.dry_run);
        let own = timeout.map(|timeout| now + timeout);
        own.into_iter().chain(ctx.deadline).min()
    }

    pub(super) fn ended(&self, took: Duration, outcome: Outcome) {
        self.seen.counters.ended(outcome);
        self.seen.latencies.add(took);
    }

    /// The name of what is guarded.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    pub(super) fn name(&self) -> Arc<str> {
        Arc::clone(&self.resource)
    }

    /// The settings it was built by.
    pub const fn settings(&self) -> &GuardSettings {
        &self.settings
    }

    /// Where it reads the time.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// What it has seen since the resource first had a guard.
    pub fn counts(&self) -> GuardCounts {
        self.seen.counters.read()
    }

    /// How long admitted requests took since this was last asked, however they ended.
    pub fn take_latencies(&self) -> Histogram {
        std::mem::take(&mut self.seen.gather().untaken)
    }

    /// How long admitted requests took since the resource first had a guard, however they
    /// ended. Asking takes nothing from whoever else asks.
    pub fn latencies(&self) -> Histogram {
        self.seen.gather().all.clone()
    }

    /// Its breaker, if it has one.
    pub fn breaker(&self) -> Option<&Breaker> {
        self.breaker.as_deref()
    }

    /// Its shedder, if it has one.
    pub fn shedder(&self) -> Option<&Shedder> {
        self.shedder.as_deref()
    }

    /// Its limit beside the shedder's, if it has one.
    pub fn limit(&self) -> Option<&ConcurrencyLimit> {
        self.limit.as_deref()
    }

    /// Guards of other resources draw other numbers.
    fn seed_here(&self) -> u64 {
        let name = hashbrown::DefaultHashBuilder::default().hash_one(&*self.resource);
        crate::stat::mix(self.seed ^ name)
    }
}

/// The old part by new settings, a new part, or none.
fn renew<P, S>(
    old: &Option<Arc<P>>,
    settings: &Option<S>,
    reconfigure: impl FnOnce(&P, &S) -> Result<(), InvalidSetting>,
    make: impl FnOnce(&S) -> Result<P, InvalidSetting>,
) -> Result<Option<Arc<P>>, InvalidSetting> {
    let Some(settings) = settings else { return Ok(None) };
    if let Some(old) = old {
        reconfigure(old, settings)?;
        return Ok(Some(old.clone()));
    }
    make(settings).map(|part| Some(Arc::new(part)))
}
