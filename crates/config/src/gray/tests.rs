use std::sync::Arc;

use proptest::prelude::*;
use seawall_topology::Labels;

use super::resolve::{order, resolve};
use crate::{Caller, ConfigMeta, GrayRule, model::meta::sample};

fn release(rule: GrayRule) -> Arc<ConfigMeta> {
    let mut meta = sample("app.yaml", "gray");
    meta.gray = Some(Arc::new(rule));
    Arc::new(meta)
}

fn caller(ip: &str) -> Caller {
    Caller::from_ip(ip.parse().unwrap())
}

fn seen<'a>(
    formal: Option<&'a Arc<ConfigMeta>>,
    grays: &'a [Arc<ConfigMeta>],
    caller: &Caller,
) -> Option<&'a str> {
    let found = resolve(formal, grays, caller)?;
    Some(found.gray.as_ref().map_or("formal", |rule| rule.name.as_str()))
}

#[test]
fn beta_goes_before_tag_and_tag_before_labels() {
    let formal = Arc::new(sample("app.yaml", "formal"));
    let mut grays = vec![
        release(GrayRule::labels("canary", "zone=a", 10).unwrap()),
        release(GrayRule::tag("blue").unwrap()),
        release(GrayRule::beta("10.0.0.1,10.0.0.2").unwrap()),
    ];
    order(&mut grays);
    let in_zone_a = Labels::from([("zone".to_owned(), "a".to_owned())]);
    let everything = caller("10.0.0.1").with_tag("blue").with_labels(in_zone_a.clone());
    let tag_and_label = caller("10.0.0.9").with_tag("blue").with_labels(in_zone_a.clone());
    assert_eq!(seen(Some(&formal), &grays, &everything), Some("beta"));
    assert_eq!(seen(Some(&formal), &grays, &tag_and_label), Some("tag_blue"));
    let label_only = caller("10.0.0.9").with_labels(in_zone_a);
    assert_eq!(seen(Some(&formal), &grays, &label_only), Some("canary"));
    assert_eq!(seen(Some(&formal), &grays, &caller("10.0.0.9")), Some("formal"));
    assert_eq!(seen(None, &grays, &caller("10.0.0.9")), None);
    assert_eq!(seen(None, &grays, &caller("::ffff:10.0.0.2")), Some("beta"));
}

#[test]
fn equal_priorities_are_decided_by_name() {
    let mut grays = vec![
        release(GrayRule::labels("b", "!x", 5).unwrap()),
        release(GrayRule::labels("a", "!x", 5).unwrap()),
    ];
    order(&mut grays);
    assert_eq!(seen(None, &grays, &caller("10.0.0.1")), Some("a"));
}

fn any_rule() -> impl Strategy<Value = GrayRule> {
    prop_oneof![
        (1u8..5).prop_map(|last| GrayRule::beta(&format!("10.0.0.{last}")).unwrap()),
        "[ab]".prop_map(|tag| GrayRule::tag(&tag).unwrap()),
        ("[a-e]", "[xy]=[12]", -3i32..3)
            .prop_map(|(name, selector, rank)| GrayRule::labels(&name, &selector, rank).unwrap()),
    ]
}

proptest! {
    #[test]
    fn the_winner_matches_and_nothing_that_matches_ranks_above_it(
        rules in prop::collection::vec(any_rule(), 0..8),
        last in 1u8..6,
        tag in "[abc]?",
        labels in prop::collection::btree_map("[xy]", "[12]", 0..2),
    ) {
        let caller = caller(&format!("10.0.0.{last}")).with_tag(&tag).with_labels(labels);
        let mut grays: Vec<_> = rules.iter().cloned().map(release).collect();
        order(&mut grays);
        let formal = Arc::new(sample("app.yaml", "formal"));
        let winner = resolve(Some(&formal), &grays, &caller).unwrap().gray.clone();
        match winner {
            Some(winner) => {
                prop_assert!(winner.matches(&caller));
                for rule in rules.iter().filter(|rule| rule.matches(&caller)) {
                    let above = (std::cmp::Reverse(rule.priority), &rule.name)
                        < (std::cmp::Reverse(winner.priority), &winner.name);
                    prop_assert!(!above);
                }
            }
            None => prop_assert!(!rules.iter().any(|rule| rule.matches(&caller))),
        }
    }
}
