//! Who the endpoints are, and what is known of them between reviews.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::Arc,
};

use super::{
    endpoint::{Endpoint, Pricing},
    health::Health,
    leave_out::{Case, leave_out},
    member::{Member, Tier, Zone},
    probe_budget::ProbeBudget,
    settings::BalanceSettings,
    spill::{Capacity, spill},
    subset::subset,
    table::{Table, TierPlan},
};
use crate::{
    stat::Rng,
    time::{Instant, instant::nanos_of},
};

/// What picks do not need: the plain state behind the balancer's lock.
#[derive(Debug)]
pub(super) struct Roster<E> {
    pub(super) settings: BalanceSettings,
    pub(super) rng: Rng,
    pub(super) residents: Vec<Resident<E>>,
    pub(super) zones: Vec<ZoneWatch>,
    pub(super) tiers: Vec<TierWatch>,
    /// How many endpoints there ever were: the next one's number.
    numbers: u64,
    pub(super) budget: ProbeBudget,
}

/// One endpoint.
#[derive(Debug)]
pub(super) struct Resident<E> {
    pub(super) endpoint: Arc<Endpoint<E>>,
    /// Indices into the roster's zones and tiers.
    pub(super) zone: usize,
    pub(super) tier: usize,
    pub(super) weight: f64,
    pub(super) health: Health,
    pub(super) left_out: bool,
    /// The room that the table was made with.
    pub(super) room: f64,
}

/// One failure domain.
#[derive(Debug)]
pub(super) struct ZoneWatch {
    zone: Zone,
    /// Failures since the last success of any of its endpoints.
    pub(super) row: u64,
    pub(super) down: bool,
    pub(super) next_probe: Instant,
}

/// One distance.
#[derive(Debug)]
pub(super) struct TierWatch {
    pub(super) tier: Tier,
    /// The latency of those who answer, in nanoseconds.
    pub(super) usual: f64,
    /// The same as the table has it.
    pub(super) built: f64,
}

/// What a new set of members changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    /// Endpoints that were not there.
    pub added: usize,
    /// Endpoints that are not there any more.
    pub removed: usize,
    /// Endpoints that stay, with what is known of them.
    pub kept: usize,
}

impl<E> Roster<E> {
    pub(super) fn new(settings: BalanceSettings, seed: u64) -> Self {
        Self {
            settings,
            rng: Rng::seeded(seed),
            residents: Vec::new(),
            zones: Vec::new(),
            tiers: Vec::new(),
            numbers: 0,
            budget: ProbeBudget::default(),
        }
    }

    /// The table of how things stand.
    pub(super) fn build(&mut self, now: Instant) -> Table<E> {
        let mut capacities = vec![Capacity::default(); self.tiers.len()];
        for resident in &mut self.residents {
            resident.room = resident.health.room(now, &self.settings);
            if let Some(capacity) = capacities.get_mut(resident.tier) {
                resident.add_to(capacity, now, &self.settings);
            }
        }
        let (over, panic_below) = (self.settings.overprovisioning, self.settings.panic_below);
        let mut plans: Vec<_> = spill(&capacities, over, panic_below)
            .into_iter()
            .zip(&mut self.tiers)
            .map(|(portion, tier)| {
                tier.built = tier.usual;
                TierPlan { endpoints: Vec::new(), portion, usual: tier.usual }
            })
            .collect();
        for resident in &self.residents {
            let plan = plans.get_mut(resident.tier);
            if let Some(plan) = plan.filter(|plan| plan.portion.panic || !resident.left_out) {
                let weight = resident.weight * resident.room;
                plan.endpoints.push((Arc::clone(&resident.endpoint), weight));
            }
        }
        let unwell = self.residents.iter().filter(|resident| !resident.health.is_well());
        let unwell = unwell.map(|resident| Arc::clone(&resident.endpoint)).collect();
        Table::new(plans, unwell, Pricing::of(&self.settings))
    }

    /// Decides anew who is left out; true when it is not who it was.
    pub(super) fn decide(&mut self) -> bool {
        let case = |resident: &Resident<E>| Case {
            zone: resident.zone,
            weight: resident.weight,
            unwell: resident.health.standing().ejectable_since(),
            with_zone: resident.health.standing().is_of_zone(),
        };
        let cases: Vec<_> = self.residents.iter().map(case).collect();
        let ejection = &self.settings.ejection;
        let out = leave_out(&cases, ejection.max_share, self.settings.panic_below);
        let mut changed = false;
        for (resident, out) in self.residents.iter_mut().zip(out) {
            changed |= resident.left_out != out;
            resident.left_out = out;
        }
        changed
    }
}

