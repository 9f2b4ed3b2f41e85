//! The endpoints as picks see them: never changed, replaced whole.

use std::sync::Arc;

use super::{
    endpoint::{Cost, Endpoint, Pricing},
    member::Zone,
    pick::Tried,
    spill::Portion,
};
use crate::{stat::mix, time::Instant};

/// An endpoint that fails more than this is not taken while another may be found.
const TOO_FAILING: f64 = 0.5;
/// How many pairs are looked at for one that is not [`TOO_FAILING`]. With six of ten
/// failing, one request in 7,000 still goes to one of them.
const PAIRS: u32 = 8;
/// How many endpoints are looked at for two that were not tried.
const DRAWS: u32 = 8;
/// The second of two costs less than the first only if it does by so much: estimates of
/// latency differ by chance, and whoever is a little better would get everything.
const MARGIN: f64 = 1.25;
/// The same for a second one that could not be drawn by its weight.
const MARGIN_UNWEIGHTED: f64 = 4.0;
/// Another attempt goes to another zone unless that costs so many times as much.
const FARTHEST: f64 = 3.0;

/// Which endpoints there are, how likely each is drawn, and which tier gets how much.
#[derive(Debug)]
pub(super) struct Table<E> {
    tiers: Box<[TierTable<E>]>,
    /// The zones of those that may be drawn.
    zones: Box<[Zone]>,
    /// Those that are not well: the ones to try now and then.
    unwell: Box<[Arc<Endpoint<E>>]>,
    pub(super) pricing: Pricing,
}

/// One tier: an alias table (Walker, 1977; Vose, 1991), from which one endpoint is drawn
/// by its weight with one look.
#[derive(Debug)]
struct TierTable<E> {
    slots: Box<[Slot<E>]>,
    /// Whether all are equally likely.
    even: bool,
    /// Where this tier's part of all 2^32 numbers ends.
    end: u64,
    /// The latency of an endpoint of this tier that is not heard of, in nanoseconds.
    usual: f64,
}

#[derive(Debug)]
struct Slot<E> {
    endpoint: Arc<Endpoint<E>>,
    /// Up to this number it is the slot's own endpoint, above it that of `other`.
    own: u32,
    other: u32,
}

/// What a tier's table is made of.
pub(super) struct TierPlan<E> {
    /// Those that may be drawn, with their weights.
    pub(super) endpoints: Vec<(Arc<Endpoint<E>>, f64)>,
    pub(super) portion: Portion,
    pub(super) usual: f64,
}

/// Random numbers for one pick, made of one.
struct Bits(u64);

impl Bits {
    fn next(&mut self) -> u64 {
        self.0 = mix(self.0);
        self.0
    }
}

impl<E> Table<E> {
    pub(super) fn new(
        plans: Vec<TierPlan<E>>,
        unwell: Vec<Arc<Endpoint<E>>>,
        pricing: Pricing,
    ) -> Self {
        let drawn = plans.iter().flat_map(|plan| &plan.endpoints);
        let mut zones: Vec<_> = drawn.map(|(endpoint, _)| endpoint.zone()).collect();
        zones.sort_unstable();
        zones.dedup();
        let mut sum = 0.0;
        let mut tiers: Vec<_> = plans
            .into_iter()
            .map(|plan| {
                sum += plan.portion.share;
                TierTable::new(plan.endpoints, (sum * (1_u64 << 32) as f64) as u64, plan.usual)
            })
            .collect();
        // What rounding leaves over goes to the last tier that has anybody.
        if let Some(last) = tiers.iter().rposition(|tier| !tier.slots.is_empty()) {
            for tier in tiers.iter_mut().skip(last) {
                tier.end = 1 << 32;
            }
        }
        Self { tiers: tiers.into(), zones: zones.into(), unwell: unwell.into(), pricing }
    }

    /// The better of two endpoints of the tier whose turn it is; `None` when there is no
    /// endpoint at all.
    pub(super) fn choose(&self, now: Instant, random: u64) -> Option<&Arc<Endpoint<E>>> {
        let turn = random >> 32;
        let tier = self.tiers.iter().find(|tier| turn < tier.end)?;
        tier.choose(now, Bits(random), self.pricing)
    }

