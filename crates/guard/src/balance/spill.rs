//! Which share of requests each tier gets.

/// What a tier can carry.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Capacity {
    /// The weight that could serve now: of those that are well, less what is still
    /// warming up or answers with overloads.
    pub(super) able: f64,
    /// The weight there would be if all were well.
    pub(super) full: f64,
    /// The weight of those that are well, warm or not.
    pub(super) well: f64,
    /// The weight of all.
    pub(super) all: f64,
}

/// What a tier gets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Portion {
    /// Its share of requests; those of all tiers add up to 1.
    pub(super) share: f64,
    /// Whether health is disregarded there.
    pub(super) panic: bool,
}

/// Gives each tier as much as it can carry, the nearest first: Envoy's rule for priority
/// levels (its documentation, "Priority levels" and "Panic threshold"; `distributeLoad`
/// and `recalculatePerPriorityPanic` in `load_balancer_impl.cc`). A tier's health is the
/// able share of it times `overprovisioning`, at most 1. When all together reach 1, each
/// is filled in turn. When they do not, each gets its part of what there is, and where
/// less than `panic_below` is well, all endpoints are used. When that is everywhere, each
/// tier gets a share by its size.
///
/// Unlike Envoy's, a health is not rounded to whole percents, and that of an endpoint
/// grows while it warms up.
pub(super) fn spill(tiers: &[Capacity], overprovisioning: f64, panic_below: f64) -> Vec<Portion> {
    let health = |tier: &Capacity| (overprovisioning * ratio(tier.able, tier.full)).min(1.0);
    let total: f64 = tiers.iter().map(health).sum::<f64>().min(1.0);
    // One third three times is a little less than one.
    let enough = total > 1.0 - 1e-9;
    let panics = |tier: &Capacity| !enough && ratio(tier.well, tier.all) < panic_below;
    if total <= 0.0 || tiers.iter().all(panics) {
        let all: f64 = tiers.iter().map(|tier| tier.all).sum();
        return tiers
            .iter()
            .map(|tier| Portion { share: ratio(tier.all, all), panic: true })
            .collect();
    }
    let mut left = 1.0;
    let portion = |tier: &Capacity| {
        let share = (health(tier) / total).min(left);
        left -= share;
        Portion { share, panic: panics(tier) }
    };
    tiers.iter().map(portion).collect()
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A tier of which so many in a hundred are well.
    fn percent(well: f64) -> Capacity {
        Capacity { able: well, full: 100.0, well, all: 100.0 }
    }

    fn shares(tiers: &[f64]) -> Vec<f64> {
        let tiers: Vec<_> = tiers.iter().map(|&well| percent(well)).collect();
        spill(&tiers, 1.4, 0.0).iter().map(|portion| (portion.share * 100.0).round()).collect()
    }

    fn panics(tiers: &[f64]) -> Vec<bool> {
        let tiers: Vec<_> = tiers.iter().map(|&well| percent(well)).collect();
        spill(&tiers, 1.4, 0.5).iter().map(|portion| portion.panic).collect()
    }

    #[test]
    fn envoys_published_tables_of_shares_come_out() {
        for (tiers, expected) in [
            (&[100.0, 100.0][..], &[100.0, 0.0][..]),
            (&[72.0, 72.0], &[100.0, 0.0]),
            (&[71.0, 71.0], &[99.0, 1.0]),
            (&[50.0, 50.0], &[70.0, 30.0]),
            (&[25.0, 100.0], &[35.0, 65.0]),
            (&[25.0, 25.0], &[50.0, 50.0]),
            (&[0.0, 100.0], &[0.0, 100.0]),
            (&[5.0, 65.0], &[7.0, 93.0]),
            (&[25.0, 25.0, 100.0], &[35.0, 35.0, 30.0]),
            (&[25.0, 25.0, 20.0], &[36.0, 36.0, 29.0]),
        ] {
            assert_eq!(shares(tiers), expected, "{tiers:?}");
        }
    }

    #[test]
    fn envoys_published_table_of_panics_comes_out() {
        for (tiers, expected) in [
            (&[25.0, 100.0][..], &[false, false][..]),
            (&[50.0, 60.0], &[false, false]),
            (&[25.0, 25.0], &[true, true]),
            (&[5.0, 65.0], &[true, false]),
        ] {
            assert_eq!(panics(tiers), expected, "{tiers:?}");
        }
    }

    #[test]
    fn with_nobody_well_tiers_get_shares_by_their_size() {
        let small = Capacity { able: 0.0, full: 1.0, well: 0.0, all: 1.0 };
        let large = Capacity { all: 3.0, full: 3.0, ..small };
        let portions = spill(&[small, large], 1.4, 0.5);
        assert_eq!(
            portions,
            [Portion { share: 0.25, panic: true }, Portion { share: 0.75, panic: true }]
        );
    }

    #[test]
    fn a_tier_that_warms_up_gets_more_as_it_can_carry_more() {
        let warming = Capacity { able: 10.0, full: 100.0, well: 100.0, all: 100.0 };
        let portions = spill(&[warming, percent(100.0)], 1.4, 0.5);
        assert!((portions[0].share - 0.14).abs() < 1e-9, "{portions:?}");
        assert!(!portions[0].panic);
    }

    proptest! {
        #[test]
        fn shares_add_up_to_one_and_a_nearer_tier_is_filled_first(
            tiers in prop::collection::vec((0.0_f64..100.0, 0.0_f64..100.0), 1..6),
            panic_below in 0.0_f64..1.0,
        ) {
            let tiers: Vec<_> = tiers
                .iter()
                .map(|&(able, more)| Capacity { able, full: able + more, well: able, all: able + more })
                .collect();
            prop_assume!(tiers.iter().any(|tier| tier.all > 0.0));
            let portions = spill(&tiers, 1.4, panic_below);
            let sum: f64 = portions.iter().map(|portion| portion.share).sum();
            prop_assert!((sum - 1.0).abs() < 1e-6, "{portions:?}");
            prop_assert!(portions.iter().all(|portion| portion.share >= 0.0));
            let health = |tier: &Capacity| (1.4 * tier.able / tier.full.max(1e-12)).min(1.0);
            if health(&tiers[0]) >= 1.0 {
                prop_assert!(portions[0].share > 1.0 - 1e-9, "{portions:?}");
            }
        }
    }
}
