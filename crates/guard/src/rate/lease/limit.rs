//! A node's limit.

use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};

use super::{
    super::{RateLimit, RateLimitSettings},
    LeaseClient, LeaseEffects, LeaseEvent, LeaseGrant, LeaseRequest, LeaseSettings, LeaseSource,
};
use crate::{
    admit::{Rejection, Scope},
    settings::InvalidSetting,
    stat::{Striped, Tick},
    time::{Clock, Instant},
};

/// How often demand is folded and a share that cannot be renewed is looked at.
const STEP: Duration = Duration::from_millis(50);

/// A node's part of a limit of many nodes: a [`RateLimit`] whose rate is a share that is
/// renewed beside the requests. A request costs what that costs and one addition.
///
/// Renewing needs somebody with a runtime:
///
/// ```
/// # use std::time::Duration;
/// # use seawall_guard::{Clock, Instant, rate::{LeaseSource, LeasedRateLimit}};
/// # trait Sleep { fn sleep_until(&self, until: Instant) -> impl Future<Output = ()>; }
/// async fn keep(limit: &LeasedRateLimit, store: &impl LeaseSource, clock: &(impl Clock + Sleep)) {
///     loop {
///         let next = limit.renew(store, clock).await;
///         clock.sleep_until(next).await;
///     }
/// }
/// ```
///
/// Without that, every node keeps to the share of one that never had an answer.
#[derive(Debug)]
pub struct LeasedRateLimit {
    limit: RateLimit,
    demand: Striped<1>,
    tick: Tick,
    client: Mutex<LeaseClient>,
}

impl LeasedRateLimit {
    /// A limit without a share yet.
    ///
    /// # Errors
    /// See [`LeaseSettings::validate`].
    pub fn new(settings: &LeaseSettings, now: Instant) -> Result<Self, InvalidSetting> {
        let client = LeaseClient::new(settings, now)?;
        let this = Self {
            limit: RateLimit::new(&RateLimitSettings::default())?.scope(Scope::Resource),
            demand: Striped::new(),
            tick: Tick::new(STEP, now),
            client: Mutex::new(client),
        };
        this.apply(now, &this.client.lock());
        Ok(this)
    }

    /// Takes one permit.
    ///
    /// # Errors
    /// As [`RateLimit::try_acquire`].
    pub fn try_acquire(&self, now: Instant) -> Result<(), Rejection> {
        self.try_acquire_n(now, 1)
    }

    /// Takes `cost` permits, all or none.
    ///
    /// # Errors
    /// As [`RateLimit::try_acquire_n`].
    pub fn try_acquire_n(&self, now: Instant, cost: u32) -> Result<(), Rejection> {
        self.demand.add(0, cost.into());
        if self.tick.due(now) > 0
            && let Some(mut client) = self.client.try_lock()
        {
            self.count(now, &mut client);
            self.apply(now, &client);
        }
        self.limit.try_acquire_n(now, cost)
    }

    /// What it lets pass at present, in permits a second.
    pub fn per_second(&self, now: Instant) -> f64 {
        self.client.lock().rate(now)
    }

    /// Asks for the next share if it is time to, and returns when it is time again. Dropped
    /// before, the request counts as one that was not answered.
    pub async fn renew(&self, source: &impl LeaseSource, clock: &impl Clock) -> Instant {
        let polled = self.poll(clock.now());
        let Some(request) = polled.ask else { return polled.poll_at };
        let event = match source.ask(request).await {
            Ok(grant) => LeaseEvent::Granted(grant),
            Err(_) => LeaseEvent::Failed(request.sequence),
        };
        self.handle(clock.now(), event).poll_at
    }

    /// What is to be sent, for those who do not [`renew`](Self::renew).
    pub fn poll(&self, now: Instant) -> LeaseEffects {
        let mut client = self.client.lock();
        self.count(now, &mut client);
        self.handle_with(now, LeaseEvent::Poll, client)
    }

    /// An answer to what was sent.
    pub fn granted(&self, now: Instant, grant: LeaseGrant) -> LeaseEffects {
        self.handle(now, LeaseEvent::Granted(grant))
    }

    /// There was no answer to what was sent.
    pub fn failed(&self, now: Instant, request: &LeaseRequest) -> LeaseEffects {
        self.handle(now, LeaseEvent::Failed(request.sequence))
    }

    /// Other settings from now on; the share stays until it is renewed.
    ///
    /// # Errors
    /// See [`LeaseSettings::validate`]; the old settings stay.
    pub fn reconfigure(
        &self,
        now: Instant,
        settings: &LeaseSettings,
    ) -> Result<(), InvalidSetting> {
        let mut client = self.client.lock();
        client.reconfigure(settings)?;
        self.apply(now, &client);
        Ok(())
    }

    fn handle(&self, now: Instant, event: LeaseEvent) -> LeaseEffects {
        self.handle_with(now, event, self.client.lock())
    }

    fn handle_with(
        &self,
        now: Instant,
        event: LeaseEvent,
        mut client: MutexGuard<'_, LeaseClient>,
    ) -> LeaseEffects {
        let effects = client.handle(now, event);
        self.apply(now, &client);
        effects
    }

    fn count(&self, now: Instant, client: &mut LeaseClient) {
        let [permits] = self.demand.take();
        client.handle(now, LeaseEvent::Demand(permits));
    }

    fn apply(&self, now: Instant, client: &LeaseClient) {
        let rate = client.rate(now);
        let burst = rate * client.settings().burst.as_secs_f64();
        self.limit.set_rate(now, rate, burst.max(1.0) as u32);
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::{rate::LeaseAllocator, time::ManualClock};

    struct Store {
        allocator: Mutex<LeaseAllocator<&'static str>>,
        clock: ManualClock,
        is_away: Mutex<bool>,
    }

    impl LeaseSource for Store {
        type Error = &'static str;

        async fn ask(&self, request: LeaseRequest) -> Result<LeaseGrant, &'static str> {
            self.clock.advance(Duration::from_millis(2));
            if *self.is_away.lock() {
                return Err("away");
            }
            Ok(self.allocator.lock().handle(self.clock.now(), &"node", request))
        }
    }

    #[test]
    fn a_node_renews_beside_its_requests() {
        let clock = ManualClock::default();
        let settings = LeaseSettings { permits: 10_000, ..Default::default() };
        let allocator = Mutex::new(LeaseAllocator::new(&settings, clock.now()).unwrap());
        let store = Store { allocator, clock: clock.clone(), is_away: Mutex::new(false) };
        clock.advance(Duration::from_secs(5));
        let limit = LeasedRateLimit::new(&settings, clock.now()).unwrap();
        assert_eq!(limit.per_second(clock.now()), 1_000.0);

        let next = block_on(limit.renew(&store, &clock));
        assert_eq!(limit.per_second(clock.now()), 9_900.0);
        assert_eq!(next, Instant::START + Duration::from_millis(5_050));
        let passes = || (0..5_000).filter(|_| limit.try_acquire(clock.now()).is_ok()).count();
        assert_eq!(passes(), 990, "a burst of 100 ms");

        *store.is_away.lock() = true;
        clock.advance(Duration::from_secs(60));
        block_on(limit.renew(&store, &clock));
        passes();
        assert!((limit.per_second(clock.now()) - 10_000.0).abs() < 1.0, "alone, it is all fair");
        let bad = LeaseSettings { nodes: 0, ..settings };
        assert_eq!(limit.reconfigure(clock.now(), &bad).unwrap_err().field, "nodes");
    }
}
