//! What is done ten times a second by whichever request comes first.

use super::{
    endpoint::{Endpoint, Pricing},
    health::{Sight, jittered},
    probe::Probe,
    roster::{Resident, Roster, TierWatch},
    standing::{Reason, Standing},
    table::Table,
};
use crate::time::{Instant, instant::nanos_of};

/// An endpoint is stalled when it is silent for so many times its usual latency.
const STALL_LATENCIES: f64 = 4.0;
/// One request that takes long is no stall.
const STALL_PENDING: u32 = 2;
/// A table is made anew when an endpoint's room differs by this.
const ROOM_STEP: f64 = 0.03;
/// The same for the usual latency of a tier, as a factor.
const USUAL_STEP: f64 = 1.25;
/// A zone is not down because of one endpoint.
const ZONE_FAILING: usize = 2;

/// What a review found.
pub(super) struct Findings<E> {
    /// The table, if things stand otherwise than before.
    pub(super) table: Option<Table<E>>,
    /// Whether requests shall try endpoints that are unwell.
    pub(super) probes_wanted: bool,
}

/// What happened in a zone since the last review.
#[derive(Clone, Default)]
struct ZoneSum {
    successes: u64,
    failures: u64,
    /// Endpoints whose last answer was a failure.
    failing: usize,
    well: usize,
    /// Whether one of it came back from its zone's outage.
    revived: bool,
}

impl<E> Roster<E> {
    /// Looks at what happened since the last time, decides who is well and who is left
    /// out, and which of those are tried.
    pub(super) fn review(&mut self, now: Instant) -> Findings<E> {
        let before: Vec<_> =
            self.residents.iter().map(|resident| resident.health.is_well()).collect();
        let sums = self.review_endpoints(now);
        self.review_zones(now, &sums);
        self.review_outliers(now);

        let mut changed = self.decide();
        for (resident, was_well) in self.residents.iter().zip(before) {
            let well = resident.health.is_well();
            resident.endpoint.set_doubted(!well);
            changed |= well != was_well || self.has_moved(now, resident);
        }
        changed |= self.tiers.iter().any(TierWatch::has_moved);
        let probes_wanted = self.want_probes(now);
        Findings { table: changed.then(|| self.build(now)), probes_wanted }
    }

    fn has_moved(&self, now: Instant, resident: &Resident<E>) -> bool {
        (resident.health.room(now, &self.settings) - resident.room).abs() > ROOM_STEP
    }

    fn review_endpoints(&mut self, now: Instant) -> Vec<ZoneSum> {
        let pricing = Pricing::of(&self.settings);
        let stall = nanos_of(self.settings.stall) as f64;
        let mut zones = vec![ZoneSum::default(); self.zones.len()];
        let mut tiers = vec![(0.0, 0.0); self.tiers.len()];
        for resident in &mut self.residents {
            let usual = self.tiers.get(resident.tier).map_or(0.0, |tier| tier.usual);
            let latency = resident.endpoint.latency(now, pricing.memory, usual);
            let sight = Sight {
                counts: resident.endpoint.take_counts(),
                streak: resident.endpoint.streak(),
                stalled: stall > 0.0 && is_stalled(&resident.endpoint, now, stall, latency),
                probe: resident.endpoint.probe().take(),
                left_out: resident.left_out,
                zone_down: self.zones.get(resident.zone).is_some_and(|zone| zone.down),
            };
            let came_from = resident.health.standing();
            let came_back = resident.health.review(now, &self.settings, &self.rng, sight);
            if came_back {
                resident.endpoint.forgive(now);
            }
            self.budget.earn(sight.counts.total());
            if let Some(zone) = zones.get_mut(resident.zone) {
                zone.revived |= came_back && came_from.is_of_zone();
                zone.add(sight, resident.health.is_well());
            }
            if let Some((sum, count)) = tiers.get_mut(resident.tier)
                && sight.counts.successes > 0
                && resident.health.is_well()
            {
                *sum += latency;
                *count += 1.0;
            }
        }
        for (tier, (sum, count)) in self.tiers.iter_mut().zip(tiers) {
            if count > 0.0 {
                tier.usual = sum / count;
            }
        }
        zones
    }

    /// A zone of which nobody answers well, while others do, is down with all of its
    /// endpoints, also those that nobody asked lately.
    fn review_zones(&mut self, now: Instant, sums: &[ZoneSum]) {
        let limit = u64::from(self.settings.ejection.zone_failures);
        let well: usize = sums.iter().map(|sum| sum.well).sum();
        for (index, (zone, sum)) in self.zones.iter_mut().zip(sums).enumerate() {
            zone.row = if sum.successes > 0 { 0 } else { zone.row + sum.failures };
            if zone.down {
                zone.down = !sum.revived && sum.well == 0;
                continue;
            }
            let others_well = well > sum.well;
            if limit == 0 || zone.row < limit || sum.failing < ZONE_FAILING || !others_well {
                continue;
            }
            zone.down = true;
            zone.row = 0;
            zone.next_probe = now + jittered(self.settings.ejection.zone_probe, &self.rng);
            for resident in self.residents.iter_mut().filter(|resident| resident.zone == index) {
                resident.health.fall_with_zone(now);
            }
        }
    }

