//! Nobody is told an empty list because a node started or stopped.

use super::*;
use crate::{Completeness, PageRequest, ServiceFilter};

fn remembering(services: &[(&str, usize)]) -> Memory {
    let services = services.iter().map(|(name, instances)| (key(name), *instances)).collect();
    Memory { ref_time: NOON, services }
}

fn restarted(services: &[(&str, usize)]) -> World {
    let mut world = World::starting(RegistrySettings::default(), remembering(services));
    world.call(|core, at, effects| core.reset_stored(at, Vec::new(), effects));
    world
}

#[test]
fn before_the_store_is_read_no_view_is_complete() {
    let mut world = World::starting(RegistrySettings::default(), Memory::default());
    let reader = world.connect("r");
    assert!(world.subscribe(&reader, "s").is_warming());
    assert!(world.view("t").is_warming());
    world.pass(10_000);
    assert_eq!(world.told(), []);
    let stored = StoredChange::Instance(key("s"), instance(1));
    world.call(|core, at, effects| core.reset_stored(at, vec![stored], effects));
    assert_eq!(world.view("t").completeness, Completeness::Unknown);
    world.pass(500);
    assert_eq!(world.told(), [("r", vec![1])]);
}

#[test]
fn a_service_that_had_instances_is_withheld_until_they_are_back() {
    let mut world = restarted(&[("s", 2)]);
    let reader = world.connect("r");
    let view = world.subscribe(&reader, "s");
    assert!(view.is_warming() && view.instances.is_empty());
    let (first, second) = (world.connect("a"), world.connect("b"));
    world.register(&first, "s", instance(1)).unwrap();
    world.pass(5_000);
    assert_eq!(world.told(), [], "one of two is back");
    world.register(&second, "s", instance(2)).unwrap();
    assert!(!world.view("s").is_warming());
    world.pass(500);
    assert_eq!(world.told(), [("r", vec![1, 2])]);
}

#[test]
fn a_service_that_is_waited_for_is_not_listed_as_empty() {
    let mut world = restarted(&[("s", 1)]);
    let filter = ServiceFilter { with_instances: true, ..Default::default() };
    let listed = |world: &World| {
        world.core.list_services(&filter, PageRequest { number: 1, size: 10 }).total
    };
    assert_eq!(listed(&world), 1);
    assert!(world.core.waits_for(&key("s")) && !world.core.waits_for(&key("t")));
    assert!(world.core.waits_for_any(|_| true) && !world.core.waits_for_any(|k| *k == key("t")));
    world.pass(30_001);
    assert_eq!(listed(&world), 0, "whoever is not back by now is gone");
    assert!(!world.core.waits_for(&key("s")));
}

#[test]
fn after_the_grace_time_what_is_there_is_what_there_is() {
    let mut world = restarted(&[("s", 4), ("gone", 1)]);
    let reader = world.connect("r");
    world.subscribe(&reader, "s");
    world.subscribe(&reader, "gone");
    let provider = world.connect("p");
    world.register(&provider, "s", instance(1)).unwrap();
    world.pass(29_999);
    assert_eq!(world.told(), []);
    assert!(world.view("gone").is_warming());
    world.pass(501);
    assert_eq!(world.told(), [("r", vec![]), ("r", vec![1])]);
    assert_eq!(world.view("gone").completeness, Completeness::Complete);
}

#[test]
fn services_that_were_not_there_before_are_told_at_once() {
    let mut world = restarted(&[("s", 1)]);
    let (reader, provider) = (world.connect("r"), world.connect("p"));
    world.subscribe(&reader, "new");
    world.register(&provider, "new", instance(1)).unwrap();
    world.pass(500);
    assert_eq!(world.told(), [("r", vec![1])]);
}

#[test]
fn a_fuzzy_watch_after_a_restart_is_not_told_that_warming_services_are_gone() {
    let mut world = restarted(&[("s", 1)]);
    let reader = world.connect("r");
    let pattern = crate::ServicePattern {
        namespace: Namespace::public(),
        group: "*".parse().unwrap(),
        name: "*".parse().unwrap(),
    };
    world
        .call(|core, at, effects| {
            core.watch_services(at, &reader, pattern, [key("s")].into(), false, effects)
        })
        .unwrap();
    world.pass(1_000);
    assert!(world.pushes.is_empty());
}

#[test]
fn memory_tells_what_a_restart_has_to_wait_for_and_no_more_than_needed() {
    let mut world = World::new();
    let client = world.connect("a");
    world.batch(&client, "s", &[1, 2, 3]);
    assert_eq!(world.core.take_memory_change().unwrap().services, [(key("s"), 2)]);
    world.batch(&client, "s", &[1, 2]);
    assert_eq!(world.core.take_memory_change().unwrap().services, [], "still two or more");
    world.apply(StoredChange::Instance(key("stored"), instance(1)));
    assert_eq!(world.core.take_memory_change().unwrap().services, []);
    world.batch(&client, "s", &[]);
    assert_eq!(world.core.take_memory_change().unwrap().services, [(key("s"), 0)]);
    assert_eq!(world.core.take_memory_change(), None);
}

#[test]
fn a_warming_service_is_remembered_as_it_was() {
    let mut world = restarted(&[("s", 4)]);
    let client = world.connect("a");
    world.register(&client, "s", instance(1)).unwrap();
    assert_eq!(world.core.take_memory_change().unwrap().services, []);
    world.pass(30_000);
    assert_eq!(world.core.take_memory_change().unwrap().services, [(key("s"), 1)]);
}

#[test]
fn while_the_process_ends_nobody_is_told_and_nothing_is_forgotten() {
    let mut world = World::new();
    let (provider, reader) = (world.connect("p"), world.connect("r"));
    world.register(&provider, "s", instance(1)).unwrap();
    world.core.take_memory_change();
    world.subscribe(&reader, "s");
    world.core.freeze();
    world.disconnect(&provider);
    world.pass(100_000);
    assert_eq!(world.told(), []);
    assert_eq!(world.core.take_memory_change(), None);
    assert_eq!(world.ports("s"), [1], "queries see no empty list either");
}

#[test]
fn a_service_the_memory_missed_is_not_told_as_empty_either() {
    let mut world = restarted(&[]);
    let (reader, provider) = (world.connect("r"), world.connect("p"));
    world.subscribe(&reader, "s");
    world.pass(10_000);
    assert_eq!(world.told(), []);
    world.register(&provider, "s", instance(1)).unwrap();
    world.pass(500);
    assert_eq!(world.told(), [("r", vec![1])]);
}

#[test]
fn a_subscriber_of_a_warming_service_is_told_when_it_is_warm() {
    let mut world = restarted(&[("s", 1)]);
    let (reader, provider) = (world.connect("r"), world.connect("p"));
    world.subscribe(&reader, "s");
    world.pass(10_000);
    assert_eq!(world.told(), []);
    world.register(&provider, "s", instance(1)).unwrap();
    world.pass(500);
    assert_eq!(world.told(), [("r", vec![1])]);
}