    /// An endpoint that was not tried, rather in a zone that was not tried either; any
    /// when all were tried.
    pub(super) fn choose_again(
        &self,
        now: Instant,
        random: u64,
        tried: &[Tried],
    ) -> Option<&Arc<Endpoint<E>>> {
        if tried.is_empty() {
            return self.choose(now, random);
        }
        let mut bits = Bits(random);
        let is_new = |zone| tried.iter().all(|tried| tried.zone != zone);
        let untried =
            |endpoint: &Endpoint<E>| tried.iter().all(|tried| tried.number != endpoint.number());
        let near = self.first_that(now, &mut bits, untried);
        let elsewhere = if self.zones.iter().any(|&zone| is_new(zone)) {
            self.first_that(now, &mut bits, |endpoint| is_new(endpoint.zone()))
        } else {
            None
        };
        match (near, elsewhere) {
            (Some((near, cost)), Some((_, other))) if other.nanos > FARTHEST * cost.nanos => {
                Some(near)
            }
            (_, Some((elsewhere, _))) => Some(elsewhere),
            (Some((near, _)), None) => Some(near),
            (None, None) => self.choose(now, random),
        }
    }

    /// Looks in the tier whose turn it is, then in all from the nearest on; first with a
    /// few draws, then at each endpoint.
    fn first_that(
        &self,
        now: Instant,
        bits: &mut Bits,
        accept: impl Fn(&Endpoint<E>) -> bool,
    ) -> Option<(&Arc<Endpoint<E>>, Cost)> {
        let turn = bits.next() >> 32;
        let its_turn = self.tiers.iter().find(|tier| turn < tier.end);
        let tiers = || its_turn.into_iter().chain(&self.tiers);
        let drawn = tiers().find_map(|tier| tier.draw_that(now, bits, self.pricing, &accept));
        drawn.or_else(|| {
            let start = bits.next();
            let found = tiers().find_map(|tier| Some((tier, tier.scan_that(start, &accept)?)));
            found.map(|(tier, found)| (found, found.cost(now, self.pricing, tier.usual)))
        })
    }

    /// Takes an endpoint that a request shall try.
    pub(super) fn claim_probe(&self) -> Option<&Arc<Endpoint<E>>> {
        self.unwell.iter().find(|endpoint| endpoint.probe().claim())
    }
}

impl<E> TierTable<E> {
    fn new(endpoints: Vec<(Arc<Endpoint<E>>, f64)>, end: u64, usual: f64) -> Self {
        let weights: Vec<_> = endpoints.iter().map(|(_, weight)| *weight).collect();
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        let even = weights.iter().all(|weight| (weight / mean - 1.0).abs() < 1e-9);
        let aliases = aliases(&weights, mean);
        let slots = endpoints.into_iter().zip(aliases).map(|((endpoint, weight), (own, other))| {
            endpoint.set_weight(weight / mean);
            Slot { endpoint, own, other }
        });
        Self { slots: slots.collect(), even, end, usual }
    }

    fn choose(&self, now: Instant, mut bits: Bits, pricing: Pricing) -> Option<&Arc<Endpoint<E>>> {
        let (mut best, mut cost) = self.better_of_two(now, bits.next(), pricing)?;
        for _ in 1..PAIRS {
            if cost.failing <= TOO_FAILING {
                break;
            }
            let (other, other_cost) = self.better_of_two(now, bits.next(), pricing)?;
            if other_cost.nanos < cost.nanos {
                (best, cost) = (other, other_cost);
            }
        }
        Some(best)
    }

    fn better_of_two(
        &self,
        now: Instant,
        random: u64,
        pricing: Pricing,
    ) -> Option<(&Arc<Endpoint<E>>, Cost)> {
        let first = self.draw(random as u32)?;
        let (second, margin) = self.draw_other(first, random);
        let cost = first.cost(now, pricing, self.usual);
        if Arc::ptr_eq(first, second) {
            return Some((first, cost));
        }
        let other = second.cost(now, pricing, self.usual);
        Some(if other.nanos * margin < cost.nanos { (second, other) } else { (first, cost) })
    }