    /// Envoy's success-rate outliers (`successRateEjectionThreshold` in
    /// `outlier_detection_impl.cc`), with a least distance from the mean: where all but
    /// one serve everything, that one would be an outlier at 99 %.
    fn review_outliers(&mut self, now: Instant) {
        let ejection = &self.settings.ejection;
        if ejection.outlier_sigmas <= 0.0 {
            return;
        }
        let success = |resident: &Resident<E>| {
            if !resident.health.is_well() {
                return None;
            }
            resident.health.success(ejection.outlier_requests)
        };
        let found: Vec<_> = self.residents.iter().filter_map(success).collect();
        let Some(threshold) = outlier_below(
            &found,
            ejection.outlier_hosts,
            ejection.outlier_sigmas,
            ejection.outlier_gap,
        ) else {
            return;
        };
        for resident in &mut self.residents {
            let success = resident.health.success(ejection.outlier_requests);
            if resident.health.is_well() && success.is_some_and(|success| success < threshold) {
                resident.health.strike(now, ejection, &self.rng, Reason::Outlier);
            }
        }
    }

    /// Marks the endpoints that the next requests shall try.
    fn want_probes(&mut self, now: Instant) -> bool {
        let mut wanted = false;
        for resident in &self.residents {
            let Standing::Unwell { reason, until, .. } = resident.health.standing() else {
                resident.endpoint.probe().set(Probe::Idle);
                continue;
            };
            match resident.endpoint.probe().get() {
                Probe::Wanted => wanted = true,
                Probe::Idle => {
                    let by_zone = reason == Reason::Zone
                        && self.zones.get(resident.zone).is_some_and(|zone| zone.down);
                    // One that gets requests is seen to be well by these.
                    let asked = !resident.left_out && resident.endpoint.pending() > 0;
                    // Those of a zone that is back are probably back as well.
                    let free = reason == Reason::Zone;
                    if now >= until && !by_zone && !asked && (free || self.budget.spend(now)) {
                        resident.endpoint.probe().set(Probe::Wanted);
                        wanted = true;
                    }
                }
                Probe::Under | Probe::Passed | Probe::Failed | Probe::Busy => {}
            }
        }
        self.want_zone_probes(now) || wanted
    }

    /// Of each zone that is down one endpoint is tried now and then, however many it has.
    fn want_zone_probes(&mut self, now: Instant) -> bool {
        let mut wanted = false;
        for (index, zone) in self.zones.iter_mut().enumerate() {
            if !zone.down || now < zone.next_probe {
                continue;
            }
            if !self.budget.spend(now) {
                continue;
            }
            zone.next_probe = now + jittered(self.settings.ejection.zone_probe, &self.rng);
            let idle = |resident: &&Resident<E>| {
                resident.zone == index && resident.endpoint.probe().get() == Probe::Idle
            };
            let count = self.residents.iter().filter(idle).count();
            let chosen = self.rng.below(count as u64) as usize;
            if let Some(resident) = self.residents.iter().filter(idle).nth(chosen) {
                resident.endpoint.probe().set(Probe::Wanted);
                wanted = true;
            }
        }
        wanted
    }
}

impl<E: Eq> Roster<E> {
    /// Takes over what a health check found. Whether it changes anything; `None` when
    /// there is no such endpoint.
    pub(super) fn check(&mut self, now: Instant, endpoint: &E, passed: bool) -> Option<bool> {
        let mut residents = self.residents.iter_mut();
        let resident = residents.find(|resident| resident.endpoint.value() == endpoint)?;
        let was_well = resident.health.is_well();
        resident.health.check(now, &self.settings.ejection, &self.rng, passed);
        let well = resident.health.is_well();
        if well && !was_well {
            resident.endpoint.forgive(now);
        }
        resident.endpoint.set_doubted(!well);
        Some(well != was_well)
    }
}

impl TierWatch {
    fn has_moved(&self) -> bool {
        let factor = self.usual / self.built.max(1.0);
        !(1.0 / USUAL_STEP..=USUAL_STEP).contains(&factor)
    }
}

impl ZoneSum {
    fn add(&mut self, sight: Sight, well: bool) {
        // What left-out ones still had under way says nothing about now.
        if !sight.left_out {
            self.successes += sight.counts.successes;
            self.failures += sight.counts.failures;
        }
        self.failing += usize::from(sight.streak > 0);
        self.well += usize::from(well);
    }
}

fn is_stalled<E>(endpoint: &Endpoint<E>, now: Instant, stall: f64, latency: f64) -> bool {
    endpoint.pending() >= STALL_PENDING
        && endpoint.quiet(now) as f64 > stall.max(STALL_LATENCIES * latency)
}

/// The success below which one of these is an outlier; `None` when they are too few.
fn outlier_below(successes: &[f64], least: u32, sigmas: f64, gap: f64) -> Option<f64> {
    if successes.is_empty() || successes.len() < least as usize {
        return None;
    }
    let count = successes.len() as f64;
    let mean = successes.iter().sum::<f64>() / count;
    let variance = successes.iter().map(|success| (success - mean).powi(2)).sum::<f64>() / count;
    Some((mean - sigmas * variance.sqrt()).min(mean - gap))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envoys_published_example_of_an_outlier_comes_out() {
        let threshold = outlier_below(&[0.5, 1.0, 1.0, 1.0, 1.0], 5, 1.9, 0.05);
        assert!((threshold.unwrap() - 0.52).abs() < 1e-9, "{threshold:?}");
        assert_eq!(outlier_below(&[0.5, 1.0, 1.0, 1.0], 5, 1.9, 0.05), None);
    }

    #[test]
    fn one_that_is_hardly_worse_than_perfect_others_is_no_outlier() {
        let threshold = outlier_below(&[0.99, 1.0, 1.0, 1.0, 1.0], 5, 1.9, 0.05).unwrap();
        assert!(threshold < 0.99, "{threshold}");
    }
}
