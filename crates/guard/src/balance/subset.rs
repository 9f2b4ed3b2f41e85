//! Which of many endpoints one of many clients uses.

use std::{
    hash::{Hash, Hasher},
    ops::Range,
};

use super::{
    member::{Member, Tier},
    settings::SubsetSettings,
};
use crate::stat::mix;

/// Keeps, of each tier, the endpoints of this client's part of a ring: Finagle's
/// deterministic aperture (`DeterministicAperture.scala`, and Twitter's article of that
/// name, 2019). Endpoints lie on the ring in the order of their hashes, each as long as
/// its weight; clients begin at equal distances and reach equally far, a whole number of
/// distances. So each point of the ring is covered by the same number of clients, and
/// each endpoint gets its exact share of them all; one that lies half in a client's part
/// has half its weight there. Random subsets leave some endpoints with twice the clients
/// of others (Google, "Site Reliability Engineering", chapter 20).
///
/// Clients must agree on the settings and on how endpoints hash. An endpoint that comes
/// or goes moves the borders of all parts a little.
pub(super) fn subset<E: Hash>(
    members: Vec<Member<E>>,
    settings: Option<&SubsetSettings>,
) -> Vec<Member<E>> {
    let Some(settings) = settings else { return members };
    let mut members = members;
    members.sort_by_cached_key(|member| (member.tier, place(&member.endpoint)));
    let tiers = tiers_of(&members);
    let mut kept = Vec::new();
    let mut members = members.into_iter();
    for (count, weight) in tiers {
        let part = part_of(settings, count);
        let mut at = 0.0;
        for member in members.by_ref().take(count) {
            let length = member.sane_weight() / weight;
            let inside = overlap(&part, at..at + length);
            at += length;
            // Less than this is a rounding error, or a connection for nothing.
            if inside > length * 1e-3 {
                let weight = member.sane_weight() * (inside / length).min(1.0);
                kept.push(member.weight(weight));
            }
        }
    }
    kept
}

/// How many members each tier has and what they weigh together. Sorted by tier.
fn tiers_of<E>(members: &[Member<E>]) -> Vec<(usize, f64)> {
    let same = |one: &Member<E>, other: &Member<E>| -> bool {
        let tier: Tier = one.tier;
        tier == other.tier
    };
    let weigh = |tier: &[Member<E>]| tier.iter().map(Member::sane_weight).sum();
    members.chunk_by(same).map(|tier| (tier.len(), weigh(tier))).collect()
}

/// The part of the ring, of length 1, that this client uses; its end may lie beyond 1.
fn part_of(settings: &SubsetSettings, endpoints: usize) -> Range<f64> {
    let clients = f64::from(settings.clients);
    let start = f64::from(settings.client) / clients;
    let wanted = f64::from(settings.endpoints) / endpoints as f64;
    let distances = (wanted * clients - 1e-9).ceil().max(1.0);
    start..start + (distances / clients).min(1.0)
}

/// How much of `piece`, which lies between 0 and 1, lies in `part`.
fn overlap(part: &Range<f64>, piece: Range<f64>) -> f64 {
    let shared = |shift: f64| {
        (part.end.min(piece.end + shift) - part.start.max(piece.start + shift)).max(0.0)
    };
    shared(0.0) + shared(1.0)
}

/// Where on the ring an endpoint lies: the same in every process, as the standard
/// library's hasher does not promise to be. FNV-1a, and its bits spread.
fn place<E: Hash>(endpoint: &E) -> u64 {
    let mut hasher = Fnv(0xCBF2_9CE4_8422_2325);
    endpoint.hash(&mut hasher);
    mix(hasher.finish())
}

struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn members(count: usize) -> Vec<Member<String>> {
        (0..count).map(|number| Member::new(format!("10.0.0.{number}:80"))).collect()
    }

    fn settings(client: u32, clients: u32, endpoints: u32) -> SubsetSettings {
        SubsetSettings { client, clients, endpoints }
    }

    #[test]
    fn without_the_option_everybody_is_used() {
        assert_eq!(subset(members(30), None).len(), 30);
    }

    #[test]
    fn few_endpoints_are_used_by_all() {
        let used = subset(members(5), Some(&settings(3, 100, 12)));
        assert_eq!(used.len(), 5);
        assert!(used.iter().all(|member| (member.weight - 1.0).abs() < 1e-6), "{used:?}");
    }

    #[test]
    fn the_ring_is_the_same_in_every_process() {
        assert_eq!(place(&"10.0.0.1:80"), 2_654_101_456_134_420_578);
    }

    proptest! {
        #[test]
        fn all_clients_together_use_each_endpoint_by_its_weight(
            clients in 1_u32..40,
            weights in prop::collection::vec(0.5_f64..4.0, 1..60),
            endpoints in 1_u32..20,
        ) {
            let members: Vec<_> = weights
                .iter()
                .enumerate()
                .map(|(number, &weight)| Member::new(number).weight(weight))
                .collect();
            let mut used = vec![0.0; members.len()];
            for client in 0..clients {
                let part = subset(members.clone(), Some(&settings(client, clients, endpoints)));
                prop_assert!(!part.is_empty());
                for member in part {
                    used[member.endpoint] += member.weight;
                }
            }
            let times = used[0] / weights[0];
            prop_assert!(times > 0.9, "{times}");
            for (used, weight) in used.iter().zip(&weights) {
                // What is under a thousandth of an endpoint is not used.
                prop_assert!((used / weight / times - 1.0).abs() < 0.15, "{used} {weight} {times}");
            }
        }
    }
}
