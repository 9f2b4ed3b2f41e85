//! How many of those that are unwell may be left out.

use crate::time::Instant;

/// One endpoint, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    /// The index of its zone.
    pub(super) zone: usize,
    pub(super) weight: f64,
    /// Since when it should be left out; `None` for one that is well.
    pub(super) unwell: Option<Instant>,
    /// Whether it is unwell because its zone was.
    pub(super) with_zone: bool,
}

/// Says for each endpoint whether it is left out.
///
/// - A zone of which nobody is well is left out whole while the rest keeps `floor` of
///   the weight: it carries nothing, so there is nothing to protect by keeping it. When
///   it comes back, its endpoints do so one by one, each as it is seen to be well.
/// - Of any other zone at most `max_share` is left out, and at least one endpoint: with
///   three replicas a share of 10 % would be none (`envoyproxy/gateway#8140`).
/// - The share counts the endpoint it is asked for: of three, 50 % is one and not two,
///   and 67 % is two and not three (`envoyproxy/envoy#26877`, `#27066`).
/// - The rest always keeps `floor` of the weight, and somebody who is well: the only
///   endpoint is never left out (`envoyproxy/envoy#17504`), and when nobody is well,
///   nobody is, since there is nobody to ask instead.
///
/// Whoever was unwell first is left out first, so one that joins them puts none back.
pub(super) fn leave_out(cases: &[Case], max_share: f64, floor: f64) -> Vec<bool> {
    let mut out = vec![false; cases.len()];
    if cases.iter().all(|case| case.unwell.is_some()) {
        return out;
    }
    let all: f64 = cases.iter().map(|case| case.weight).sum();
    let mut kept = all;
    // Sums of the same numbers in another order differ in the last bits.
    let may_lose = |kept: f64, weight: f64| kept - weight >= all * (floor - 1e-9);

    let mut zones = zones_of(cases);
    let mut down: Vec<_> = zones.iter().filter(|zone| zone.is_down()).collect();
    down.sort_by_key(|zone| zone.down_since);
    let mut gone = Vec::new();
    for zone in down {
        if may_lose(kept, zone.weight) {
            kept -= zone.weight;
            gone.push(zone.index);
        }
    }

    let mut unwell: Vec<_> = cases.iter().zip(&mut out).collect();
    unwell.sort_by_key(|(case, _)| case.unwell);
    for (case, out) in unwell {
        let Some(zone) = zones.get_mut(case.zone) else { continue };
        if gone.contains(&case.zone) {
            *out = true;
        } else if case.unwell.is_some() && may_lose(kept, case.weight) {
            *out = case.with_zone || zone.may_lose_one(max_share);
            if *out {
                kept -= case.weight;
                zone.left_out += 1;
            }
        }
    }
    out
}

#[derive(Clone, Default)]
struct ZoneCases {
    index: usize,
    members: usize,
    well: usize,
    weight: f64,
    down_since: Instant,
    left_out: usize,
}

impl ZoneCases {
    const fn is_down(&self) -> bool {
        self.members > 0 && self.well == 0
    }

    fn may_lose_one(&self, max_share: f64) -> bool {
        self.left_out == 0 || (self.left_out + 1) as f64 <= max_share * self.members as f64 + 1e-9
    }
}

