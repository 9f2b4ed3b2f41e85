//! Doors of this crate.

use std::{cell::RefCell, sync::Arc};

use seawall_guard::{
    Ctx, Instant, Outcome, Rejection,
    limit::{self, ConcurrencyLimit},
    shed::{self, ShedSettings, Shedder},
    signal::{Judge, Readings, SignalSettings, Source, SystemSignal},
};

use super::{Door, Ticket};

impl Door for Arc<ConcurrencyLimit> {
    fn enter(&self, now: Instant, _ctx: &Ctx<'_>) -> Result<Box<dyn Ticket>, Rejection> {
        Ok(Box::new(self.try_acquire_owned(now)?))
    }
}

impl Ticket for limit::Permit<Arc<ConcurrencyLimit>> {
    fn finish(self: Box<Self>, now: Instant, outcome: Outcome) {
        (*self).finish(now, outcome);
    }
}

/// A shedder, and a machine whose CPU somebody looks at, as far as there is a bound of it.
pub(crate) struct OurDoor {
    pub(crate) shedder: Arc<Shedder>,
    system: Arc<SystemSignal>,
    judge: RefCell<Judge>,
}

impl OurDoor {
    pub(crate) fn new(settings: &ShedSettings) -> Self {
        let system = Arc::new(SystemSignal::new());
        let shedder = Shedder::new(settings, Arc::clone(&system), Instant::START);
        let shedder = Arc::new(shedder.unwrap_or_else(|error| unreachable!("{error}")));
        Self { shedder, system, judge: RefCell::new(Judge::new(SignalSettings::default())) }
    }
}

impl Default for OurDoor {
    fn default() -> Self {
        Self::new(&ShedSettings::default())
    }
}

impl Door for OurDoor {
    fn enter(&self, now: Instant, ctx: &Ctx<'_>) -> Result<Box<dyn Ticket>, Rejection> {
        Ok(Box::new(self.shedder.try_acquire_owned(now, ctx)?))
    }

    fn sample(&self, now: Instant, cpu: f64) {
        let readings = Readings { cpu: Some((cpu, Source::CgroupV2)), ..Readings::default() };
        self.system.publish(self.judge.borrow_mut().handle(now, &readings));
    }

    fn level(&self) -> Option<u16> {
        Some(self.shedder.level())
    }
}

impl Ticket for shed::Permit<Arc<Shedder>> {
    fn finish(self: Box<Self>, now: Instant, outcome: Outcome) {
        (*self).finish(now, outcome);
    }
}
