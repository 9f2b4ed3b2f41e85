//! What a request holds of the parts of its guard.

use std::{fmt::Debug, ops::Deref, sync::Arc};

use super::Guard;
use crate::{
    admit::{Ctx, Outcome, Rejection},
    breaker::{self, Breaker},
    limit::{self, ConcurrencyLimit},
    rate::{HotParam, HotPermit},
    shed::{self, Shedder},
    time::Instant,
};

/// How an [`Entry`](super::Entry) holds its guard: `&Guard` or `Arc<Guard>`.
pub trait Hold: Deref<Target = Guard> + sealed::Sealed {
    /// What it then holds of the guard's parts.
    type Permits: Permits;

    /// Asks the parts that keep a place for those in flight. What one of them gave is
    /// given back when a later one refuses.
    #[doc(hidden)]
    fn permits(&self, now: Instant, ctx: &Ctx<'_>) -> Result<Self::Permits, Rejection>;
}

/// Places among those in flight.
pub trait Permits: Debug + sealed::Sealed {
    /// What a request holds that would have been refused.
    #[doc(hidden)]
    fn none() -> Self;

    /// Gives them back and says how it ended.
    #[doc(hidden)]
    fn finish(self, now: Instant, outcome: Outcome);
}

mod sealed {
    pub trait Sealed {}
}

/// One of each part that the guard has.
#[derive(Debug)]
pub struct Places<P, B, S, L>
where
    P: Deref<Target = HotParam>,
    B: Deref<Target = Breaker>,
    S: Deref<Target = Shedder>,
    L: Deref<Target = ConcurrencyLimit>,
{
    hot_param: Option<HotPermit<P>>,
    breaker: Option<breaker::Permit<B>>,
    shed: Option<shed::Permit<S>>,
    limit: Option<limit::Permit<L>>,
}

impl<P, B, S, L> sealed::Sealed for Places<P, B, S, L>
where
    P: Deref<Target = HotParam>,
    B: Deref<Target = Breaker>,
    S: Deref<Target = Shedder>,
    L: Deref<Target = ConcurrencyLimit>,
{
}

impl<P, B, S, L> Permits for Places<P, B, S, L>
where
    P: Deref<Target = HotParam> + Debug,
    B: Deref<Target = Breaker> + Debug,
    S: Deref<Target = Shedder> + Debug,
    L: Deref<Target = ConcurrencyLimit> + Debug,
{
    fn none() -> Self {
        Self { hot_param: None, breaker: None, shed: None, limit: None }
    }

    fn finish(self, now: Instant, outcome: Outcome) {
        if let Some(permit) = self.limit {
            permit.finish(now, outcome);
        }
        if let Some(permit) = self.shed {
            permit.finish(now, outcome);
        }
        if let Some(permit) = self.breaker {
            permit.finish(now, outcome);
        }
        if let Some(permit) = self.hot_param {
            permit.finish(now, outcome);
        }
    }
}

impl sealed::Sealed for &Guard {}

impl<'g> Hold for &'g Guard {
    type Permits = Places<&'g HotParam, &'g Breaker, &'g Shedder, &'g ConcurrencyLimit>;

    fn permits(&self, now: Instant, ctx: &Ctx<'_>) -> Result<Self::Permits, Rejection> {
        let guard: &'g Guard = self;
        let hot_param = guard.hot_param.as_deref().map(|part| part.try_acquire(now, ctx));
        let hot_param = hot_param.transpose()?;
        let breaker = guard.breaker.as_deref().map(|part| part.try_acquire(now)).transpose()?;
        let shed = guard.shedder.as_deref().map(|part| part.try_acquire(now, ctx)).transpose()?;
        let limit = guard.limit.as_deref().map(|part| part.try_acquire(now)).transpose()?;
        Ok(Places { hot_param, breaker, shed, limit })
    }
}

impl sealed::Sealed for Arc<Guard> {}

impl Hold for Arc<Guard> {
    type Permits = Places<Arc<HotParam>, Arc<Breaker>, Arc<Shedder>, Arc<ConcurrencyLimit>>;

    fn permits(&self, now: Instant, ctx: &Ctx<'_>) -> Result<Self::Permits, Rejection> {
        let hot_param = self.hot_param.as_ref().map(|part| part.try_acquire_owned(now, ctx, 1));
        let hot_param = hot_param.transpose()?;
        let breaker = self.breaker.as_ref().map(|part| part.try_acquire_owned(now)).transpose()?;
        let shed =
            self.shedder.as_ref().map(|part| part.try_acquire_owned(now, ctx)).transpose()?;
        let limit = self.limit.as_ref().map(|part| part.try_acquire_owned(now)).transpose()?;
        Ok(Places { hot_param, breaker, shed, limit })
    }
}
