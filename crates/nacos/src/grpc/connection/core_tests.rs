//! Scenarios of one connection.

use proptest::prelude::*;
use seawall_config::{Changed, ConfigKey, NamespaceSpelling};

use super::*;

fn limits() -> Limits {
    Limits { in_flight_max: 2, push_tries_max: 3, ..Limits::from(&GrpcSettings::default()) }
}

fn at(seconds: u64) -> Instant {
    Instant::from_start(Duration::from_secs(seconds))
}

fn changed(data_id: &str) -> News {
    let key = ConfigKey::parse("", "g", data_id).unwrap();
    News::Changed(Changed { key, spelling: NamespaceSpelling::Blank })
}

fn sent(effects: &[Effect]) -> Vec<u64> {
    effects
        .iter()
        .map(|effect| match effect {
            Effect::Send { number, .. } => *number,
            other => panic!("unexpected {other:?}"),
        })
        .collect()
}

#[test]
fn a_silent_client_is_asked_and_dropped_when_it_does_not_answer() {
    let mut core = Core::new(limits());
    let tick =
        |core: &mut Core, now, last| core.handle(at(now), Event::Tick { last_active: at(last) });
    assert_eq!(tick(&mut core, 19, 0), []);
    assert_eq!(tick(&mut core, 20, 0), [Effect::Detect]);
    assert_eq!(tick(&mut core, 23, 0), [], "asked once");
    assert_eq!(tick(&mut core, 25, 0), [Effect::Silent]);
}

#[test]
fn any_sign_of_life_ends_the_question() {
    let mut core = Core::new(limits());
    core.handle(at(20), Event::Tick { last_active: at(0) });
    assert_eq!(core.handle(at(26), Event::Tick { last_active: at(22) }), []);
    assert_eq!(core.handle(at(42), Event::Tick { last_active: at(22) }), [Effect::Detect]);
}

#[test]
fn t20_news_under_way_is_told_once_more_only_if_it_happened_again() {
    let mut core = Core::new(limits());
    assert_eq!(sent(&core.handle(at(0), Event::News(changed("a")))), [1]);
    assert_eq!(core.handle(at(0), Event::News(changed("a"))), []);
    assert_eq!(core.handle(at(0), Event::News(changed("a"))), []);
    let again = core.handle(at(1), Event::Answered { number: 1, success: true });
    assert_eq!(sent(&again), [2]);
    assert_eq!(core.handle(at(1), Event::Answered { number: 2, success: true }), []);
    assert_eq!(core.pending(), 0);
}

#[test]
fn only_so_much_is_under_way_and_the_rest_follows_in_order() {
    let mut core = Core::new(limits());
    for data_id in ["a", "b"] {
        assert_eq!(core.handle(at(0), Event::News(changed(data_id))).len(), 1);
    }
    for data_id in ["c", "d", "c"] {
        assert_eq!(core.handle(at(0), Event::News(changed(data_id))), []);
    }
    let next = core.handle(at(0), Event::Answered { number: 2, success: true });
    assert_eq!(next, [Effect::Send { number: 3, news: changed("c") }]);
    let next = core.handle(at(0), Event::Answered { number: 1, success: true });
    assert_eq!(next, [Effect::Send { number: 4, news: changed("d") }]);
    assert_eq!(core.pending(), 2);
}

#[test]
fn unconfirmed_news_is_sent_again_ever_later_and_then_the_connection_is_given_up() {
    let mut core = Core::new(limits());
    core.handle(at(0), Event::News(changed("a")));
    let tick = |core: &mut Core, now| core.handle(at(now), Event::Tick { last_active: at(now) });
    assert_eq!(tick(&mut core, 3), [], "timed out, sent again 2 s later");
    assert_eq!(sent(&tick(&mut core, 5)), [1]);
    assert_eq!(core.handle(at(6), Event::Answered { number: 1, success: false }), []);
    assert_eq!(tick(&mut core, 9), [], "the second pause is 4 s");
    assert_eq!(sent(&tick(&mut core, 10)), [1]);
    assert_eq!(tick(&mut core, 13), [Effect::Unresponsive]);
}

#[test]
fn a_late_confirmation_is_not_of_what_happened_since() {
    let mut core = Core::new(limits());
    core.handle(at(0), Event::News(changed("a")));
    core.handle(at(3), Event::Tick { last_active: at(3) });
    core.handle(at(4), Event::News(changed("a")));
    let effects = core.handle(at(4), Event::Answered { number: 1, success: true });
    assert_eq!(sent(&effects), [2]);
}

#[test]
fn what_did_not_fit_into_the_queue_is_sent_again() {
    let mut core = Core::new(limits());
    core.handle(at(0), Event::News(changed("a")));
    assert_eq!(core.handle(at(0), Event::Undelivered { number: 1 }), []);
    let effects = core.handle(at(2), Event::Tick { last_active: at(2) });
    assert_eq!(sent(&effects), [1]);
}

proptest! {
    /// Whatever happens, news is never lost: what was not confirmed after its last
    /// change is still pending, and no more is under way than allowed.
    #[test]
    fn nothing_is_lost_and_the_window_holds(
        steps in prop::collection::vec((0u8..4, 0u8..6), 1..120),
    ) {
        let mut core = Core::new(Limits { push_tries_max: u32::MAX, ..limits() });
        let mut owed = std::collections::BTreeMap::new();
        let mut under_way = std::collections::BTreeMap::new();
        for (second, (what, which)) in steps.into_iter().enumerate() {
            let now = at(u64::try_from(second).unwrap());
            let name = format!("k{which}");
            let event = match what {
                0 => {
                    owed.insert(changed(&name).key(), second);
                    Event::News(changed(&name))
                }
                1 => Event::Answered { number: u64::from(which) + 1, success: false },
                2 => {
                    let number = u64::from(which) + 1;
                    if let Some((key, sent_at)) = under_way.remove(&number)
                        && owed.get(&key).is_some_and(|told| *told <= sent_at)
                    {
                        owed.remove(&key);
                    }
                    Event::Answered { number, success: true }
                }
                _ => Event::Tick { last_active: now },
            };
            for effect in core.handle(now, event) {
                if let Effect::Send { number, news } = effect {
                    under_way.insert(number, (news.key(), second));
                }
            }
            prop_assert!(core.sent.len() <= 2);
        }
        prop_assert!(core.pending() >= owed.len());
    }
}