fn zones_of(cases: &[Case]) -> Vec<ZoneCases> {
    let count = cases.iter().map(|case| case.zone + 1).max().unwrap_or(0);
    let mut zones = vec![ZoneCases::default(); count];
    for case in cases {
        if let Some(zone) = zones.get_mut(case.zone) {
            zone.index = case.zone;
            zone.members += 1;
            zone.weight += case.weight;
            match case.unwell {
                Some(since) => zone.down_since = zone.down_since.max(since),
                None => zone.well += 1,
            }
        }
    }
    zones
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One zone per text: `x` for one that is unwell, `.` for one that is well.
    fn zones(zones: &[&str]) -> Vec<Case> {
        let mut cases = Vec::new();
        for (zone, members) in zones.iter().enumerate() {
            for member in members.bytes() {
                let since = Instant::from_nanos(cases.len() as u64);
                let unwell = (member == b'x').then_some(since);
                cases.push(Case { zone, weight: 1.0, unwell, with_zone: false });
            }
        }
        cases
    }

    /// How many are left out in each zone.
    fn left_out(cases: &[Case], max_share: f64) -> Vec<usize> {
        let out = leave_out(cases, max_share, 0.5);
        let mut counts = vec![0; cases.iter().map(|case| case.zone + 1).max().unwrap()];
        for (case, out) in cases.iter().zip(out) {
            counts[case.zone] += usize::from(out);
        }
        counts
    }

    #[test]
    fn envoy_26877_half_of_three_is_one() {
        assert_eq!(left_out(&zones(&["xx."]), 0.5), [1]);
    }

    #[test]
    fn envoy_27066_two_thirds_of_three_are_not_three() {
        assert_eq!(left_out(&zones(&["xxx"]), 0.67), [0], "nobody would be left");
        assert_eq!(leave_out(&zones(&["xx."]), 0.67, 0.3), [true, true, false]);
    }

    #[test]
    fn envoy_17504_the_only_endpoint_is_never_left_out() {
        assert_eq!(left_out(&zones(&["x"]), 1.0), [0]);
    }

    #[test]
    fn envoy_gateway_8140_a_small_share_of_few_is_still_one() {
        assert_eq!(left_out(&zones(&["x.."]), 0.1), [1]);
        assert_eq!(left_out(&zones(&["xx......."]), 0.1), [1]);
    }

    #[test]
    fn a_zone_that_is_down_goes_whole_while_the_rest_can_carry_it() {
        assert_eq!(left_out(&zones(&["xxx", "...", "..."]), 0.3), [3, 0, 0]);
        assert_eq!(left_out(&zones(&["xxx", "..."]), 0.3), [3, 0]);
        assert_eq!(left_out(&zones(&["xxxx", "..."]), 0.3), [1, 0], "the rest is less than half");
    }

    #[test]
    fn a_zone_comes_back_one_by_one() {
        let mut cases = zones(&["xxxx", "....", "...."]);
        for case in cases.iter_mut().take(4) {
            case.with_zone = true;
        }
        cases[2].unwell = None;
        assert_eq!(left_out(&cases, 0.3), [3, 0, 0]);
    }

    #[test]
    fn of_two_zones_that_are_down_the_second_is_kept_as_far_as_needed() {
        assert_eq!(left_out(&zones(&["xxx", "xxx", "..."]), 0.3), [3, 1, 0]);
    }

    #[test]
    fn a_zone_with_somebody_well_loses_no_more_than_its_share() {
        assert_eq!(left_out(&zones(&["xxxxxxxxx.", ".........."]), 0.3), [3, 0]);
    }

    #[test]
    fn with_nobody_well_nobody_is_left_out() {
        assert_eq!(left_out(&zones(&["xxx", "xxx", "xxx"]), 1.0), [0, 0, 0]);
    }

    proptest! {
        #[test]
        fn the_bounds_hold_for_any_set(
            members in prop::collection::vec((0_usize..4, 0.1_f64..10.0, any::<bool>()), 1..40),
            max_share in 0.0_f64..=1.0,
            floor in 0.0_f64..=1.0,
        ) {
            let case = |(index, &(zone, weight, unwell)): (usize, &(usize, f64, bool))| {
                let unwell = unwell.then_some(Instant::from_nanos(index as u64));
                Case { zone, weight, unwell, with_zone: false }
            };
            let cases: Vec<_> = members.iter().enumerate().map(case).collect();
            let out = leave_out(&cases, max_share, floor);
            let weight = |kept: bool| -> f64 {
                cases.iter().zip(&out).filter(|(_, out)| !kept || !**out).map(|(case, _)| case.weight).sum()
            };
            prop_assert!(weight(true) >= floor * weight(false) - 1e-6);
            prop_assert!(out.iter().any(|out| !out), "somebody is left");
            for zone in 0..4 {
                let of_zone: Vec<_> = cases.iter().zip(&out).filter(|(case, _)| case.zone == zone).collect();
                let gone = of_zone.iter().filter(|(_, out)| **out).count();
                let down = of_zone.iter().all(|(case, _)| case.unwell.is_some());
                prop_assert!(of_zone.iter().all(|(case, out)| !**out || case.unwell.is_some()));
                let share = (max_share * of_zone.len() as f64 + 1e-9) as usize;
                prop_assert!(gone <= share.max(1) || (down && gone == of_zone.len()), "{gone}");
            }
        }
    }
}
