//! Chooses an endpoint for each request.

use std::{hash::Hash, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use parking_lot::Mutex;

use super::{
    member::Member,
    pick::{Pick, Tried},
    roster::{Change, Roster},
    settings::BalanceSettings,
    status::EndpointStatus,
    table::Table,
};
use crate::{
    admit::{Rejected, Rejection, Scope},
    settings::InvalidSetting,
    stat::{StripedRng, Tick, mix},
    sync::{AtomicU32, Ordering},
    time::Instant,
};

/// How often the endpoints are looked at.
const REVIEW_EVERY: Duration = Duration::from_millis(100);

/// Chooses the endpoint of a request among those of one service. See the
/// [module](super) for how.
#[derive(Debug)]
pub struct Balancer<E> {
    table: ArcSwap<Table<E>>,
    rng: StripedRng,
    tick: Tick,
    probes_wanted: AtomicU32,
    pub(super) roster: Mutex<Roster<E>>,
}

impl<E> Balancer<E> {
    /// A balancer without endpoints. `seed` makes its choices repeatable; give each
    /// balancer another one, or they all choose the same.
    ///
    /// # Errors
    /// A setting that it cannot work with.
    pub fn new(settings: BalanceSettings, seed: u64, now: Instant) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        let mut roster = Roster::new(settings, mix(seed));
        Ok(Self {
            table: ArcSwap::from_pointee(roster.build(now)),
            rng: StripedRng::seeded(seed),
            tick: Tick::new(REVIEW_EVERY, now),
            probes_wanted: AtomicU32::new(0),
            roster: Mutex::new(roster),
        })
    }

    /// Chooses an endpoint and counts the request as pending there. The request may be
    /// one that tries an endpoint which was unwell: see [`Pick::is_probe`].
    ///
    /// # Errors
    /// [`Rejected::NoEndpoint`] when there is none at all; never because of their health.
    pub fn pick(&self, now: Instant) -> Result<Pick<E>, Rejection> {
        self.look_after(now);
        let table = self.table.load();
        let memory = table.pricing.memory;
        if self.probes_wanted.load(Ordering::Relaxed) != 0 {
            match table.claim_probe() {
                Some(endpoint) => return Ok(Pick::begin(now, Arc::clone(endpoint), memory, true)),
                None => self.probes_wanted.store(0, Ordering::Relaxed),
            }
        }
        let endpoint = table.choose(now, self.rng.next_u64()).ok_or(NO_ENDPOINT)?;
        Ok(Pick::begin(now, Arc::clone(endpoint), memory, false))
    }

    /// Chooses an endpoint for another attempt at a request, a retry or a hedge: rather
    /// in a zone that was not tried, else rather an endpoint that was not tried, and if
    /// all were, any ([`Pick::tried`] tells). Never tries an endpoint that is left out,
    /// so with nothing `tried` it is for requests that must not be tried with.
    ///
    /// # Errors
    /// [`Rejected::NoEndpoint`] when there is none at all.
    pub fn pick_again(&self, now: Instant, tried: &[Tried]) -> Result<Pick<E>, Rejection> {
        self.look_after(now);
        let table = self.table.load();
        let endpoint = table.choose_again(now, self.rng.next_u64(), tried).ok_or(NO_ENDPOINT)?;
        Ok(Pick::begin(now, Arc::clone(endpoint), table.pricing.memory, false))
    }

    /// Replaces the settings and keeps what was learnt. A new subset is used from the
    /// next [`Balancer::replace`] on, and a new window for endpoints that are new.
    ///
    /// # Errors
    /// A setting that it cannot work with; the old ones stay.
    pub fn reconfigure(
        &self,
        now: Instant,
        settings: BalanceSettings,
    ) -> Result<(), InvalidSetting> {
        settings.validate()?;
        let mut roster = self.roster.lock();
        roster.settings = settings;
        self.publish(now, &mut roster);
        Ok(())
    }

    /// How each endpoint stands, for people and metrics.
    pub fn status(&self, now: Instant) -> Vec<EndpointStatus<E>> {
        self.roster.lock().status(now)
    }

    fn publish(&self, now: Instant, roster: &mut Roster<E>) {
        roster.decide();
        self.table.store(Arc::new(roster.build(now)));
    }

    fn look_after(&self, now: Instant) {
        if self.tick.due(now) > 0 {
            self.review(now);
        }
    }

    #[cold]
    fn review(&self, now: Instant) {
        let Some(mut roster) = self.roster.try_lock() else { return };
        let findings = roster.review(now);
        if let Some(table) = findings.table {
            self.table.store(Arc::new(table));
        }
        self.probes_wanted.store(u32::from(findings.probes_wanted), Ordering::Relaxed);
    }
}

impl<E: Eq + Hash> Balancer<E> {
    /// Replaces the set of endpoints. One that equals an endpoint of before is that one:
    /// it keeps its history and its requests under way. A new one starts with a small
    /// share, unless there were none before. Of equal ones the first counts.
    ///
    /// May wait for a review of the endpoints that is under way, microseconds.
    pub fn replace(&self, now: Instant, members: impl IntoIterator<Item = Member<E>>) -> Change {
        let members = members.into_iter().collect();
        let mut roster = self.roster.lock();
        let change = roster.replace(now, members);
        self.publish(now, &mut roster);
        change
    }

    /// Takes over what an active health check found. An endpoint that failed it is
    /// unwell. One that passed it is back, unless it failed requests: then a request tries
    /// it soon. False when there is no such endpoint.
    pub fn checked(&self, now: Instant, endpoint: &E, passed: bool) -> bool {
        let mut roster = self.roster.lock();
        let changed = roster.check(now, endpoint, passed);
        if changed == Some(true) {
            self.publish(now, &mut roster);
        }
        changed.is_some()
    }
}

const NO_ENDPOINT: Rejection = Rejection::new(Rejected::NoEndpoint, Scope::Resource);
