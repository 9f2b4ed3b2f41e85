//! Who is in a canary's share.

use crate::{admit::Cohort, stat::mix};

/// Whether this node is in the share of a rule. The same on every node and in every version
/// of this crate, so that it can be worked out elsewhere.
pub(super) fn has_node(rule: &str, percent: u8, node: &str) -> bool {
    let place = u128::from(mix(hash(node) ^ hash(rule)));
    // Its place among 100, in 2^64 steps.
    (place * 100) >> 64 < u128::from(percent)
}

/// The cohorts in the share of a rule, a bit for each: as near to the percentage as 128 parts
/// can be, but not none of them above 0.
pub(super) fn cohorts(rule: &str, percent: u8) -> u128 {
    let count = (usize::from(percent) * usize::from(Cohort::COUNT) + 50) / 100;
    let rule = hash(rule);
    let mut order: Vec<u8> = (0..Cohort::COUNT).collect();
    // Not the first ones of all: those are whose requests are refused last.
    order.sort_by_key(|&cohort| mix(rule ^ u64::from(cohort)));
    order.into_iter().take(count).fold(0, |cohorts, cohort| cohorts | 1 << cohort)
}

pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(text.len() as u64, |hash, byte| mix(hash ^ u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_requests_is_exact_to_half_a_cohort_and_grows_by_adding() {
        for rule in ["orders", "pay", ""] {
            assert_eq!((cohorts(rule, 0), cohorts(rule, 100)), (0, u128::MAX));
            let mut before = 0;
            for percent in 0..=100_u8 {
                let now = cohorts(rule, percent);
                let off = f64::from(now.count_ones()) / 1.28 - f64::from(percent);
                assert!(off.abs() <= 0.5 / 1.28 + 1e-9, "{percent}: {off}");
                assert_eq!(now & before, before, "nobody leaves at {percent}");
                before = now;
            }
        }
        assert_ne!(cohorts("orders", 10), cohorts("pay", 10));
    }

    #[test]
    fn a_share_of_nodes_is_what_it_should_be_and_grows_by_adding() {
        let nodes: Vec<_> = (0..10_000).map(|number| format!("node-{number}")).collect();
        let count = |percent| nodes.iter().filter(|node| has_node("pay", percent, node)).count();
        assert_eq!((count(0), count(100)), (0, 10_000));
        for percent in [1_u8, 10, 50, 90] {
            // Five standard deviations of a fair choice.
            let share = f64::from(percent) / 100.0;
            let off = (count(percent) as f64 - 10_000.0 * share).abs();
            assert!(off < 500.0 * (share * (1.0 - share)).sqrt(), "{percent}: {off}");
        }
        let stays = |node: &String| !has_node("pay", 10, node) || has_node("pay", 11, node);
        assert!(nodes.iter().all(stays));
        // Written down, so that it never changes unseen.
        let first: Vec<_> = (0..40).filter(|&at| has_node("pay", 10, &nodes[at])).collect();
        assert_eq!(first, [27, 31, 36]);
    }
}