    /// The endpoint of a random number.
    fn draw(&self, random: u32) -> Option<&Arc<Endpoint<E>>> {
        let product = u64::from(random) * self.slots.len() as u64;
        let slot = self.slots.get((product >> 32) as usize)?;
        if self.even || product as u32 <= slot.own {
            return Some(&slot.endpoint);
        }
        self.slots.get(slot.other as usize).map(|slot| &slot.endpoint)
    }

    /// Another endpoint than `first`, if there is one, and how much better it must be.
    fn draw_other<'a>(
        &'a self,
        first: &'a Arc<Endpoint<E>>,
        random: u64,
    ) -> (&'a Arc<Endpoint<E>>, f64) {
        let upper = (random >> 32) as u32;
        if let Some(second) = self.draw(upper)
            && !Arc::ptr_eq(first, second)
        {
            return (second, MARGIN);
        }
        let margin = if self.even { MARGIN } else { MARGIN_UNWEIGHTED };
        let start = mix(random);
        let other = self.scan_that(start, |endpoint| !std::ptr::eq(endpoint, Arc::as_ptr(first)));
        (other.unwrap_or(first), margin)
    }

    /// The better of two of a few that are accepted.
    fn draw_that(
        &self,
        now: Instant,
        bits: &mut Bits,
        pricing: Pricing,
        accept: impl Fn(&Endpoint<E>) -> bool,
    ) -> Option<(&Arc<Endpoint<E>>, Cost)> {
        let mut found: Option<(&Arc<Endpoint<E>>, Cost)> = None;
        for _ in 0..DRAWS {
            let Some(drawn) = self.draw(bits.next() as u32).filter(|drawn| accept(drawn)) else {
                continue;
            };
            let cost = drawn.cost(now, pricing, self.usual);
            match found {
                Some((best, _)) if Arc::ptr_eq(best, drawn) => {}
                Some((best, least)) => {
                    return Some(if cost.nanos < least.nanos {
                        (drawn, cost)
                    } else {
                        (best, least)
                    });
                }
                None => found = Some((drawn, cost)),
            }
        }
        found
    }

    /// The first that is accepted, from a random place on.
    fn scan_that(
        &self,
        random: u64,
        accept: impl Fn(&Endpoint<E>) -> bool,
    ) -> Option<&Arc<Endpoint<E>>> {
        let start = ((u128::from(random) * self.slots.len() as u128) >> 64) as usize;
        let (front, back) = self.slots.split_at_checked(start)?;
        back.iter().chain(front).map(|slot| &slot.endpoint).find(|endpoint| accept(endpoint))
    }
}

/// Vose's alias method: for each weight, up to which of 2^32 numbers its slot is its own,
/// and whose it is above.
fn aliases(weights: &[f64], mean: f64) -> Vec<(u32, u32)> {
    let mut aliases: Vec<_> = (0..weights.len()).map(|index| (u32::MAX, index as u32)).collect();
    let mut left: Vec<_> = weights.iter().map(|weight| weight / mean).collect();
    let (mut small, mut large): (Vec<_>, Vec<_>) =
        (0..left.len()).partition(|&index| left.get(index).is_some_and(|&part| part < 1.0));
    while let (Some(&giver), Some(taker)) = (large.last(), small.pop()) {
        let part = left.get(taker).copied().unwrap_or(1.0);
        if let Some(alias) = aliases.get_mut(taker) {
            *alias = ((part * u32::MAX as f64) as u32, giver as u32);
        }
        if let Some(rest) = left.get_mut(giver) {
            *rest -= 1.0 - part;
            if *rest < 1.0 {
                large.pop();
                small.push(giver);
            }
        }
    }
    aliases
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_is_drawn_by_its_weight(weights in prop::collection::vec(0.01_f64..100.0, 1..200)) {
            let mean = weights.iter().sum::<f64>() / weights.len() as f64;
            let mut drawn = vec![0.0; weights.len()];
            for (index, (own, other)) in aliases(&weights, mean).into_iter().enumerate() {
                let part = f64::from(own) / f64::from(u32::MAX);
                drawn[index] += part;
                drawn[other as usize] += 1.0 - part;
            }
            for (drawn, weight) in drawn.iter().zip(&weights) {
                prop_assert!((drawn - weight / mean).abs() < 1e-6, "{drawn} {}", weight / mean);
            }
        }
    }
}
