//! Watches on patterns of services.

use std::collections::BTreeSet;

use super::*;
use crate::{FuzzyWatchError, ServicePattern};

fn pattern(name: &str) -> ServicePattern {
    ServicePattern {
        namespace: Namespace::public(),
        group: "*".parse().unwrap(),
        name: name.parse().unwrap(),
    }
}

fn watch(
    world: &mut World,
    client: &ClientId,
    name: &str,
    received: &[&str],
    initial: bool,
) -> Result<(), FuzzyWatchError> {
    let received: BTreeSet<_> = received.iter().map(|name| key(name)).collect();
    world.call(|core, at, effects| {
        core.watch_services(at, client, pattern(name), received, initial, effects)
    })
}

/// What came so far: `+name` or `-name` for each service, `|` after each batch.
fn news(world: &mut World) -> String {
    let sign = |change| if change == FuzzyChange::Added { '+' } else { '-' };
    let mut text = String::new();
    for (_, push) in std::mem::take(&mut world.pushes) {
        match push.body {
            PushBody::FuzzySync(sync) => {
                for (service, change) in sync.changes {
                    text += &format!("{}{} ", sign(change), service.name);
                }
                text += &format!("|{}/{} ", sync.batch, sync.batches);
            }
            PushBody::FuzzyChange { service, change } => {
                text += &format!("{}{} ", sign(change), service.name);
            }
            PushBody::Service(_) => {}
        }
    }
    text.trim_end().to_owned()
}

fn provide(world: &mut World, services: &[&str]) -> ClientId {
    let provider = world.connect("p");
    for service in services {
        world.register(&provider, service, instance(1)).unwrap();
    }
    provider
}

#[test]
fn a_watch_begins_with_what_there_is_in_batches() {
    let mut world = World::with(RegistrySettings { fuzzy_batch: 2, ..Default::default() });
    provide(&mut world, &["order-a", "order-b", "order-c", "pay"]);
    let client = world.connect("w");
    watch(&mut world, &client, "order*", &[], true).unwrap();
    assert_eq!(news(&mut world), "+order-a +order-b |1/2 +order-c |2/2");
}

#[test]
fn a_watch_of_nothing_still_begins() {
    let mut world = World::new();
    let client = world.connect("w");
    watch(&mut world, &client, "order*", &[], true).unwrap();
    assert_eq!(news(&mut world), "|1/1");
}

#[test]
fn a_renewed_watch_is_told_only_the_difference() {
    let mut world = World::new();
    provide(&mut world, &["order-a", "order-b"]);
    let client = world.connect("w");
    watch(&mut world, &client, "order*", &["order-a", "order-z", "pay"], false).unwrap();
    assert_eq!(news(&mut world), "+order-b -order-z |1/1");
    watch(&mut world, &client, "order*", &["order-a", "order-b"], false).unwrap();
    assert_eq!(news(&mut world), "");
}

#[test]
fn services_that_come_and_go_are_told_once_to_each_client() {
    let mut world = World::new();
    let client = world.connect("w");
    watch(&mut world, &client, "order*", &[], false).unwrap();
    watch(&mut world, &client, "*-a", &[], false).unwrap();
    let provider = provide(&mut world, &["order-a", "pay"]);
    assert_eq!(news(&mut world), "+order-a");
    world.disconnect(&provider);
    world.pass(1_000);
    let acknowledge: Vec<_> = (1..=9).map(PushId::new).collect();
    acknowledge
        .into_iter()
        .for_each(|id| world.call(|core, at, _| core.acknowledge(at, &client, id)));
    assert_eq!(news(&mut world), "", "an empty service is still a service");
    world.pass(59_000);
    assert_eq!(news(&mut world), "-order-a");
}

#[test]
fn an_unanswered_notice_is_repeated() {
    let mut world = World::new();
    let client = world.connect("w");
    watch(&mut world, &client, "*", &[], true).unwrap();
    news(&mut world);
    world.pass(6_000);
    assert_eq!(news(&mut world), "|1/1");
}

#[test]
fn a_cancelled_watch_and_one_of_a_client_that_left_are_over() {
    let mut world = World::new();
    let (first, second) = (world.connect("w1"), world.connect("w2"));
    watch(&mut world, &first, "*", &[], false).unwrap();
    watch(&mut world, &second, "*", &[], false).unwrap();
    world.core.unwatch_services(&first, &pattern("*"));
    world.disconnect(&second);
    provide(&mut world, &["s"]);
    assert_eq!(news(&mut world), "");
    assert!(world.core.patterns.is_empty());
}

#[test]
fn limits_of_patterns_and_matches_hold() {
    let settings =
        RegistrySettings { fuzzy_patterns_max: 1, fuzzy_matches_max: 2, ..Default::default() };
    let mut world = World::with(settings);
    let provider = provide(&mut world, &["a", "b", "c"]);
    let client = world.connect("w");
    let refused = watch(&mut world, &client, "*", &[], true);
    assert_eq!(refused, Err(FuzzyWatchError::Matches { matches: 3, max: 2 }));
    world.deregister(&provider, "c", 1);
    world.pass(60_000);
    watch(&mut world, &client, "*", &[], true).unwrap();
    let refused = watch(&mut world, &client, "x*", &[], true);
    assert_eq!(refused, Err(FuzzyWatchError::Patterns { max: 1 }));
    assert_eq!(watch(&mut world, &client, "*", &["a", "b"], false), Ok(()), "renewing is no more");
    assert_eq!(news(&mut world), "+a +b |1/1");
    world.register(&provider, "d", instance(1)).unwrap();
    assert_eq!(news(&mut world), "", "there is no room for a third");
    world.deregister(&provider, "a", 1);
    world.call(|core, at, effects| core.retire_now(at, &key("a"), effects));
    assert_eq!(news(&mut world), "-a +d");
}