impl<E> Resident<E> {
    fn add_to(&self, capacity: &mut Capacity, now: Instant, settings: &BalanceSettings) {
        capacity.all += self.weight;
        capacity.full += self.weight * self.health.expected(now, settings);
        if self.health.is_well() {
            capacity.well += self.weight;
            capacity.able += self.weight * self.room;
        }
    }
}

impl<E: Eq + Hash> Roster<E> {
    /// Takes over a new set of members; who stays keeps what is known of it.
    pub(super) fn replace(&mut self, now: Instant, members: Vec<Member<E>>) -> Change {
        let members = subset(without_doubles(members), self.settings.subset.as_ref());
        let before = std::mem::take(&mut self.residents);
        // Whoever is there from the start is not new; this balancer is.
        let warm = before.is_empty();
        let endpoints: Vec<_> = before.iter().map(|old| Arc::clone(&old.endpoint)).collect();
        let index: HashMap<&E, usize> =
            endpoints.iter().enumerate().map(|(index, old)| (old.value(), index)).collect();
        let mut before: Vec<_> = before.into_iter().map(Some).collect();

        let mut change = Change::default();
        self.watch(now, &members);
        for member in members {
            let (zone, tier) = (self.zone_of(member.zone), self.tier_of(member.tier));
            let weight = member.sane_weight();
            let known = index.get(&member.endpoint).and_then(|&at| before.get_mut(at)?.take());
            let resident = match known {
                Some(old) => {
                    change.kept += 1;
                    Resident { zone, tier, weight, ..old }
                }
                None => {
                    change.added += 1;
                    self.settle(now, member.endpoint, (zone, tier, weight), warm)
                }
            };
            resident.endpoint.set_zone(member.zone);
            self.residents.push(resident);
        }
        change.removed = before.iter().flatten().count();
        change
    }

    fn settle(
        &mut self,
        now: Instant,
        endpoint: E,
        (zone, tier, weight): (usize, usize, f64),
        warm: bool,
    ) -> Resident<E> {
        self.numbers += 1;
        let usual = self.tiers.get(tier).map_or(0.0, |tier| tier.usual);
        Resident {
            endpoint: Arc::new(Endpoint::new(now, self.numbers, endpoint, usual)),
            zone,
            tier,
            weight,
            health: Health::new(now, &self.settings, warm),
            left_out: false,
            room: 1.0,
        }
    }

    /// Watches the zones and tiers of these members, and no others.
    fn watch(&mut self, now: Instant, members: &[Member<E>]) {
        let zones: HashSet<_> = members.iter().map(|member| member.zone).collect();
        self.zones.retain(|watch| zones.contains(&watch.zone));
        for zone in zones {
            if self.zones.iter().all(|watch| watch.zone != zone) {
                self.zones.push(ZoneWatch { zone, row: 0, down: false, next_probe: now });
            }
        }
        let tiers: HashSet<_> = members.iter().map(|member| member.tier).collect();
        self.tiers.retain(|watch| tiers.contains(&watch.tier));
        let usual = nanos_of(self.settings.default_latency) as f64;
        for tier in tiers {
            if self.tiers.iter().all(|watch| watch.tier != tier) {
                self.tiers.push(TierWatch { tier, usual, built: usual });
            }
        }
        // The order of a set is another one in each process.
        self.zones.sort_by_key(|watch| watch.zone);
        self.tiers.sort_by_key(|watch| watch.tier);
    }

    fn zone_of(&self, zone: Zone) -> usize {
        self.zones.iter().position(|watch| watch.zone == zone).unwrap_or(0)
    }

    fn tier_of(&self, tier: Tier) -> usize {
        self.tiers.iter().position(|watch| watch.tier == tier).unwrap_or(0)
    }
}

/// Of equal endpoints the first.
fn without_doubles<E: Eq + Hash>(members: Vec<Member<E>>) -> Vec<Member<E>> {
    let mut seen = HashSet::new();
    let first: Vec<_> = members.iter().map(|member| seen.insert(&member.endpoint)).collect();
    drop(seen);
    members.into_iter().zip(first).filter_map(|(member, first)| first.then_some(member)).collect()
}
